"""``python -m tutti_core`` is ``tt``."""

from __future__ import annotations

from tutti_core.cli import main

if __name__ == "__main__":
    main()

"""`tt` itself: parse, call one verb, print."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run ``tt`` with the arguments of this process, and exit."""
    from .streams import opened

    opened()
    words = sys.argv[1:]
    code = None
    if "_TT_COMPLETE" not in os.environ:
        from .quick import quick

        code = quick(words)
    if code is None:
        from .app import run

        code = run(words)
    sys.exit(code)

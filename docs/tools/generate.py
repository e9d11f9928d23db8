"""Fills the generated parts of the pages from the code.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. Run it from anywhere::

    python docs/tools/generate.py            # write what is not current
    python docs/tools/generate.py --check    # only say what is not current; exit 1 if anything is
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from parts import part
from places import filled

DOCS = Path(__file__).resolve().parents[1]


def main(words: Sequence[str]) -> int:
    """Fill or check every page.

    Args:
        words: The arguments.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the pages")
    chosen = parser.parse_args(words)
    stale = [page for page in sorted(chosen.docs.rglob("*.md")) if _stale(page, chosen.check)]
    return int(chosen.check and bool(stale))


def _stale(page: Path, check: bool) -> bool:
    before = page.read_text(encoding="utf-8")
    after = filled(before, part)
    if after == before:
        return False
    if check:
        lines = unified_diff(before.splitlines(), after.splitlines(), str(page), "the code", n=0)
        sys.stdout.write("\n".join([*lines, ""]))
    else:
        page.write_text(after, encoding="utf-8")
        sys.stdout.write(f"{page}\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How much room something takes, and for how long it has been there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tutti_core.errors import UsageError

_AGE = re.compile(r"(\d+)([smhdw]?)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 86400, "w": 604800}
_STEP = 1024


def disk_used(path: Path) -> int:
    """Return the bytes a file, or everything in a folder, takes on the disk; links not followed."""
    try:
        total = _blocks(path)
    except OSError:
        return 0
    if path.is_symlink() or not path.is_dir():
        return total
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            try:
                total += _blocks(Path(folder, name))
            except OSError:
                continue
    return total


def human(size: int) -> str:
    """Return a size as people say it."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < _STEP or unit == "GiB":
            break
        amount /= _STEP
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def seconds_of(age: str) -> int:
    """Return the seconds of an age such as ``30d``, ``12h`` or ``2w``; a bare number is days.

    Raises:
        UsageError: It is not an age.
    """
    found = _AGE.fullmatch(age.strip())
    if not found:
        raise UsageError(f"{age!r} is not an age", hint="write it as 30d, 12h, 2w or 0")
    return int(found[1]) * _SECONDS[found[2]]


def _blocks(path: Path) -> int:
    return path.lstat().st_blocks * 512

"""Files that grow at their end and are bounded: the part before the present one is kept."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_room(path: Path, most: int, more: int = 0) -> None:
    """Move a file to `<path>.1`, in place of what was there, if it would exceed its bound.

    Args:
        path: The file.
        most: Bytes it may hold.
        more: Bytes that are about to be added.

    Raises:
        OSError: It cannot be moved.
    """
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        if size and size + more > most:
            path.replace(path.with_name(f"{path.name}.1"))

"""The files of one journal: the active one and, beside it, the dated ones it was rotated into."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class View(NamedTuple):
    """The files of a journal at one instant.

    Attributes:
        archives: The rotated files, oldest first.
        active: The active file, held open: it stays this file when it is rotated meanwhile.
            None while there is none.
    """

    archives: list[Path]
    active: BinaryIO | None

    @property
    def total(self) -> int:
        """How many files there are."""
        return len(self.archives) + (self.active is not None)

    @contextmanager
    def opened(self, index: int) -> Iterator[BinaryIO | None]:
        """Open one of the files.

        Args:
            index: Which one, oldest first.

        Yields:
            The file, or None if somebody removed it since.
        """
        if index == len(self.archives):
            yield self.active
            return
        with opened(self.archives[index]) as file:
            yield file


@contextmanager
def view(path: Path) -> Iterator[View]:
    """Look at a journal's files without missing one that is being rotated.

    The active file is opened before the folder is listed. If it is still the active one
    afterwards, nothing was rotated in between and the list is complete; if not, look again.

    Args:
        path: The journal's active file.

    Yields:
        The files; the active one is closed at the end of the block.
    """
    while True:
        with opened(path) as active:
            archives = archives_of(path)
            if inode_at(path) == inode_of(active):
                yield View(archives, active)
                return


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | None]:
    """Open a file for reading if it is there.

    Args:
        path: Any file.

    Yields:
        The file, or None.
    """
    file: BinaryIO | None = None
    with suppress(FileNotFoundError):
        file = path.open("rb")
    with file or nullcontext():
        yield file


def inode_of(file: BinaryIO | None) -> int:
    """Identify an open file; 0 for none."""
    return os.fstat(file.fileno()).st_ino if file is not None else 0


def inode_at(path: Path) -> int:
    """Identify the file at a path; 0 for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def archives_of(path: Path) -> list[Path]:
    """List the rotated files of a journal.

    Args:
        path: The journal's active file.

    Returns:
        The files, oldest first.
    """
    return [path.with_name(name) for _, name in sorted(_orders(path))]


def archive_for(path: Path, stamp: str) -> Path:
    """Find a name for the active file that sorts after every archive there is.

    Args:
        path: The journal's active file.
        stamp: The time of the rotation, as `instants.text_of` writes it.

    Returns:
        ``<stem>-<YYYYmmddHHMMSS>.jsonl``, with ``-2``, ``-3``, ... before the suffix where needed.
    """
    moment, number = re.sub(r"\D", "", stamp)[:14], 1
    orders = [order for order, _ in _orders(path)]
    if orders and max(orders) >= (moment, number):
        moment, number = max(orders)[0], max(orders)[1] + 1
    count = f"-{number}" if number > 1 else ""
    return path.with_name(f"{path.stem}-{moment}{count}{path.suffix}")


def _orders(path: Path) -> list[tuple[tuple[str, int], str]]:
    """Give the place in time and the name of every rotated file, as the folder lists them."""
    pattern = re.compile(
        rf"{re.escape(path.stem)}-(\d{{14}})(?:-(\d+))?{re.escape(path.suffix)}", re.ASCII
    )
    try:
        with os.scandir(path.parent) as entries:
            matches = [pattern.fullmatch(entry.name) for entry in entries]
    except FileNotFoundError:
        return []
    return [((match[1], int(match[2] or 1)), match[0]) for match in matches if match]

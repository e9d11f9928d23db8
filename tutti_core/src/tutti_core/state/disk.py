"""What every writer of state shares: private folders, whole writes, errors that name the file."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tutti_core.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

sync_data = getattr(os, "fdatasync", os.fsync)
"""Bring a file's content to the disk: macOS has no ``fdatasync``."""

_HINTS = {
    errno.ENOSPC: "free some space on that disk, then try again",
    errno.EDQUOT: "free some of your disk quota, then try again",
    errno.EACCES: "check who owns the file and its folder, and their permissions",
    errno.EPERM: "check who owns the file and its folder, and their permissions",
    errno.EROFS: "that disk is mounted read-only",
    errno.EMFILE: "too many files are open in this process: raise `ulimit -n`",
}


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """Turn an operating system error of the block into one that names the file.

    Args:
        doing: What was being done, as it follows "cannot": ``write``, ``lock``.
        path: The file it was done to.

    Raises:
        StateError: The block raised an ``OSError``.
    """
    try:
        yield
    except OSError as problem:
        message = f"cannot {doing} {path}: {problem.strerror or problem}"
        raise StateError(message, hint=_HINTS.get(problem.errno or 0, "")) from problem


def make_private(folder: Path) -> None:
    """Make a folder and its missing parents, each open to its owner only.

    Args:
        folder: The folder that must exist afterwards; one that exists is left as it is.
    """
    if folder.is_dir():
        return
    make_private(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power failure, where the file system can.

    Args:
        folder: The folder in which a file was made or renamed.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some network and user-space file systems refuse this: the content is safe all the same.
        with suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes | bytearray) -> None:
    """Write every byte: one ``os.write``, and more only if the system took a part.

    Args:
        fd: An open file descriptor.
        data: What to write.
    """
    done = os.write(fd, data)
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])

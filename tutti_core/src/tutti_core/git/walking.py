"""Every name below a folder, as the file system tells it: git's own view leaves things out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tutti_core.errors import GitError


class Found(NamedTuple):
    """One name below a folder, with all by which a change of it would show.

    Attributes:
        mode: Type and permissions.
        size: Bytes.
        inode: Its number in the file system.
        modified: Nanoseconds since 1970.
        changed: Nanoseconds since 1970; set by the system, also when the time before was forged.
    """

    mode: int
    size: int
    inode: int
    modified: int
    changed: int

    @property
    def plain(self) -> bool:
        """Whether it is a file."""
        return stat.S_ISREG(self.mode)

    @property
    def link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)


def walk(top: Path) -> dict[str, Found]:
    """Return everything below a folder by relative path, but for the ``.git`` at its top.

    Links are not followed.

    Args:
        top: The folder.

    Raises:
        GitError: A folder cannot be looked into.
    """
    try:
        return {path: found for path, found in _below(os.fspath(top), "") if path != ".git"}
    except OSError as error:
        where = error.filename or top
        raise GitError(f"{where} cannot be looked into: {error.strerror or error}") from error


def _below(top: str, prefix: str) -> Iterator[tuple[str, Found]]:
    folders = []
    with os.scandir(os.path.join(top, prefix)) as entries:
        for entry in entries:
            path, seen = prefix + entry.name, entry.stat(follow_symlinks=False)
            yield path, _found(seen)
            if stat.S_ISDIR(seen.st_mode) and path != ".git":
                folders.append(path + "/")
    for folder in folders:
        yield from _below(top, folder)


def _found(seen: os.stat_result) -> Found:
    # The time at which a folder was changed is that of its names, and those are here themselves.
    if stat.S_ISDIR(seen.st_mode):
        return Found(seen.st_mode, 0, seen.st_ino, 0, 0)
    return Found(seen.st_mode, seen.st_size, seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns)

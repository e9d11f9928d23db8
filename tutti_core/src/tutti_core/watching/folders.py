"""Which folders tell of which files, wherever these stand, lead or are going to be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from .inotify import CREATE, ENTRIES, ITSELF, MODIFY, MOVED_TO, OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inotify import Inotify

_IN_FOLDER = MODIFY | ENTRIES | ITSELF
_ABOVE = CREATE | MOVED_TO | ITSELF
_TRIES = 20  # at a folder that comes and goes while it is looked for

_Identity = tuple[int, int]


class Spot(NamedTuple):
    """A name in a folder.

    Attributes:
        folder: The folder's number.
        name: An entry that is there or may come.
    """

    folder: int
    name: bytes


class Folders:
    """The folders that are watched, and for the sake of which paths.

    Args:
        inotify: What tells; None if nothing does.
    """

    def __init__(self, inotify: Inotify | None) -> None:
        self._inotify = inotify
        self._wanted: dict[int, dict[bytes, set[str]]] = {}
        self._found: dict[str, tuple[int, _Identity]] = {}

    def follow(self, path: str, before: frozenset[Spot]) -> tuple[frozenset[Spot], bool]:
        """Ask for word of a path from wherever it can come now.

        Args:
            path: An absolute path.
            before: From where it came until now.

        Returns:
            From where it comes now, and whether that is all there may be.
        """
        # Where a link stands and where it leads: either may change.
        found = [self._spot(one) for one in {path, _real(path)}]
        spots = frozenset(spot for spot in found if spot)
        for spot in spots:
            self._wanted.setdefault(spot.folder, {}).setdefault(spot.name, set()).add(path)
        self.leave(path, before - spots)
        return spots, None not in found

    def leave(self, path: str, spots: frozenset[Spot]) -> None:
        """Ask no more for word of a path.

        Args:
            path: An absolute path.
            spots: From where it came.
        """
        for folder, name in spots:
            names = self._wanted[folder]
            names[name].discard(path)
            if not names[name]:
                del names[name]
            if not names:
                del self._wanted[folder]
                self._drop(folder)

    def read(self) -> Iterator[tuple[set[str] | None, bool]]:
        """Give the paths of which there is word, with one read.

        Yields:
            The paths, None for all of them because word was lost; and whether they might lead
            elsewhere by now, so that they want to be followed again.
        """
        for folder, mask, name in self._inotify.read() if self._inotify else ():
            if mask & OVERFLOW:
                yield None, True
            elif mask & ITSELF:
                yield self._of(folder), True
            else:
                yield set(self._wanted.get(folder, {}).get(name, ())), bool(mask & ENTRIES)

    def lost(self) -> set[str]:
        """Give the paths in folders that are another folder by now without a word of it."""
        gone = {
            number
            for path, (number, identity) in self._found.items()
            if _identity(path) != identity
        }
        return set().union(*map(self._of, gone))

    def _of(self, folder: int) -> set[str]:
        return set().union(*self._wanted.get(folder, {}).values())

    def _spot(self, path: str) -> Spot | None:
        """Find what tells of a path, or of the first folder that is missing on the way to it."""
        for _ in range(_TRIES):
            try:
                folder, name = self._nearest(path)
            except (OSError, ValueError):
                return None
            way = os.path.join(folder, name)
            if way == path or not os.path.isdir(way):
                return Spot(self._found[folder][0], os.fsencode(name))
            # The missing folder has come in the meantime.
            self._drop(self._found[folder][0])
        return None

    def _nearest(self, path: str) -> tuple[str, str]:
        """Watch the folder of a path, or the nearest one above that is there."""
        folder, name = os.path.split(path)
        mask = _IN_FOLDER
        while True:
            try:
                self._watch(folder, mask)
            except (FileNotFoundError, NotADirectoryError):
                if folder == "/":
                    raise
                folder, name = os.path.split(folder)
                mask = _ABOVE
            else:
                return folder, name

    def _watch(self, folder: str, mask: int) -> None:
        if self._inotify is None or "\0" in folder:
            raise OSError(f"nothing tells of {folder!r}")
        self._found[folder] = self._inotify.add(folder, mask), _identity(folder)

    def _drop(self, number: int) -> None:
        if number in self._wanted or self._inotify is None:
            return
        self._found = {path: it for path, it in self._found.items() if it[0] != number}
        self._inotify.remove(number)


def _identity(folder: str) -> _Identity:
    try:
        found = os.stat(folder)
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path

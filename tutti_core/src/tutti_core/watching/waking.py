"""Tells which of many files changed, as soon as they do, at no cost while they do not.

The folders are watched and not the files: a file may not exist yet, be replaced or come back. Where
the operating system gives no word (no inotify, its limit is reached, a folder nobody may read) the
files are looked at instead; and all of them are, now and then, in case a word was lost.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from .folders import Folders, Spot
from .inotify import Inotify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

POLL_SECONDS = 0.25
"""How often a file is looked at of which no word comes."""

RECHECK_SECONDS = 10.0
"""How often every file is looked at."""

Tag = TypeVar("Tag")


class _Place:
    """A watched path: from where word of it comes, and how it looked."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.spots: frozenset[Spot] = frozenset()
        self.told = False  # since it was last looked at
        self.look = _look(path)

    def differs(self) -> bool:
        """Look again, and say whether it looks different."""
        before, self.look = self.look, _look(self.path)
        return self.look != before


class Waker(Generic[Tag]):
    """Watches files by path, each for anybody who gives it a tag.

    Args:
        inotify: Whether to use inotify where it is.
    """

    def __init__(self, *, inotify: bool = True) -> None:
        self._inotify: Inotify | None = None
        with suppress(OSError):
            self._inotify = Inotify() if inotify else None
        # Nothing ever arrives in this pipe: there is something to wait for in any case.
        self._idle = None if self._inotify else os.pipe()
        self._folders = Folders(self._inotify)
        self._places: dict[str, _Place] = {}
        self._tags: dict[str, set[Tag]] = {}
        self._silent: set[str] = set()
        self._rechecked = self._polled = time.monotonic()

    def __enter__(self) -> Waker[Tag]:
        """Begin to watch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        self.close()

    def watch(self, path: str | Path, tag: Tag) -> None:
        """Watch a file from now on; who wants to miss nothing reads it afterwards.

        Args:
            path: Its path; neither it nor its folders need exist.
            tag: Told when it changes; a path may have several.
        """
        name = os.path.abspath(path)
        self._tags.setdefault(name, set()).add(tag)
        if name not in self._places:
            self._places[name] = _Place(name)
            self._follow(name)

    def forget(self, path: str | Path, tag: Tag | None = None) -> None:
        """Watch a file no more.

        Args:
            path: Its path; one that is not watched is no error.
            tag: Who forgets it; by default all who watch it.
        """
        name = os.path.abspath(path)
        left = set() if tag is None else self._tags.get(name, set()) - {tag}
        if left:
            self._tags[name] = left
        elif name in self._places:
            self._folders.leave(name, self._places.pop(name).spots)
            self._silent.discard(name)
            del self._tags[name]

    def changed(self, timeout: float = 0.0) -> set[Tag]:
        """Wait until a file has changed, appeared or gone.

        Now and then one is told of that has not.

        Args:
            timeout: The most seconds to wait.

        Returns:
            The tags of the files that changed; empty when the time is over.
        """
        ends = time.monotonic() + timeout
        while True:
            left = max(0.0, ends - time.monotonic())
            paths = self._heard(min(left, self.pace())) | self._seen()
            if paths or left <= 0:
                return {tag for path in paths for tag in self._tags[path]}

    def pace(self) -> float:
        """Give the seconds after which :meth:`changed` wants to be called again, word or none."""
        due = self._rechecked + RECHECK_SECONDS
        if self._silent:
            due = min(due, self._polled + POLL_SECONDS)
        return max(0.0, due - time.monotonic())

    def fileno(self) -> int:
        """Give the descriptor that can be read when :meth:`changed` has something to tell."""
        return self._inotify.fileno() if self._inotify else self._idle[0] if self._idle else -1

    def close(self) -> None:
        """Watch nothing any more; more than once does no harm."""
        if self._inotify:
            self._inotify.close()
        for end in self._idle or ():
            os.close(end)
        self._inotify, self._idle, self._folders = None, None, Folders(None)
        self._places, self._tags, self._silent = {}, {}, set()

    def _heard(self, seconds: float) -> set[str]:
        """Wait for word, and return the paths it is of."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        if not poll.poll(seconds * 1000):
            return set()
        heard: set[str] = set()
        for paths, elsewhere in self._folders.read():
            of = set(self._places) if paths is None else paths
            heard |= self._found(of) if elsewhere else of
        for path in heard:
            self._places[path].told = True
        return heard

    def _found(self, paths: set[str]) -> set[str]:
        """Follow paths to where they lead now, and return those of which that is word."""
        for path in paths:
            self._follow(path)
        # A folder that came on the way to a file need not hold it.
        return {path for path in paths if self._places[path].told} | self._differing(paths)

    def _follow(self, path: str) -> None:
        place = self._places[path]
        place.spots, is_all = self._folders.follow(path, place.spots)
        (self._silent.discard if is_all else self._silent.add)(path)

    def _seen(self) -> set[str]:
        """Look at the files as far as it is time to, and return those that look different."""
        now = time.monotonic()
        if now >= self._rechecked + RECHECK_SECONDS:
            self._rechecked = self._polled = now
            return self._recheck()
        if self._silent and now >= self._polled + POLL_SECONDS:
            self._polled = now
            return self._differing(self._silent)
        return set()

    def _recheck(self) -> set[str]:
        for path in self._folders.lost() | self._silent:
            self._follow(path)
        told = {path for path, place in self._places.items() if place.told}
        for path in told:
            self._places[path].told = False
        return self._differing(self._places) - told

    def _differing(self, paths: Iterable[str]) -> set[str]:
        return {path for path in paths if self._places[path].differs()}


def _look(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

"""Waits for whatever comes first: a file that changed, a process that ended, a word, the time."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Hashable
from contextlib import suppress
from typing import NamedTuple, Protocol


class Wakes(Protocol):
    """Tells which files changed."""

    def watch(self, path: str, tag: Hashable) -> None:
        """Watch a file."""

    def forget(self, path: str, tag: Hashable) -> None:
        """Watch it no more."""

    def changed(self, timeout: float = 0.0) -> set[Hashable]:
        """Return the tags of the files that changed."""

    def pace(self) -> float:
        """Return the seconds after which `changed` wants to be called in any case."""

    def fileno(self) -> int:
        """Return the descriptor that can be read when a file has changed."""

    def close(self) -> None:
        """Watch nothing any more."""


class Heard(Protocol):
    """A connection that may have something to tell."""

    def fileno(self) -> int:
        """Return the descriptor that can be read then."""


class Rung(NamedTuple):
    """What came.

    Attributes:
        files: The tags of the files that changed.
        ended: The processes that ended.
        told: Whether the connection has something to tell.
    """

    files: frozenset[Hashable] = frozenset()
    ended: frozenset[int] = frozenset()
    told: bool = False


class Alarm:
    """Waits.

    Args:
        wakes: Tells which files changed.
    """

    def __init__(self, wakes: Wakes) -> None:
        self._wakes = wakes
        self._selector = selectors.DefaultSelector()
        self._selector.register(wakes.fileno(), selectors.EVENT_READ, "files")
        self._ring, self._bell = socket.socketpair()
        for end in (self._ring, self._bell):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, "bell")
        self._line: Heard | None = None
        self._descriptor = -1
        self._processes: dict[int, int] = {}

    def ring(self) -> None:
        """End the wait at once, from any thread or from a signal's handler."""
        with suppress(OSError):
            self._ring.send(b"!")

    def listen(self, line: Heard | None) -> None:
        """Wait for a connection too, in place of the one before.

        Args:
            line: The connection, or None if there is none any more.
        """
        if line is self._line:
            return
        if self._line is not None:
            _unregister(self._selector, self._descriptor)
        self._line = line
        if line is not None:
            self._descriptor = line.fileno()
            self._selector.register(self._descriptor, selectors.EVENT_READ, "line")

    def lives(self, pid: int) -> None:
        """Wait for the end of a process too, where the system can tell of it."""
        if pid <= 0 or pid in self._processes or not hasattr(os, "pidfd_open"):
            return
        with suppress(OSError):
            descriptor = os.pidfd_open(pid)
            self._processes[pid] = descriptor
            self._selector.register(descriptor, selectors.EVENT_READ, pid)

    def forget(self, pid: int) -> None:
        """Wait for the end of a process no more."""
        descriptor = self._processes.pop(pid, None)
        if descriptor is not None:
            _unregister(self._selector, descriptor)
            os.close(descriptor)

    def wait(self, timeout: float, hush: float = 0.0) -> Rung:
        """Wait until something comes.

        Args:
            timeout: The most seconds to wait.
            hush: So many of these no change of a file ends the wait; none is lost.
        """
        seconds = max(0.0, min(timeout, self._wakes.pace()))
        quiet = min(seconds, hush)
        keys = (self._hushed(quiet) if quiet else set()) or self._ready(seconds - quiet)
        ended = frozenset(one for one in keys if isinstance(one, int))
        for pid in ended:
            self.forget(pid)
        if "bell" in keys:
            with suppress(OSError):
                self._bell.recv(4096)
        return Rung(frozenset(self._wakes.changed(0.0)), ended, "line" in keys)

    def close(self) -> None:
        """Wait for nothing any more."""
        for pid in list(self._processes):
            self.forget(pid)
        self._selector.close()
        self._ring.close()
        self._bell.close()
        self._wakes.close()

    def _hushed(self, seconds: float) -> set[object]:
        """Wait without listening to files."""
        files = self._wakes.fileno()
        self._selector.unregister(files)
        try:
            return self._ready(seconds)
        finally:
            self._selector.register(files, selectors.EVENT_READ, "files")

    def _ready(self, seconds: float) -> set[object]:
        try:
            return {key.data for key, _ in self._selector.select(seconds)}
        except InterruptedError:
            return set()


def _unregister(selector: selectors.BaseSelector, descriptor: int) -> None:
    with suppress(KeyError, ValueError, OSError):
        selector.unregister(descriptor)

"""Hands events to sinks, each in a thread of its own: none keeps the work, or another, waiting.

An event is in the journal before any sink hears of it. A sink that takes events more slowly than
they come has `MOST` of them waiting; what comes on top is dropped for it, counted, and told in one
`sink.dropped`, with the numbers between which it finds in the journal what it missed.
"""

from __future__ import annotations

import atexit
import time
import weakref
from collections import deque
from collections.abc import Mapping
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..model.contract import Sink
    from ..model.happening import Event

MOST = 1000
"""Events that may wait for one sink."""

LEAVE_SECS = 2.0
"""So long a process that ends waits for its sinks."""


class Told(Protocol):
    """Records what becomes of a sink."""

    def __call__(self, event: str, data: Mapping[str, Any], *, is_over: bool) -> object:
        """Record it.

        Args:
            event: The name of an event.
            data: Its data.
            is_over: Whether that is all; what has begun is for the log, and comes from within the
                recording of another event.
        """


class Outlet:
    """The way to one sink.

    Args:
        sink: The sink.
        told: Records what becomes of it.
    """

    def __init__(self, sink: Sink, told: Told) -> None:
        self.sink, self._told = sink, told
        self._waiting: deque[Event] = deque()
        self._change = Condition()
        self._is_busy = self._is_closed = False
        self._first = self._last = self._lost = 0

    def give(self, event: Event) -> None:
        """Have the sink take an event as soon as it can; returns at once.

        Args:
            event: The event.
        """
        with self._change:
            if self._is_closed:
                return
            if len(self._waiting) >= MOST:
                self._drop(event)
                return
            self._waiting.append(event)
            if not self._is_busy:
                self._is_busy = True
                Thread(target=self._work, name=f"sink {self.sink.name}", daemon=True).start()

    def drain(self, secs: float) -> bool:
        """Wait until the sink has taken all there is.

        Args:
            secs: The most seconds to wait.

        Returns:
            Whether it has.
        """
        with self._change:
            return self._change.wait_for(lambda: not self._is_busy, max(0.0, secs))

    def close(self) -> None:
        """Give it no more; what waits for it still is dropped."""
        with self._change:
            self._is_closed = True
            for event in self._waiting:
                self._drop(event)
            self._waiting.clear()

    def tell_lost(self) -> None:
        """Record how many events it was not given since that was recorded last, if any."""
        with self._change:
            lost = {"dropped": self._lost, "first": self._first, "last": self._last}
            self._lost = self._first = self._last = 0
        if lost["dropped"]:
            self._told("sink.dropped", {"sink": self.sink.name, **lost}, is_over=True)

    def _work(self) -> None:
        """Hand over one event after the other until none is left."""
        while (event := self._next()) is not None:
            try:
                self.sink.receive(event)
            except BaseException as error:  # noqa: BLE001 -- a sink must never stop the work
                self._fail(error)
                return
        self.tell_lost()

    def _next(self) -> Event | None:
        with self._change:
            if self._waiting and not self._is_closed:
                return self._waiting.popleft()
            self._is_busy = False
            self._change.notify_all()
            return None

    def _fail(self, error: BaseException) -> None:
        said = f"{type(error).__name__}: {error}"
        with self._change:
            self._is_closed = True
            self._waiting.clear()
        try:
            self._told("sink.failed", {"sink": self.sink.name, "error": said}, is_over=True)
        finally:
            with self._change:
                self._is_busy = False
                self._change.notify_all()

    def _drop(self, event: Event) -> None:
        if not self._lost:
            self._first = event.seq or 0
            self._told("sink.late", {"sink": self.sink.name, "first": self._first}, is_over=False)
        self._last = event.seq or self._last
        self._lost += 1


class Outlets:
    """The ways to all sinks of a workspace.

    Args:
        told: Records what becomes of one.
    """

    def __init__(self, told: Told) -> None:
        self._told = told
        self._known: dict[str, Outlet] = {}

    def give(self, sinks: Mapping[str, Sink], event: Event) -> None:
        """Have every sink take an event as soon as it can; returns at once.

        Args:
            sinks: They, by name.
            event: The event.
        """
        for name, sink in sinks.items():
            if name not in self._known:
                self._known[name] = Outlet(sink, self._told)
                _open.add(self._known[name])
            self._known[name].give(event)

    def drain(self, secs: float) -> bool:
        """Wait until all of them have taken all there is.

        Args:
            secs: The most seconds to wait.

        Returns:
            Whether they have.
        """
        ends = time.monotonic() + secs
        left = [one for one in list(self._known.values()) if not one.drain(ends - time.monotonic())]
        return not left


_open: weakref.WeakSet[Outlet] = weakref.WeakSet()


@atexit.register
def _leave() -> None:
    """Let the sinks of a process that ends take what they can, and tell of the rest."""
    ends = time.monotonic() + LEAVE_SECS
    left = list(_open)
    for one in left:
        one.drain(ends - time.monotonic())
    for one in left:
        one.close()
    for one in left:
        one.tell_lost()

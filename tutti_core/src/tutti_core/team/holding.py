"""Holds the watch over a workspace: takes its lock, watches, runs the services, lets go."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..log import Log
from ..state.lock import Lock
from ..terminal.control import Control
from ..watching.alarm import Alarm
from ..watching.monitor import Monitor
from ..watching.readings import read_readings
from ..watching.sight import Sight
from ..watching.telling import Teller
from ..watching.waking import Waker
from .record import Records
from .rousing import TYPING_SECS
from .scene import Scene
from .serving import Services
from .watcher import PURPOSE, has_queue, is_typing

if TYPE_CHECKING:
    from .context import Context

YOUNG_SECS = 10.0
"""A watch begins before the first agent is there, and waits for it so long."""

EMPTY_SECS = 1.0
"""Once nothing is left, it ends after so long."""

CHECK_SECS = 10.0
"""Between two looks at whether the lock is still the workspace's."""

TAKE_OVER_SECS = 0.2
"""Between two tries of who waits to take over."""

PAUSE_SECS = 1.0
"""After something went wrong that nobody expected."""


class Watch:
    """The watch over one workspace, held by this process.

    A process that does nothing else calls `take`, `run` and `let_go`. One with a life of its own,
    which shows a team or serves it, calls `host` in a thread and `stop` before it ends: `host`
    holds the watch whenever nobody else does and there is something to be watched.

    Args:
        context: The workspace.
        purpose: What this process is, for whoever finds the lock held.
        log: Where it says what went wrong.

    Attributes:
        monitor: What watches, once `take` has succeeded.
        stopped: Whether it was told to stop.
    """

    def __init__(self, context: Context, purpose: str = PURPOSE, log: Log | None = None) -> None:
        self.log = log or Log(context.places.logs / "watcher.log")
        self._scene = Scene(context, self.log)
        self._places = context.places
        self._lock = Lock(self._places.lock("watch"), purpose=purpose)
        self.stopped = False
        self._alarm: Alarm | None = None
        self.monitor: Monitor | None = None
        self._services = Services(lambda: self._scene.context, self._scene.note)
        self._scene.reloaded = self._services.begin

    def take(self) -> bool:
        """Take the watch if nobody has it.

        Raises:
            TuttiError: The workspace's state cannot be used.
        """
        if not self._lock.try_acquire():
            return False
        try:
            self._begin()
        except BaseException:
            self.let_go()
            raise
        return True

    def host(self) -> None:
        """Hold the watch whenever it is free and there is need of it, until it is told to stop."""
        while not self.stopped:
            try:
                self._hold()
            except TuttiError as error:
                self._scene.note("cannot watch", why=error.message)
                time.sleep(PAUSE_SECS)

    def _hold(self) -> None:
        """Hold the watch as long as there is need of it, or wait a moment."""
        if self._lock.holder() is not None:
            time.sleep(TAKE_OVER_SECS)
        elif self.is_needed() and self.take():
            try:
                self.run()
            finally:
                self.let_go()
        else:
            time.sleep(EMPTY_SECS)

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Watch until it is told to stop, or nothing is left to be watched.

        Args:
            goes_on: Asked between two turns.
        """
        began = busy = checked = time.monotonic()
        seen = False
        while not self.stopped and goes_on():
            self.turn()
            now = time.monotonic()
            if not self._is_empty():
                busy, seen = now, True
            elif now - busy >= EMPTY_SECS and (seen or now - began >= YOUNG_SECS):
                return
            if now - checked >= CHECK_SECS:
                checked = now
                if not self._is_ours():
                    return

    def turn(self, most: float = EMPTY_SECS) -> None:
        """Watch for a moment; what goes wrong is logged, and the watch goes on.

        Args:
            most: The most seconds to wait for something to do.
        """
        assert self.monitor is not None
        try:
            if self.monitor.turn(most):
                self._services.wake()
        except Exception as error:  # noqa: BLE001 -- one bad turn must not end the watch
            self._scene.note("a turn failed", exc_info=error)
            time.sleep(PAUSE_SECS)

    def stop(self) -> None:
        """Have it end at once; from any thread, or from a signal's handler."""
        self.stopped = True
        if self._alarm is not None:
            self._alarm.ring()

    def let_go(self) -> None:
        """End the watch, so that another can take it."""
        self._services.stop(lambda: is_typing(self._places, os.getpid()), TYPING_SECS)
        if self.monitor is not None:
            self.monitor.close()
        elif self._alarm is not None:
            self._alarm.close()
        self.monitor = self._alarm = None
        self._lock.release()

    def is_needed(self) -> bool:
        """Return whether there is something to be watched, or to be delivered."""
        context = self._scene.context
        return self._places.home.is_dir() and (
            has_queue(self._places) or bool(context.host.list(str(context.root)))
        )

    def _begin(self) -> None:
        context, scene = self._scene.context, self._scene
        wakes: Waker[object] = Waker()
        self._alarm = Alarm(wakes)
        sight = Sight(str(context.root), context.host, _connect)
        kept = read_readings(self._places.readings)
        teller = Teller(context.journal, scene.emit, kept, _since(context, scene))
        self.monitor = Monitor(scene, sight, self._alarm, teller, wakes, pid=os.getpid())
        self.monitor.begin()
        self._services.begin()

    def _is_empty(self) -> bool:
        return self.monitor is not None and self.monitor.empty and not has_queue(self._places)

    def _is_ours(self) -> bool:
        """Return whether the lock at its place is ours: the folder may be gone, or another's."""
        if not self._places.home.is_dir():
            return False
        who = self._lock.holder()
        return who is not None and who.pid in (0, os.getpid())


def _connect() -> Control:
    return Control()


def _since(context: Context, scene: Scene) -> int:
    """Return the event before the first launch of those that run: all that matters came after."""
    records = Records(Path(context.root))
    numbers = [records[name].get("seq") for name in scene.expected()]
    known = [one for one in numbers if isinstance(one, int)]
    if known:
        return min(known)
    last = context.journal.last()
    return last["seq"] if last else 0

"""Runs the services of plugins: one thread each, and a place in the journal that each has reached.

The place moves on after the effect and never before it: whoever is killed in between is handed the
event again. A service that raises is handed it again too, later and later; one that is slow keeps
nobody but itself waiting.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import StateError, TuttiError
from ..model.happening import Event
from ..state.files import JsonFile
from ..state.journal import Cursor

if TYPE_CHECKING:
    from ..model.contract import Service
    from .context import Context

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds until a service that raised is called again: twice as long each time, up to that."""

LEAVE_SECS = 0.5
"""So long a watcher that ends waits for what is being handled; it is handled again otherwise."""

GLANCE_SECS = 0.05
BATCH = 100
"""Events that are read at once."""


class Services:
    """The services of a workspace.

    Args:
        context: Gives the workspace as its files say it is by now.
        note: Writes into the watcher's log.
    """

    def __init__(self, context: Callable[[], Context], note: Callable[..., None]) -> None:
        self._context, self._note = context, note
        self._runners: dict[str, Runner] = {}

    def begin(self) -> None:
        """Run the services there are by now; one that goes on is not run twice."""
        found = self._found()
        for name in [name for name in self._runners if name not in found]:
            self._runners.pop(name).stop()
        for name, service in found.items():
            if name in self._runners:
                self._runners[name].service = service
            else:
                self._runners[name] = Runner(service, self._context, self._note)
                self._runners[name].start()

    def wake(self) -> None:
        """Tell them that there is something in the journal."""
        for runner in self._runners.values():
            runner.wake()

    def stop(self, is_busy: Callable[[], bool] = lambda: False, most: float = LEAVE_SECS) -> None:
        """Let them end; what they are at is not waited for long.

        Args:
            is_busy: Whether they are at something that must not be cut short.
            most: The most seconds to wait for that.
        """
        for runner in self._runners.values():
            runner.stop()
        ends = time.monotonic() + LEAVE_SECS
        for runner in self._runners.values():
            runner.join(max(0.0, ends - time.monotonic()))
        last = time.monotonic() + most
        while any(one.is_alive() for one in self._runners.values()) and is_busy():
            if time.monotonic() >= last:
                break
            time.sleep(GLANCE_SECS)
        self._runners.clear()

    def _found(self) -> Mapping[str, Service]:
        context = self._context()
        if context.trouble is not None:
            # Who acts by rules that nobody can read might act against them.
            self._note("no services", why=context.trouble.message)
            return {}
        try:
            return context.plugins.services(context)
        except TuttiError as error:
            self._note("no services", why=error.message)
            return {}


class Runner(threading.Thread):
    """One service at work.

    Args:
        service: The service; it may be replaced by another of its name between two calls.
        context: Gives the workspace.
        note: Writes into the watcher's log.
    """

    def __init__(
        self, service: Service, context: Callable[[], Context], note: Callable[..., None]
    ) -> None:
        super().__init__(name=f"service {service.name}", daemon=True)
        self.service = service
        self._context, self._note = context, note
        self._woken, self._ended = threading.Event(), threading.Event()
        self._failures = self._kept = 0
        self._tick = time.monotonic() + max(0.0, service.every)

    def wake(self) -> None:
        """Have it look into the journal."""
        self._woken.set()

    def stop(self) -> None:
        """Have it end once it is done with what it is at."""
        self._ended.set()
        self._woken.set()

    def run(self) -> None:
        """Hand it what it wants, until it is told to stop."""
        while not self._ended.is_set():
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001 -- its place could not be read or kept
                self._note("service stopped", service=self.service.name, exc_info=error)
                self._ended.wait(LONGEST_PAUSE)

    def _follow(self) -> None:
        cursor = self._begin()
        while not self._ended.is_set():
            self._woken.clear()
            records, ahead = self._context().journal.poll(cursor, BATCH)
            if not all(self._handed(record) for record in records):
                return
            if records and records[-1]["seq"] - self._kept >= BATCH:
                # What it does not want may be read again; to write that down each time is dear.
                self._keep(records[-1])
            cursor = ahead
            self._ticks()
            if not records:
                self._woken.wait(self._patience())

    def _patience(self) -> float | None:
        return max(0.0, self._tick - time.monotonic()) if self.service.every > 0 else None

    def _handed(self, record: Mapping[str, Any]) -> bool:
        """Hand it an event until it has taken it; False if it was told to stop meanwhile."""
        if record.get("event") not in self.service.events:
            return not self._ended.is_set()
        event = event_of(record)
        while not self._ended.is_set():
            if self._call(event):
                self._keep(record)
                return True
        return False

    def _ticks(self) -> None:
        if self.service.every > 0 and time.monotonic() >= self._tick and not self._ended.is_set():
            self._call(None)
            # What was missed meanwhile is dropped.
            self._tick = time.monotonic() + self.service.every

    def _call(self, event: Event | None) -> bool:
        """Call it once, and if it raises, wait before anybody calls it again."""
        try:
            self.service.handle(self._context(), event)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the others go on
            self._failed(error)
            return False
        self._failures = 0
        return True

    def _failed(self, error: Exception) -> None:
        name = self.service.name
        self._note("service failed", service=name, exc_info=error)
        if self._failures == 0:
            data = {"service": name, "error": f"{type(error).__name__}: {error}"}
            try:
                self._context().emit("service.failed", data=data)
            except StateError as trouble:
                self._note("cannot be told", why=trouble.message)
        self._failures += 1
        self._ended.wait(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._failures - 1)))

    def _begin(self) -> Cursor:
        """Return where it goes on; a service that is new begins with what comes."""
        journal = self._context().journal
        kept = self._file().read()
        seq = kept.get("seq") if isinstance(kept, dict) else None
        at = kept.get("at") if isinstance(kept, dict) else None
        if isinstance(seq, int) and seq >= 0:
            found = next(journal.read(after_seq=seq - 1, limit=1), None) if seq else None
            if seq == 0 or (found and (found["seq"], found["timestamp"]) == (seq, at)):
                self._kept = seq
                return Cursor(seq)
        last = journal.last()
        self._write(last["seq"] if last else 0, last["timestamp"] if last else "")
        return Cursor(last["seq"] if last else 0)

    def _keep(self, record: Mapping[str, Any]) -> None:
        # A place in the journal must not outlive what it is a place in.
        self._context().journal.sync()
        self._write(record["seq"], record["timestamp"])

    def _write(self, seq: int, at: str) -> None:
        self._file().write({"service": self.service.name, "seq": seq, "at": at})
        self._kept = seq

    def _file(self) -> JsonFile:
        return JsonFile(self._context().places.cursor(self.service.name))


def event_of(record: Mapping[str, Any]) -> Event:
    """Return a line of the journal as an event.

    Args:
        record: The line.
    """
    agent, data = record.get("agent"), record.get("data")
    return Event(
        str(record.get("event", "")),
        str(record.get("workspace", "")),
        agent if isinstance(agent, str) else None,
        str(record.get("correlation_id", "")),
        data if isinstance(data, dict) else None,
        record["timestamp"],
        record["seq"],
    )

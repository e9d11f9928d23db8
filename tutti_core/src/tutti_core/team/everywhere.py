"""The same work in several workspaces at once: what goes wrong in one hides no other.

On the path of ``tt status --all``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple

from ..errors import RuntimeFailure, TuttiError
from .known import Known

PARALLEL = 4
GRACE_SECS = 60.0
"""How long work that was told to stop may take to end what it has begun."""
TICK_SECS = 0.5

Work = Callable[[Known, Event], Any]


class Done(NamedTuple):
    """What became of the work in one workspace.

    Attributes:
        place: The workspace.
        value: What the work returned, or None.
        error: Why there is nothing, or what is wrong beside it; None if all is well.
    """

    place: Known
    value: Any = None
    error: TuttiError | None = None


def reached(place: Known, running: Collection[str]) -> Known:
    """Return a workspace as one without a problem if something runs there: that can be reached.

    Args:
        place: The workspace.
        running: The roots of all sessions.
    """
    return place._replace(problem="", hint="") if place.entry.path in running else place


class _Job:
    """One workspace's work on a thread of its own, which ends with the process if it hangs."""

    def __init__(self, place: Known, work: Work, done: SimpleQueue[tuple[_Job, Done]]) -> None:
        self.place, self.work, self.done = place, work, done
        self.stop = Event()
        self.begun = time.monotonic()
        self.thread = Thread(target=self._run, name=f"tt {place.name}", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.done.put((self, _result(self.place, self.work, self.stop)))


def everywhere(
    places: Sequence[Known],
    work: Work,
    secs: float,
    told: Callable[[Done], None] = lambda _: None,
    *,
    grace: float = GRACE_SECS,
    leaving: Callable[[], None] = lambda: None,
) -> list[Done]:
    """Do something in every workspace, in several at once.

    Args:
        places: The workspaces; those with a problem are passed over, and the problem is kept.
        work: Is given the workspace, and what is set once it should begin with nothing more:
            because its time is over, or somebody pressed Ctrl+C.
        secs: How long it may take in one workspace.
        told: Told of each workspace as soon as it is known what became of it.
        grace: Seconds it has after that to end what it has begun; then it is given up.
        leaving: Told once somebody pressed Ctrl+C, and what is begun is waited for.

    Returns:
        What became of each workspace, in their order.
    """
    results: dict[int, Done] = {}

    def settle(done: Done) -> None:
        results[done.place.entry.number] = done
        told(done)

    for place in places:
        if place.error is not None:
            settle(Done(place, error=place.error))
    crowd = _Crowd([one for one in places if one.error is None], work, secs, grace)
    try:
        crowd.run(settle)
    except KeyboardInterrupt:
        leaving()
        crowd.leave()
        raise
    return [results[place.entry.number] for place in places]


class _Crowd:
    """The workspaces in which work goes on, and those still to come."""

    def __init__(self, places: Sequence[Known], work: Work, secs: float, grace: float) -> None:
        self.waiting, self.work = list(places), work
        self.secs, self.grace = secs, grace
        self.queue: SimpleQueue[tuple[_Job, Done]] = SimpleQueue()
        self.jobs: list[_Job] = []

    def run(self, settle: Callable[[Done], None]) -> None:
        while self.waiting or self.jobs:
            self._fill()
            self._settle(settle)
            self._overdue(settle)

    def leave(self) -> None:
        """Let what is begun be ended; a second Ctrl+C does not wait for that."""
        for job in self.jobs:
            job.stop.set()
        deadline = time.monotonic() + self.grace
        for job in self.jobs:
            job.thread.join(max(0.0, deadline - time.monotonic()))

    def _fill(self) -> None:
        while self.waiting and len(self.jobs) < PARALLEL:
            self.jobs.append(_Job(self.waiting.pop(0), self.work, self.queue))

    def _settle(self, settle: Callable[[Done], None]) -> None:
        try:
            job, done = self.queue.get(timeout=min(TICK_SECS, self.secs))
        except Empty:
            return
        if job in self.jobs:
            self.jobs.remove(job)
            settle(done)

    def _overdue(self, settle: Callable[[Done], None]) -> None:
        for job in list(self.jobs):
            late = time.monotonic() - job.begun - self.secs
            if late >= 0:
                job.stop.set()
            if late >= self.grace:
                self.jobs.remove(job)
                settle(Done(job.place, error=_too_late(job.place, self.secs + self.grace)))


def _result(place: Known, work: Work, stop: Event) -> Done:
    try:
        return Done(place, work(place, stop))
    except TuttiError as error:
        return Done(place, error=error)
    except Exception as error:  # noqa: BLE001 -- one workspace's failure hides no other
        said = f"this is a bug: {type(error).__name__}: {error}"
        hint = f"run it there alone, with tt --debug … -w {place.root}"
        return Done(place, error=TuttiError(said, hint=hint))


def _too_late(place: Known, secs: float) -> RuntimeFailure:
    return RuntimeFailure(
        f"no answer within {secs:.0f} s", hint=f"see what keeps it: tt status -w {place.root}"
    )

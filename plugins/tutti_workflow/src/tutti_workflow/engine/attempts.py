"""One attempt at a step, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from threading import Thread
from typing import Any

import attrs

from tutti_core import Attempt, Context, Lock, StateError

from ..plan.resolve import Node
from .results import Ended, of_error, of_value

Render = Callable[[Node], Any]


@attrs.define
class Running:
    """An attempt under way.

    Attributes:
        node: The step.
        attempt: What the step is lent.
        since: Seconds of `time.monotonic` when it began.
        launched: Whether its thread was begun.
        abandoned: Whether nobody waits for its end any more; it must not write then.
        closing: Until when it may take to end after it was to, in seconds of the same clock.
    """

    node: Node
    attempt: Attempt
    since: float
    launched: bool = False
    abandoned: bool = False
    closing: float | None = None

    @property
    def overdue(self) -> bool:
        """Whether its time is up."""
        return self.attempt.left == 0.0


def launch(
    context: Context,
    running: Running,
    render: Render,
    inbox: SimpleQueue[tuple[Running, Ended]],
) -> None:
    """Begin an attempt; how it ended is put into the inbox.

    Args:
        context: The workspace.
        running: The attempt.
        render: Gives the step with its templates replaced.
        inbox: Where its end is told.
    """

    def work() -> None:
        inbox.put((running, _tried(context, running, render)))

    running.launched = True
    Thread(target=work, name=f"step {running.node.key}", daemon=True).start()


def _tried(context: Context, running: Running, render: Render) -> Ended:
    node, attempt = running.node, running.attempt
    try:
        step = render(node)
        attempt.check()
        with _turn(context, node.holds, attempt) if node.holds else nullcontext():
            attempt.check()
            return of_value(node.kind.run(context, step, attempt))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the end of this attempt
        return of_error(error, overdue=running.overdue, stopped=attempt.stopped())


@contextmanager
def _turn(context: Context, agent: str, attempt: Attempt) -> Iterator[None]:
    """Hold the lock with which no two runs have to do with one agent at once."""
    lock = Lock(
        context.places.lock(f"turn-{agent}"),
        timeout=30 * 86_400.0 if attempt.left is None else attempt.left,
        purpose=f"step {attempt.token}",
        unless=attempt.stopped,
    )
    try:
        lock.acquire()
    except StateError:
        attempt.check()
        raise
    try:
        yield
    finally:
        lock.release()


def noting(
    running: Callable[[], Running | None], write: Callable[..., Any], key: str, number: int
) -> Callable[[Mapping[str, Any]], None]:
    """Return what keeps the facts of an attempt.

    Args:
        running: Gives the attempt.
        write: Writes a line of the run's journal.
        key: The step's.
        number: The attempt's.
    """

    def note(facts: Mapping[str, Any]) -> None:
        mine = running()
        if mine is None or mine.abandoned:
            raise StateError("this attempt was given up: what it does is not recorded any more")
        write({"kind": "note", "step": key, "number": number, "facts": dict(facts)})

    return note


def left_until(moments: list[float], most: float) -> float:
    """Return the seconds until the first of some moments.

    Args:
        moments: Seconds of `time.monotonic`.
        most: What is returned at most.
    """
    soonest = min(moments, default=time.monotonic() + most)
    return max(0.0, min(most, soonest - time.monotonic()))

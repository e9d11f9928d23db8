"""One run of a workflow because its time has come: begun once for each time, whoever is killed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from tutti_core import Context, JsonFile, TuttiError

from ..engine.order import Order, Seat
from ..engine.run import run_order
from ..record.files import new_run_id
from ..record.state import RunState
from ..record.store import read
from .clock import ORIGIN, instant_of, lock_of, stamp, text_of, timed


@attrs.frozen
class Fired:
    """What came of a workflow's time.

    Attributes:
        workflow: Its name.
        outcome: ``succeeded``, ``failed`` or ``interrupted`` as its run was; ``error`` if it could
            not be begun; ``running`` if an earlier run goes on; ``not due``.
        due: The time, RFC 3339; empty if there was none.
        run_id: The run.
        detail: Why, where there is a reason.
    """

    workflow: str
    outcome: str
    due: str = ""
    run_id: str = ""
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return self.outcome in ("succeeded", "not due", "running")


def pending(context: Context) -> JsonFile:
    """Return the file of runs that are to begin, by workflow: each has its id before it begins.

    Args:
        context: The workspace.
    """
    return JsonFile(context.places.state / "schedule" / "pending.json")


def begun(context: Context, told: Mapping[str, Any]) -> bool:
    """Return whether a run that was to begin did.

    Args:
        context: The workspace.
        told: What is in the file of it.
    """
    try:
        return read(context, str(told.get("run_id"))) is not None
    except TuttiError:
        return True  # whatever it is, it is not to be run a second time


def fire(context: Context, workflow: str, now: datetime, seat: Seat | None = None) -> Fired:
    """Run a workflow if its time has come and it does not run already.

    Args:
        context: The workspace.
        workflow: Its name.
        now: The instant.
        seat: Who watches the run.
    """
    lock = lock_of(context, workflow)
    if not lock.try_acquire():
        return Fired(workflow, "running", detail=f"an earlier run goes on: {lock.holder()}")
    try:
        claim = _claim(context, workflow, now)
        if claim is None:
            return Fired(workflow, "not due")
        context.emit("schedule.fired", data=claim, correlation_id=claim["run_id"])
        return _run(context, claim, seat or Seat())
    finally:
        lock.release()


def _claim(context: Context, workflow: str, now: datetime) -> dict[str, Any] | None:
    """Take a time that has come, so that nobody takes it again."""
    left = (pending(context).read({}) or {}).get(workflow)
    if isinstance(left, dict) and not begun(context, left):
        return {**left, "workflow": workflow}
    found = next((one for one in timed(context, now) if one.workflow == workflow), None)
    if found is None or found.due is None:
        return None
    late = (now - found.due.at).total_seconds()
    claim = {
        "workflow": workflow,
        "movement": found.movement,
        "due": text_of(found.due.at),
        "missed": found.due.missed,
        "late_secs": round(late, 1),
        "run_id": new_run_id(),
    }
    pending(context).update(lambda kept: {**(kept or {}), workflow: claim}, default={})
    stamp(context, {workflow: now})
    return claim


def _run(context: Context, claim: Mapping[str, Any], seat: Seat) -> Fired:
    name, run_id, due = claim["workflow"], claim["run_id"], claim["due"]
    instant = instant_of(due)
    order = Order(name, origin=ORIGIN, run_id=run_id, more={"due": due if instant else None})
    try:
        ended: RunState = run_order(context, order, seat)
    except TuttiError as error:
        data = {**claim, "message": error.message, "hint": error.hint}
        context.emit("schedule.failed", data=data, correlation_id=run_id)
        _forget(context, name)
        return Fired(name, "error", due, run_id, error.message)
    _forget(context, name)
    return Fired(name, ended.status, due, run_id, str((ended.failure or {}).get("message", "")))


def _forget(context: Context, workflow: str) -> None:
    def change(kept: Any) -> Any:
        return {key: one for key, one in (kept or {}).items() if key != workflow}

    pending(context).update(change, default={})

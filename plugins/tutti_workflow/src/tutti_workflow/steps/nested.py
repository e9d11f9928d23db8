"""The step `workflow`: another workflow runs as a part of this one, gone on with after a kill."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from tutti_core import Arrangement, Attempt, Context, StateError

from ..engine.again import resume
from ..engine.order import Again, Order, Seat, Told
from ..engine.run import run_order
from ..model import Common, StepFailed, Workflow
from ..record.files import new_run_id
from ..record.state import RunState
from ..record.store import is_owned, read

LOOK_SECS = 0.5


@attrs.frozen
class NestedKeys:
    """The keys of a step of type `workflow`.

    Attributes:
        workflow: The workflow that is run.
        agent: The agent that takes the place of each of its steps' own.
        strict: Whether each of its failures ends it; as in the run around it if it is not said.
        vars: Values for its templates, beside those of the run around it.
    """

    workflow: str = attrs.field(validator=attrs.validators.min_len(1))
    agent: str | None = None
    strict: bool | None = None
    vars: Mapping[str, str] = attrs.field(factory=dict)


class Nested:
    """Runs another workflow."""

    name = "workflow"
    schema = NestedKeys
    fail_mode = "closed"
    on_resume = "rerun"
    retries = False
    goes_on = True

    def check(
        self, step: NestedKeys, common: Common, arrangement: Arrangement
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with it in its workflow; who nests whom is the plan's to check."""
        return iter(())

    def leaves(self, step: NestedKeys, common: Common) -> tuple[str, ...]:
        """Name what it leaves for later steps: nothing, outputs belong to their own run."""
        return ()

    def intent(self, context: Context, step: NestedKeys) -> Mapping[str, Any]:
        """Say what the contract's intent has of it beside its keys."""
        return {"agent_override": step.agent, "strict": step.strict}

    def plan(self, context: Context, step: NestedKeys) -> Mapping[str, Any]:
        """Say which workflow would run."""
        flows = {one.name: one for one in context.arrangement.many(Workflow)}
        inner = flows.get(step.workflow)
        return {
            "workflow": step.workflow,
            "agent": step.agent,
            "strict": step.strict,
            "summary": step.workflow,
            "steps": len(inner.step) if inner else None,
        }

    def run(self, context: Context, step: NestedKeys, attempt: Attempt) -> Mapping[str, Any]:
        """Run it, or go on with the run of it that was interrupted."""
        attempt.check()
        seat = Seat(_teller(attempt), attempt.stopped, attempt.deadline)
        before = _before(context, attempt.earlier)
        if before is None:
            ended = _anew(context, step, attempt, seat)
        else:
            attempt.note({"run_id": before.run_id})
            ended = _on(context, before, attempt, seat)
        done = {"run_id": ended.run_id, "status": ended.status, "exit_code": 0}
        if ended.status == "succeeded":
            return {**done, "message": f"nested workflow {step.workflow!r} succeeded"}
        attempt.check()
        why = (ended.failure or {}).get("message") or ended.status
        hint = f"tt runs show {ended.run_id}"
        data = {**done, "exit_code": 1}
        error = StepFailed(f"nested workflow {step.workflow!r} failed: {why}", hint=hint, data=data)
        error.category = str((ended.failure or {}).get("category") or "tool")
        raise error

    def recover(
        self, context: Context, step: NestedKeys, record: Mapping[str, Any]
    ) -> Literal["redo", "continue", "unknown"]:
        """Look for the run: it is gone on with as any other is."""
        token, notes = record.get("token"), record.get("notes")
        if not isinstance(token, str) or not token or not isinstance(notes, Mapping):
            return "unknown"
        return "redo" if _before(context, record) is None else "continue"


def _before(context: Context, record: Mapping[str, Any]) -> RunState | None:
    """Return the run that an attempt began, if it did."""
    notes = record.get("notes")
    run_id = notes.get("run_id") if isinstance(notes, Mapping) else None
    try:
        return read(context, run_id) if isinstance(run_id, str) else None
    except Exception:  # noqa: BLE001 -- a torn record names no run
        return None


def _anew(context: Context, step: NestedKeys, attempt: Attempt, seat: Seat) -> RunState:
    around = read(context, attempt.env["TUTTI_RUN_ID"]) if "TUTTI_RUN_ID" in attempt.env else None
    header = around.header if around else {}
    strict = bool(header.get("strict")) if step.strict is None else step.strict
    run_id = new_run_id()
    attempt.note({"run_id": run_id})
    attempt.check()
    order = Order(
        step.workflow,
        agent=step.agent or header.get("agent"),
        strict=strict,
        vars={**(header.get("vars") or {}), **step.vars},
        origin=str(header.get("origin") or "run"),
        parent=attempt.token,
        above=(*(header.get("above") or ()), around.workflow) if around else (),
        run_id=run_id,
    )
    return run_order(context, order, seat)


def _on(context: Context, before: RunState, attempt: Attempt, seat: Seat) -> RunState:
    """Go on with a run; one that somebody else goes on with is waited for."""
    while True:
        now = read(context, before.run_id) or before
        if now.status == "succeeded" and now.closed:
            return now
        if not is_owned(context, now.run_id):
            try:
                return resume(context, now.run_id, Again(), seat)
            except StateError:
                if not is_owned(context, now.run_id):
                    raise
        attempt.check()
        time.sleep(LOOK_SECS)


def _teller(attempt: Attempt) -> Any:
    def told(one: Told) -> None:
        if one.what == "say" and one.text:
            name = f"{one.step.key}: " if one.step else ""
            attempt.say(f"{name}{one.text}")
        elif one.what == "step" and one.step is not None:
            attempt.say(f"{one.step.key}: {one.step.status}")

    return told

"""Going on with a run that was interrupted or failed, exactly where its journal ends."""

from __future__ import annotations

from typing import Any

import attrs

from tutti_core import Context, StateError

from ..plan.resolve import Plan
from ..record.state import RunState
from ..record.store import Store
from .order import Again, Order, Seat
from .preflight import Decision, decisions, refuse_changed, to_redo
from .run import action_of, in_place, plan_of, told_of
from .scope import Outputs, rendered
from .whole import Whole

Line = dict[str, Any]


def resume(context: Context, run_id: str, again: Again, seat: Seat | None = None) -> RunState:
    """Go on with a run that was interrupted or failed.

    Args:
        context: The workspace.
        run_id: The run.
        again: How.
        seat: Who watches.

    Returns:
        How it ended.

    Raises:
        StateError: If it has succeeded, is owned by another process, or was changed.
        TuttiError: If its journal cannot be written.
    """
    store = Store.take(context, run_id)
    try:
        return _resumed(context, store, again, seat or Seat())
    finally:
        store.release()


def _resumed(context: Context, store: Store, again: Again, seat: Seat) -> RunState:
    run = store.state
    whole = Whole(context, store, seat)
    if run.finished_at and not run.closed:
        # Whoever ran it was killed when all was done but to tell it.
        whole.catch_up()
        whole.close()
        if run.status == "succeeded":
            return run
    refuse_done(run)
    plan = plan_again(context, run, again)
    if not again.force:
        refuse_changed(plan, run)
    context.permit(action_of(context, order_of(run), run.run_id))
    found = look(context, plan, run, again)
    _refuse_asking(found, run)
    with in_place(context, plan, order_of(run), whole):
        whole.catch_up()
        whole.heard(store.write(*_lines(plan, run, again, found)))
        earlier = {one.key: one.record for one in found if one.does in ("continue", "run")}
        return whole.conduct(plan, earlier)


def refuse_done(run: RunState) -> None:
    """Refuse to go on with a run that is done.

    Args:
        run: How it was left.

    Raises:
        StateError: If it has succeeded.
    """
    if run.status == "succeeded":
        raise StateError(
            f"run {run.run_id!r} already succeeded; nothing to resume",
            hint=f"tt run {run.workflow} begins a new one",
        )


def plan_again(context: Context, run: RunState, again: Again) -> Plan:
    """Return the plan of a run as its workflow is now.

    Args:
        context: The workspace.
        run: How it was left.
        again: How it is to be gone on with.
    """
    order = order_of(run)
    return plan_of(context, attrs.evolve(order, strict=order.strict or again.strict))


def order_of(run: RunState) -> Order:
    """Return what a run was begun with."""
    known = attrs.fields_dict(Order)
    given = {key: value for key, value in run.header.items() if key in known and key != "run_id"}
    given["above"] = tuple(given.get("above") or ())
    return Order(**given)


def look(context: Context, plan: Plan, run: RunState, again: Again) -> list[Decision]:
    """Look at what was left of a run, and say what becomes of each step.

    Args:
        context: The workspace.
        plan: The workflow as it is now.
        run: How the run was left.
        again: How it is to be gone on with.
    """
    outputs = Outputs(run)
    return decisions(
        context,
        plan,
        run,
        lambda node: rendered(context, run, outputs, node),
        retry_warnings=again.retry_warnings,
        answer=again.answer,
    )


def _refuse_asking(found: list[Decision], run: RunState) -> None:
    open_ = [one for one in found if one.does == "ask"]
    if open_:
        named = "; ".join(f"step {one.index} ({one.key}): {one.why}" for one in open_)
        raise StateError(
            f"run {run.run_id} cannot go on by itself: {named}",
            hint="--on-resume rerun does it again, --on-resume skip takes it for done",
        )


def _lines(plan: Plan, run: RunState, again: Again, found: list[Decision]) -> list[Line]:
    """Return the lines with which a run is gone on with."""
    line: Line = {"kind": "resumed", "retry_warnings": again.retry_warnings, "force": again.force}
    line["strict"] = plan.strict
    if again.force:
        line["steps"] = [told_of(node) for node in plan.nodes]
        line["digests"], line["again"] = plan.digests(), sorted(to_redo(plan, run))
    lines = [line]
    for one in found:
        if one.verdict is not None:
            settled: Line = {"kind": "settled", "step": one.key, "verdict": one.verdict}
            lines.append({**settled, "does": one.does, **_settling(one)})
    return lines


def _settling(one: Decision) -> Line:
    if one.does == "done":
        return {"status": "success", "result": {"message": f"found done: {one.why}"}}
    if one.does == "skip":
        return {"status": "warning", "result": {"message": f"left out: {one.why}"}}
    return {}

"""A run from its beginning to its end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs

from tutti_core import Action, ConfigError, Context, PolicyError

from ..model import Workflow
from ..named import refuse_ungiven, variables
from ..plan.nesting import DEEPEST
from ..plan.resolve import Node, Plan, find, resolve
from ..record.state import RunState
from ..record.store import Store
from .admission import admitted
from .order import Order, Seat
from .whole import Whole, close_left


def plan_of(context: Context, order: Order) -> Plan:
    """Return the plan of what is to be run.

    Args:
        context: The workspace.
        order: What is to be run.

    Raises:
        ConfigError: If it makes no sense, or would never end.
        PluginError: If a step is of a type that nobody gives here.
    """
    if order.workflow in order.above or len(order.above) >= DEEPEST:
        way = " runs ".join([*order.above, order.workflow])
        raise ConfigError(
            f"workflow {order.workflow!r} is within itself, or within {DEEPEST} others: {way}",
            hint="take one of these steps out",
        )
    flow = find(context, order.workflow)
    return resolve(context, flow, agent=order.agent, strict=order.strict, movement=order.movement)


def wanted(context: Context, plan: Plan) -> dict[str, str]:
    """Return the variables that a run has to be given, each with the place that names it.

    Args:
        context: The workspace.
        plan: Its plan.
    """
    flows = {one.name: one for one in context.arrangement.many(Workflow)}
    steps = plan.workflow.step
    own = attrs.evolve(plan.workflow, step=tuple(steps[node.index - 1] for node in plan.nodes))
    return variables(own, context.plugins.steps(), flows)


def action_of(context: Context, order: Order, run_id: str = "") -> Action:
    """Return what the guards are asked about before a run.

    Args:
        context: The workspace.
        order: What is to be run.
        run_id: The run's id, once it has one.
    """
    data = {"workflow": order.workflow, "origin": order.origin, "strict": order.strict}
    if run_id:
        data["run_id"] = run_id
    return Action("run", context.name, order.agent, data)


def begin(context: Context, order: Order) -> tuple[Store, Plan]:
    """Put a run on disk: from here on it can be resumed.

    Args:
        context: The workspace.
        order: What is to be run.

    Returns:
        The run, owned by this process, and its plan.

    Raises:
        ConfigError: If a variable that its templates name is not given.
        PolicyError: If a guard refuses it; that it was is on disk too.
    """
    plan = plan_of(context, order)
    refuse_ungiven(wanted(context, plan), order.vars, order.workflow)
    try:
        warned = context.permit(action_of(context, order))
    except PolicyError as error:
        with _owned(_stored(context, order, plan)) as store:
            Whole(context, store, Seat()).refuse(error)
        raise
    return _stored(context, order, plan, warned), plan


def _stored(context: Context, order: Order, plan: Plan, warned: Sequence[str] = ()) -> Store:
    header = {
        **attrs.asdict(order, filter=lambda field, _: field.name != "run_id"),
        "digests": plan.digests(),
        "steps": [told_of(node) for node in plan.nodes],
        "warned": list(warned),
        "more": {**_hooked(order), **order.more, **_template(context)},
    }
    header["vars"], header["above"] = dict(order.vars), list(order.above)
    if order.run_id:
        header["run_id"] = order.run_id
    return Store.begin(context, header)


@contextmanager
def _owned(store: Store) -> Iterator[Store]:
    try:
        yield store
    finally:
        store.release()


def told_of(node: Node) -> dict[str, Any]:
    """Return what a journal says of a step of its run.

    Args:
        node: The step.
    """
    keys = ("index", "key", "type", "agent", "movement", "fail_mode")
    return {key: getattr(node, key) for key in keys}


def _hooked(order: Order) -> dict[str, str | None]:
    """Return which hook a run is begun from, where its command has `tt run` in it."""
    event = os.environ.get("TUTTI_HOOK_EVENT")
    if not event or order.origin not in ("run", "verify"):
        return {}
    return {"hook_event": event, "hook_agent": os.environ.get("TUTTI_HOOK_AGENT")}


def _template(context: Context) -> dict[str, str]:
    """Return which template the team was made from, as the first line of its file says."""
    try:
        with (context.root / "tutti.toml").open(encoding="utf-8") as file:
            words = file.readline().split(maxsplit=3)
    except (OSError, ValueError):
        return {}
    if words[:2] != ["#", "template:"] or len(words) < 4:
        return {}
    return {"template_id": words[2], "template_version": words[3].strip()}


def run_order(context: Context, order: Order, seat: Seat | None = None) -> RunState:
    """Run a workflow to its end.

    Args:
        context: The workspace.
        order: What is to be run.
        seat: Who watches.

    Returns:
        How it ended: `succeeded`, `failed` or `interrupted`.

    Raises:
        TuttiError: If it could not be begun, or its journal cannot be written.
    """
    seat = seat or Seat()
    if not order.parent:
        close_left(context, seat)
    store, plan = begin(context, order)
    with _owned(store):
        whole = Whole(context, store, seat)
        with in_place(context, plan, order, whole):
            whole.heard(store.history[:1])
            return whole.conduct(plan)


@contextmanager
def in_place(context: Context, plan: Plan, order: Order, whole: Whole) -> Iterator[None]:
    """Hold a place among the runs of its group; one that did nothing yet and gets none is over.

    Args:
        context: The workspace.
        plan: The run's plan.
        order: What was wanted.
        whole: The run.

    Raises:
        PolicyError: If there is no place for it.
    """
    run = whole.store.state
    with ExitStack() as place:
        try:
            place.enter_context(admitted(context, plan.workflow, order.above, run, whole.seat))
        except PolicyError as error:
            if not run.finished_at and not any(one.attempts for one in run.steps.values()):
                whole.refuse(error)
            raise
        yield


def dry_run(context: Context, order: Order) -> tuple[Plan, list[dict[str, Any]]]:
    """Say what a run would do, and what the guards would say, without recording any of it.

    Args:
        context: The workspace.
        order: What would be run.

    Returns:
        The plan, and the verdicts of the guards on the run as a whole.
    """
    plan = plan_of(context, order)
    verdicts = context.plugins.guard(action_of(context, order))
    return plan, [attrs.asdict(one) for one in verdicts]

"""A plan as the contract shows it, and more: waves, verdicts, what a resumed run would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tutti_core import Context, TuttiError, natural

from .resolve import Node, Plan

if TYPE_CHECKING:
    from ..engine.preflight import Decision
    from ..record.state import RunState


def plan_shape(
    context: Context,
    plan: Plan,
    verdicts: Sequence[Mapping[str, Any]],
    run: RunState | None = None,
    decisions: Sequence[Decision] = (),
    *,
    wanted: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a plan in the contract's shape.

    Args:
        context: The workspace.
        plan: The plan.
        verdicts: What the guards say of the run as a whole.
        run: The run that would be resumed.
        decisions: What would become of its steps.
        wanted: The variables that it has to be given, each with the place that names it.
        given: Those that are given.
    """
    steps = [step_shape(context, node, plan.strict) for node in plan.nodes]
    starts = sorted({name for step in steps for name in step.get("starts") or ()}, key=natural)
    found: dict[str, Any] = {
        "workflow": plan.workflow.name,
        "description": plan.workflow.description,
        "strict": plan.strict,
        "steps": steps,
        "waves": [[node.key for node in wave] for wave in plan.waves()],
        "max_parallel": plan.workflow.max_parallel,
        "movement": plan.movement,
        "would_start": starts,
        "policy": dict(verdicts[0]) if verdicts else {"decision": "allow"},
        "variables": sorted(wanted or ()),
        "missing_variables": [name for name in sorted(wanted or ()) if name not in (given or {})],
    }
    if run is not None:
        found["resume"] = _resume(plan, run, decisions)
    return found


def step_shape(context: Context, node: Node, strict: bool) -> dict[str, Any]:
    """Return one step of a plan in the contract's shape.

    Args:
        context: The workspace.
        node: The step.
        strict: Whether the run is, and so what a step does not say of itself.
    """
    try:
        own = dict(node.kind.plan(context, node.step))
        own |= {"strict": strict} if own.get("strict", strict) is None else {}
    except TuttiError as error:
        own = {"problem": error.message, "hint": error.hint}
    return {
        "type": node.type,
        "index": node.index,
        **({"agent": node.agent} if "agent" not in own else {}),
        **own,
        "fail_mode": node.fail_mode,
        "id": node.common.id,
        "key": node.key,
        "depends_on": sorted(node.needs),
        "timeout_secs": node.timeout,
        "on_resume": node.on_resume,
        "movement": node.movement,
        "attempts": node.retry.attempts if node.retry else 1,
    }


def _resume(plan: Plan, run: RunState, decisions: Sequence[Decision]) -> dict[str, Any]:
    from ..engine.preflight import changed_steps

    other, gone = changed_steps(plan, run)
    return {
        "run_id": run.run_id,
        "status": run.status,
        "changed_steps": other,
        "gone_steps": gone,
        "steps": [
            {
                "index": one.index,
                "key": one.key,
                "status": one.status,
                "verdict": one.verdict,
                "does": one.does,
                "why": one.why,
            }
            for one in decisions
        ],
    }

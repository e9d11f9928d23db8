"""What the commands do, as verbs for every other caller too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import ConfigError, Context, UsageError, Verb

from .engine.again import look, order_of, plan_again, resume
from .engine.order import Again, Order, Seat
from .engine.preflight import Decision, refuse_changed
from .engine.run import begin, dry_run, run_order, wanted
from .model import OnResume, Workflow
from .named import variables
from .record.shapes import run_result
from .record.state import RunState
from .record.store import chosen
from .runs.verbs import PruneRequest, PruneResponse, RunsRequest, RunsResponse, prune, runs
from .verifying import VerifyRequest, VerifyResponse, verify


@attrs.frozen
class RunRequest:
    """What `run` takes.

    Attributes:
        workflow: Name of the workflow; empty to resume.
        resume: The run to go on with: its id, the beginning or end of it, or ``last``.
        agent: The agent that takes the place of each step's own.
        strict: Whether every failure ends the run.
        vars: Values for templates.
        movement: Only the steps of this movement, and what they wait for.
        force: Whether a changed workflow is taken as it is now.
        retry_warnings: Whether steps that ended with a warning are done again.
        on_resume: What becomes of a step of which nobody can say whether it was done, where it says
            ``ask``.
        dry_run: Whether to say what would be done, and do none of it.
        wait: Whether to return only when the run has ended; else another process goes on with it.
        origin: Who wants it.
        without: Unowned tables to go on without.
        more: What else its records are to say.
    """

    workflow: str = ""
    resume: str = ""
    agent: str | None = None
    strict: bool = False
    vars: Mapping[str, str] = attrs.field(factory=dict)
    movement: str | None = None
    force: bool = False
    retry_warnings: bool = False
    on_resume: OnResume | None = None
    dry_run: bool = False
    wait: bool = True
    origin: str = "run"
    without: tuple[str, ...] = ()
    more: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class RunResponse:
    """What `run` answers.

    Attributes:
        ok: Whether it succeeded, or was begun where nobody waits.
        run_id: The run's id; empty for a dry run.
        status: How the run is; `planned` for a dry run.
        result: The result, in the contract's shape; None if nobody waited.
        plan: The plan of a dry run, in the contract's shape.
    """

    ok: bool
    run_id: str = ""
    status: str = ""
    result: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None


def verbs() -> tuple[Verb, ...]:
    """Return the verbs of this plugin."""
    return (
        Verb("run", RunRequest, RunResponse, run, "Run a workflow, or go on with a run."),
        Verb("verify", VerifyRequest, VerifyResponse, verify, "Run what proves the work."),
        Verb("runs", RunsRequest, RunsResponse, runs, "List runs, or show one.", reads=True),
        Verb("prune_runs", PruneRequest, PruneResponse, prune, "Remove runs that have ended."),
    )


def run(context: Context, request: RunRequest, seat: Seat | None = None) -> RunResponse:
    """Run a workflow, or go on with a run.

    Args:
        context: The workspace.
        request: What is wanted.
        seat: Who watches.
    """
    if request.dry_run:
        return RunResponse(True, status="planned", plan=planned(context, request))
    context.begin_acting(request.without)
    if not request.wait:
        return _begun(context, request)
    done = conducted(context, request, seat)
    ok = done.status == "succeeded"
    return RunResponse(ok, done.run_id, done.status, run_result(done))


def conducted(context: Context, request: RunRequest, seat: Seat | None = None) -> RunState:
    """Run a workflow, or go on with a run, and return how it ended.

    Args:
        context: The workspace.
        request: What is wanted.
        seat: Who watches.
    """
    if request.resume:
        return resume(context, chosen(context, request.resume), _again(request), seat)
    return run_order(context, order_for(request), seat)


def order_for(request: RunRequest) -> Order:
    """Return what is to be run.

    Args:
        request: What is wanted.

    Raises:
        UsageError: If neither a workflow nor a run is named.
    """
    if not request.workflow:
        raise UsageError("workflow name is required", hint="tt run --list shows what there is")
    return Order(
        request.workflow,
        request.agent,
        request.strict,
        dict(request.vars),
        request.origin,
        request.movement,
        more=dict(request.more),
    )


def _again(request: RunRequest) -> Again:
    return Again(request.strict, request.force, request.retry_warnings, request.on_resume)


def _begun(context: Context, request: RunRequest) -> RunResponse:
    """Begin a run and leave it to another process, which is there when this returns."""
    from .engine.detached import detach

    if request.resume:
        raise UsageError("a run is resumed by whoever waits for it", hint="leave out wait = false")
    store, _ = begin(context, order_for(request))
    store.release()
    detach(context, store.state.run_id)
    return RunResponse(True, store.state.run_id, "running")


def preflight(context: Context, request: RunRequest, state: RunState) -> list[Decision]:
    """Say what becomes of each step of a run that is gone on with.

    Args:
        context: The workspace.
        request: How it is to be gone on with.
        state: How the run was left.

    Raises:
        StateError: If the workflow was changed since, and that is not allowed.
    """
    again = _again(request)
    plan = plan_again(context, state, again)
    if not again.force:
        refuse_changed(plan, state)
    return look(context, plan, state, again)


def planned(context: Context, request: RunRequest) -> Mapping[str, Any]:
    """Say what a run would do, in the contract's shape, without an effect.

    Args:
        context: The workspace.
        request: What is wanted.
    """
    from .plan.shown import plan_shape
    from .record.store import no_run, read

    if not request.resume:
        order = order_for(request)
        plan, verdicts = dry_run(context, order)
        names = wanted(context, plan)
        return plan_shape(context, plan, verdicts, wanted=names, given=order.vars)
    run_id = chosen(context, request.resume)
    state = read(context, run_id)
    if state is None:
        raise no_run(run_id)
    again = _again(request)
    plan = plan_again(context, state, again)
    order = order_of(state)
    _, verdicts = dry_run(context, order)
    found = look(context, plan, state, again)
    names = wanted(context, plan)
    return plan_shape(context, plan, verdicts, state, found, wanted=names, given=order.vars)


def workflows(context: Context, movement: str | None = None) -> tuple[Workflow, ...]:
    """Return the workflows of a workspace, or those that have a part in a movement.

    Args:
        context: The workspace.
        movement: The movement.

    Raises:
        ConfigError: If none has a part in it.
    """
    flows = context.arrangement.many(Workflow)
    if movement is None:
        return flows
    found = tuple(one for one in flows if movement in movements_of(one))
    if not found:
        known = sorted({name for one in flows for name in movements_of(one)})
        raise ConfigError(
            f"no workflow has a part in the movement {movement!r}",
            hint=f"movements here: {', '.join(known) or 'none'}",
        )
    return found


def variables_of(context: Context, flow: Workflow) -> list[str]:
    """Return the variables that a run of a workflow has to be given."""
    flows = {one.name: one for one in context.arrangement.many(Workflow)}
    return sorted(variables(flow, context.plugins.steps(), flows))


def movements_of(flow: Workflow) -> list[str]:
    """Return the movements that a workflow has a part in."""
    own = [flow.movement, *(step.get("movement") for step in flow.step)]
    return sorted({str(one) for one in own if one})

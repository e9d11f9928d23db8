"""`tt run`."""

from __future__ import annotations

from typing import Any

import attrs
import click

from tutti_core import (
    Context,
    UsageError,
    json_option,
    root_of,
    show_json,
    table,
    workspace_option,
)

from ..record.store import chosen, read
from ..verbs import RunRequest, RunResponse, planned, preflight, run, variables_of, workflows
from .options import running_options, vars_of
from .performing import is_asked, is_shown_live, perform, refuse
from .words import show_decisions, show_plan, show_result


@click.command("run")
@click.argument("workflow", required=False)
@workspace_option
@click.option("--list", "listed", is_flag=True, help="List the workflows instead.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--resume", metavar="RUN", help="Go on with a run: its id, an end of it, or 'last'.")
@click.option("--movement", metavar="NAME", help="Only what belongs to this part of the work.")
@click.option("--force", is_flag=True, help="Resume though the workflow was changed since.")
@click.option("--retry-warnings", is_flag=True, help="Resume also what ended with a warning.")
@click.option(
    "--on-resume",
    type=click.Choice(["rerun", "skip"]),
    help="What becomes of a step that may or may not have been done, and says 'ask'.",
)
@click.option("--detach", is_flag=True, help="Begin it, print its id, and leave it alone.")
@running_options
@json_option
def command(workflow: str | None, workspace: str | None, as_json: bool, **given: Any) -> int:
    """Run WORKFLOW, or go on with a run that was interrupted or failed.

    Whatever is done is on disk before the next thing happens: a run that was killed goes on with
    --resume, and repeats nothing that was done.
    """
    _refuse_senseless(workflow, given)
    context = Context.open(root_of(workspace))
    if given["listed"]:
        return _list(context, as_json)
    request = _request(workflow, given)
    if request.movement and not (request.workflow or request.resume):
        return _movement(context, request, as_json)
    if request.dry_run:
        plan = planned(context, request)
        show_json(plan) if as_json else show_plan(plan)
        return 0
    if given["detach"]:
        return _detached(run(context, attrs.evolve(request, wait=False)), as_json)
    return _run(context, request, as_json)


def _refuse_senseless(workflow: str | None, given: dict[str, Any]) -> None:
    named = [f"--{name.replace('_', '-')}" for name in _ONLY_RUN if given[name]]
    if given["listed"] and (workflow or named):
        raise UsageError("--list goes with --json alone", hint="leave out the rest")
    if given["resume"] and (workflow or given["agent"] or given["vars_"]):
        raise UsageError(
            "--resume goes on with what the run was begun with",
            hint="leave out the workflow, --agent and --var",
        )
    only = ("force", "retry_warnings", "on_resume")
    for name in only:
        if given[name] and not given["resume"]:
            raise UsageError(f"--{name.replace('_', '-')} goes with --resume alone")
    if not (given["listed"] or given["resume"] or workflow or given["movement"]):
        raise UsageError(
            "workflow name is required unless --list or --resume is set",
            hint="tt run --list shows what there is",
        )


_ONLY_RUN = ("dry_run", "resume", "movement", "agent", "strict", "vars_", "detach", "without")


def _request(workflow: str | None, given: dict[str, Any]) -> RunRequest:
    keys = ("agent", "strict", "movement", "force", "retry_warnings", "on_resume", "dry_run")
    return RunRequest(
        workflow or "",
        given["resume"] or "",
        vars=vars_of(given["vars_"]),
        without=given["without"],
        **{key: given[key] for key in keys},
    )


def _list(context: Context, as_json: bool) -> int:
    flows = workflows(context)
    if as_json:
        show_json(
            [
                {
                    "name": one.name,
                    "description": one.description,
                    "steps": len(one.step),
                    "movement": one.movement,
                    "schedule": one.schedule,
                    "variables": variables_of(context, one),
                }
                for one in flows
            ]
        )
        return 0
    if not flows:
        click.echo("No workflows configured.\n→ add a [[workflow]] to tutti.toml")
        return 0
    rows = [[one.name, str(len(one.step)), one.description or "--"] for one in flows]
    click.echo(table(["Workflow", "Steps", "Description"], rows, spare=("Description",)))
    given = " ".join(f"--var {name}=…" for name in variables_of(context, flows[0]))
    click.echo(f"→ tt run {flows[0].name} {given}".rstrip())
    return 0


def _run(context: Context, request: RunRequest, as_json: bool) -> int:
    if request.resume:
        request = _prepared(context, request, as_json)
    done, heard = perform(lambda seat: run(context, request, seat), quiet=as_json)
    return _reported(done, heard, as_json)


def _reported(done: RunResponse, heard: str, as_json: bool) -> int:
    assert done.result is not None
    show_json(done.result) if as_json else show_result(done.result, tails=is_shown_live())
    return refuse(done.result, heard)


def _prepared(context: Context, request: RunRequest, as_json: bool) -> RunRequest:
    """Say what a resumed run will do, and ask where only a person can say."""
    state = read(context, chosen(context, request.resume))
    if state is None or state.status not in ("failed", "interrupted"):
        return request
    found = preflight(context, request, state)
    if not as_json:
        click.echo(f"Run {state.run_id} of {state.workflow!r} goes on:", err=True)
        show_decisions([attrs.asdict(one) for one in found], err=True)
    open_ = [one for one in found if one.does == "ask"]
    if not open_ or as_json or not is_asked():
        return request
    what = f"step {open_[0].index} ({open_[0].key}): do it again, or take it for done?"
    said: Any = click.prompt(what, type=click.Choice(["rerun", "skip"]), err=True)
    return attrs.evolve(request, on_resume=said)


def _movement(context: Context, request: RunRequest, as_json: bool) -> int:
    """Run every workflow that has a part in a movement, one after the other."""
    flows = workflows(context, request.movement)
    each = [attrs.evolve(request, workflow=one.name) for one in flows]
    if request.dry_run:
        plans = [planned(context, one) for one in each]
        if as_json:
            show_json(plans)
        for plan in () if as_json else plans:
            show_plan(plan)
        return 0
    results, heard = [], ""
    for one in each:
        done, heard = perform(lambda seat, one=one: run(context, one, seat), quiet=as_json)  # type: ignore[misc]  # a default keeps the loop's value
        assert done.result is not None
        results.append(done.result)
        if not as_json:
            show_result(done.result, tails=is_shown_live())
        if not done.ok:
            break
    if as_json:
        show_json(results)
    return refuse(results[-1], heard)


def _detached(done: RunResponse, as_json: bool) -> int:
    if as_json:
        show_json({"run_id": done.run_id, "status": done.status})
        return 0
    click.echo(done.run_id)
    click.echo(f"→ tt runs show {done.run_id}", err=True)
    return 0

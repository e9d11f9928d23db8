"""`tt runs`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from tutti_core import (
    UsageError,
    json_option,
    legible,
    open_running,
    paint,
    root_of,
    show_json,
    table,
    workspace_option,
)

from ..runs.verbs import STATUSES, PruneRequest, RunsRequest, prune, runs
from .words import COLOURS, UNWELL, clipped, lasting, show_tail

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


class _Runs(click.Group):
    """Takes what is no command for the run to show: `tt runs ID`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group("runs", cls=_Runs, invoke_without_command=True, subcommand_metavar="[RUN | COMMAND]")
@workspace_option
@click.option("--movement", metavar="NAME", help="Only runs that have a part in this movement.")
@json_option
@click.pass_context
def command(ctx: click.Context, workspace: str | None, movement: str | None, as_json: bool) -> int:
    """List runs, show one of them, or remove those that ended long ago."""
    ctx.obj = workspace
    if ctx.invoked_subcommand is not None:
        return 0
    return _list(workspace, RunsRequest(movement=movement), as_json)


@command.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only runs that are so.")
@click.option("--workflow", metavar="NAME", help="Only runs of this workflow.")
@click.option("--movement", metavar="NAME", help="Only runs that have a part in this movement.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="0 for all.")
@click.option("--nested", is_flag=True, help="Also runs that are part of others.")
@workspace_option
@json_option
@click.pass_obj
def listing(outer: str | None, /, workspace: str | None, as_json: bool, **given: Any) -> int:
    """List runs, the last first."""
    return _list(workspace or outer, RunsRequest(**given), as_json)


@command.command("show")
@click.argument("run", default="last")
@workspace_option
@json_option
@click.pass_obj
def showing(outer: str | None, run: str, workspace: str | None, as_json: bool) -> int:
    """Show all of RUN: an id, the beginning or end of one, or 'last'."""
    return _show(workspace or outer, run, as_json)


@command.command("last")
@workspace_option
@json_option
@click.pass_obj
def last(outer: str | None, workspace: str | None, as_json: bool) -> int:
    """Show all of the last run."""
    return _show(workspace or outer, "last", as_json)


@command.command("prune")
@click.option("--older-than", metavar="AGE", help="Since it ended; 30d if nothing is said.")
@click.option("--keep", type=click.IntRange(0), help="Last runs that stay; 20 if nothing is said.")
@click.option("--resumable", is_flag=True, help="Also those that can be resumed.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@workspace_option
@json_option
@click.pass_obj
def pruning(
    outer: str | None,
    older_than: str | None,
    keep: int | None,
    resumable: bool,
    dry_run: bool,
    workspace: str | None,
    as_json: bool,
) -> int:
    """Remove runs that ended long ago, with their files; what can be resumed stays.

    If nothing is said, `[state] retention` counts, or thirty days and twenty runs.
    """
    context = open_running(root_of(workspace or outer))
    secs = None if older_than is None else _seconds(older_than)
    done = prune(context, PruneRequest(secs, keep, dry_run, resumable))
    if as_json:
        show_json(done)
        return 0
    verb = "would go" if dry_run else "gone"
    for run_id in done.removed:
        click.echo(f"{run_id} {verb}")
    for run_id in done.emptied:
        click.echo(f"{run_id}: what its steps left {verb}")
    click.echo(f"{len(done.removed)} {verb}, {done.kept} stay.")
    if done.resumable:
        count = len(done.resumable)
        click.echo(f"{count} of them can be resumed, and would go with --resumable.")
    return 0


def _seconds(age: str) -> float:
    found = re.fullmatch(r"(\d+)([smhdw])", age)
    if not found:
        raise UsageError(f"--older-than {age}: no age", hint="such as 12h, 30d or 8w")
    return float(int(found[1]) * UNITS[found[2]])


def _list(workspace: str | None, request: RunsRequest, as_json: bool) -> int:
    found = runs(open_running(root_of(workspace)), request)
    if as_json:
        show_json(list(found.runs))
        return 0
    if not found.runs:
        click.echo("No run is like that." if request != RunsRequest() else "No tracked runs.")
        click.echo("→ tt run --list")
        return 0
    heads = ["Run", "Workflow", "Status", "Steps", "Began", "Lasted", "Failure"]
    rows = [_row(one) for one in found.runs]
    colours = {(n, 2): COLOURS.get(one["status"], "") for n, one in enumerate(found.runs)}
    click.echo(table(heads, rows, colours, spare=("Failure", "Lasted", "Began")))
    if found.more:
        click.echo(f"… and {found.more} more: tt runs list --limit 0")
    open_ = [one for one in found.runs if one["resume_eligible"]]
    click.echo(f"→ tt run --resume {open_[0]['run_id']}" if open_ else "→ tt runs show RUN")
    return 0


def _row(one: Mapping[str, Any]) -> list[str]:
    failure = one["failure"] or {}
    return [
        one["run_id"],
        one["workflow_name"],
        one["status"],
        f"{one['steps_done']}/{one['steps_total']}",
        one["started_at"][:19].replace("T", " "),
        lasting(one["duration_ms"]),
        clipped(str(failure.get("message") or ""), 60),
    ]


def _show(workspace: str | None, reference: str, as_json: bool) -> int:
    (found,) = runs(open_running(root_of(workspace)), RunsRequest(reference)).runs
    show_json(found) if as_json else _describe(found)
    return 0


def _describe(run: Mapping[str, Any]) -> None:
    failure = run["failure"] or {}
    about = {
        "Run": run["run_id"],
        "Workflow": run["workflow_name"],
        "Status": paint(run["status"], COLOURS.get(run["status"], "")),
        "Movement": run["movement"],
        "Agent": run["agent_scope"],
        "Began": run["started_at"],
        "Ended": run["finished_at"],
        "Ledger": run["state"] if run["transitions"] else None,
        "Failure": f"{failure['category']}: {failure['message']}" if failure else None,
        "Part of": run["parent"],
    }
    width = max(map(len, about))
    for name, value in about.items():
        if value:
            # A colour is put there by us; whatever else a value holds stays on its line.
            said = value if name == "Status" else legible(str(value))
            click.echo(f"{name:<{width}}  {said}")
    _steps(run["steps"])
    for one in run["steps"]:
        if one["status"] in UNWELL:
            show_tail(one["key"], one)
    click.echo(f"Next action: {legible(run['next_action'])}")
    _timeline(run)


def _steps(steps: list[Mapping[str, Any]]) -> None:
    rows = [
        [
            str(one["index"]),
            one["key"],
            one["type"],
            one["status"],
            lasting(one["duration_ms"]),
            one["agent"] or "--",
            clipped(one["message"] or "", 60),
        ]
        for one in steps
    ]
    colours = {(n, 3): COLOURS.get(one["status"], "") for n, one in enumerate(steps)}
    heads = ["#", "Step", "Type", "Status", "Duration", "Agent", "Message"]
    click.echo(f"\n{table(heads, rows, colours, spare=('Agent', 'Message'))}\n")


def _timeline(run: Mapping[str, Any]) -> None:
    click.echo("Timeline:")
    for one in run["timeline"]:
        step = f"{one['step']} " if one["step"] else ""
        click.echo(f"  {one['at'][11:23]}  {step}{one['what']}")
    for one in run["transitions"]:
        refused = " (refused)" if one.get("refused") else ""
        click.echo(f"  {one['timestamp'][11:23]}  ledger {one['from']} → {one['to']}{refused}")

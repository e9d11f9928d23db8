"""`tt runtimes`: which there are, how each starts, and whether one works here."""

from __future__ import annotations

import shlex
from typing import Any

import click

from tutti_core import json_option, paint, show_json, table, workspace_option

from .known import known, launches, row
from .trial import attempt

WELL = ("idle", "working", "waiting")


@click.group("runtimes", invoke_without_command=True)
@workspace_option
@json_option
@click.pass_context
def command(ctx: click.Context, workspace: str | None, as_json: bool) -> int:
    """List the runtimes there are, show how one starts, try one."""
    ctx.obj = workspace
    return _list(workspace, as_json) if ctx.invoked_subcommand is None else 0


@command.command("list")
@workspace_option
@json_option
@click.pass_obj
def listing(outer: str | None, workspace: str | None, as_json: bool) -> int:
    """List every runtime: who gives it, its program, its version, what it can do."""
    return _list(workspace or outer, as_json)


@command.command("show")
@click.argument("name")
@workspace_option
@json_option
@click.pass_obj
def show(outer: str | None, name: str, workspace: str | None, as_json: bool) -> int:
    """Show the runtime NAME, and the exact command line of each mode."""
    found = known(workspace or outer)
    runtime = found.named(name)
    said = {**row(found, runtime), "launches": launches(found, runtime)}
    show_json(said) if as_json else _show(said)
    return 0


@command.command("try")
@click.argument("name")
@workspace_option
@click.option(
    "--wait", "seconds", type=click.FloatRange(0), default=20.0, show_default=True, help="Seconds."
)
@click.option(
    "-l", "--lines", type=click.IntRange(1), default=15, show_default=True, help="Of its screen."
)
@json_option
@click.pass_obj
def trying(
    outer: str | None,
    name: str,
    workspace: str | None,
    seconds: float,
    lines: int,
    as_json: bool,
) -> int:
    """Start the runtime NAME in a scratch session, say how it is read, and end it."""
    found = known(workspace or outer)
    seen = attempt(found, found.named(name), seconds=seconds, lines=lines)
    show_json(seen) if as_json else _tried(seen)
    return 0 if seen["state"] in WELL else 1


def _list(workspace: str | None, as_json: bool) -> int:
    found = known(workspace)
    rows = [row(found, one) for _, one in sorted(found.runtimes.items())]
    if as_json:
        show_json(rows)
        return 0
    heads = ["RUNTIME", "TITLE", "FROM", "PROGRAM", "VERSION", "CAN"]
    cells = [_cells(one) for one in rows]
    colours = {(n, 4): "" if one["found"] else "red" for n, one in enumerate(rows)}
    click.echo(
        table(heads, cells, colours) if rows else "No runtimes.\n→ tt plugins install claude"
    )
    return 0


def _cells(one: dict[str, Any]) -> list[str]:
    version = (one["version"] or "found") if one["found"] else "not found"
    return [
        one["name"],
        one["title"],
        one["from"],
        one["program"],
        version,
        _can(one["capabilities"]),
    ]


def _can(able: dict[str, Any]) -> str:
    held = {"hard": "constrained", "shim": "constrained (shim)", "none": ""}[able["constrain"]]
    words = [
        able["prompt"],
        held,
        "bypass" if able["bypass"] else "",
        "resume" if able["resume"] != "none" else "",
        "memory" if able["memory"] else "",
    ]
    return ", ".join(filter(None, words))


def _show(said: dict[str, Any]) -> None:
    name, title, _, program, version, can = _cells(said)
    click.echo(f"{paint(name, 'bold')}  {title}, from {said['from']}")
    click.echo(f"  program  {program} ({version})")
    click.echo(f"  can      {can}")
    for mode, launch in said["launches"].items():
        click.echo(f"\n{paint(mode, 'bold')} ({launch['enforcement']})")
        click.echo(f"  $ {shlex.join(launch['argv'])}")
        if launch["paste"]:
            click.echo(f"  then pasted: {launch['paste']}")
        for warning in launch["warnings"]:
            click.echo(f"  {paint('warn', 'yellow')} {warning}")


def _tried(seen: dict[str, Any]) -> None:
    state = " ".join(filter(None, (seen["state"].replace("_", " "), seen["kind"])))
    colour = "green" if seen["state"] in WELL else "red"
    told = f": {seen['detail']}" if seen["detail"] else ""
    click.echo(f"{seen['name']} is {paint(state, colour)} after {seen['seconds']} s{told}\n")
    heads = ["SOURCE", "RULE", "STATE", "DETAIL"]
    cells = [[one["source"], one["rule"], one["state"], one["detail"]] for one in seen["evidence"]]
    click.echo(table(heads, cells) if cells else "No evidence: no rule matched.")
    click.echo("")
    for line in seen["lines"]:
        click.echo(f"  {line}")

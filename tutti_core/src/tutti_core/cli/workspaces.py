"""`tt workspaces`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ..config.find import global_path, shown
from ..team.workspaces import Removed, WorkspaceRow, add, listed, prune, remove
from ..terminal.host import TmuxHost
from .common import complete_workspaces, json_option, show_json
from .many import NONE
from .style import legible, table, warn


@click.group("workspaces", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """List the workspaces there are, register one, take one out."""
    ctx.obj = as_json
    return _list(as_json) if ctx.invoked_subcommand is None else 0


@command.command("list", short_help="List every registered workspace.")
@json_option
@click.pass_obj
def listing(above: bool, as_json: bool) -> int:
    """List every registered workspace: where it is, how many agents it has, what is wrong."""
    return _list(as_json or above)


@command.command("status", short_help="Say how many agents run in each.")
@json_option
@click.pass_obj
def status(above: bool, as_json: bool) -> int:
    """Say of every registered workspace how many of its agents run."""
    rows = listed(TmuxHost())
    if as_json or above:
        show_json([{**_row(one), "running": one.running} for one in rows])
        return 0
    _print(rows, "RUNNING", [f"{one.running}/{_count(one)}" for one in rows])
    return 0


@command.command("add", short_help="Register a workspace.")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=True))
@json_option
@click.pass_obj
def adding(above: bool, folder: Path, as_json: bool) -> int:
    """Register the workspace of FOLDER, by default of the current one; its tutti.toml is there."""
    done = add(folder.expanduser())
    if as_json or above:
        show_json(done)
        return 0
    word = "Registered" if done.added else "Already registered:"
    print(f"{word} workspace {done.name!r} at {done.path}")
    if done.also:
        others = ", ".join(done.also)
        warn(f"{done.name!r} is also the name of {others}: -w takes the path of either")
    return 0


@command.command("remove", short_help="Take workspaces out of the registry.")
@click.argument("workspaces", nargs=-1, required=True, shell_complete=complete_workspaces)
@json_option
@click.pass_obj
def removing(above: bool, workspaces: Sequence[str], as_json: bool) -> int:
    """Take WORKSPACES, names or paths, out of the registry; nothing is deleted or ended."""
    done = remove(workspaces, TmuxHost())
    if as_json or above:
        show_json({"results": done})
        return 0
    for one in done:
        print(f"Removed workspace {one.name!r} at {one.path or 'no path'} from the registry.")
        if one.running:
            warn(f"still running there: {', '.join(one.running)} (tt down -w {one.path})")
    return 0


@command.command("prune", short_help="Take out those whose folder is gone.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken out.")
@json_option
@click.pass_obj
def pruning(above: bool, dry_run: bool, as_json: bool) -> int:
    """Take workspaces whose folder is gone, and repeated ones, out of the registry."""
    done = prune(TmuxHost(), dry_run=dry_run)
    if as_json or above:
        show_json({"dry_run": dry_run, "results": done})
        return 0
    for one in done:
        print(_pruned(one, dry_run))
    if not done:
        print("Nothing to prune.")
    return 0


def _pruned(one: Removed, dry_run: bool) -> str:
    word = "Would remove" if dry_run else "Removed"
    if not one.removed:
        word = "Kept"
    running = f" ({', '.join(one.running)})" if one.running else ""
    return f"{word} {legible(one.name) or 'an entry'}: {legible(one.reason)}{running}"


def _list(as_json: bool) -> int:
    rows = listed()
    if as_json:
        show_json([_row(one) for one in rows])
    else:
        _print(rows, "AGENTS", [_count(one) for one in rows])
    return 0


def _row(one: WorkspaceRow) -> dict[str, object]:
    return {
        "name": one.name,
        "path": one.path,
        "agents": one.agents,
        "ok": one.ok,
        "problem": one.problem,
        "hint": one.hint,
    }


def _count(one: WorkspaceRow) -> str:
    return "?" if one.agents is None else str(one.agents)


def _print(rows: Sequence[WorkspaceRow], head: str, counts: Sequence[str]) -> None:
    if not rows:
        print(NONE)
        return
    cells = [
        [one.name, count, "ok" if one.ok else "broken", _place(one)]
        for one, count in zip(rows, counts, strict=True)
    ]
    colours = {(n, 2): "green" if one.ok else "red" for n, one in enumerate(rows)}
    print(table(["WORKSPACE", head, "FILE", "PATH"], cells, colours))
    for one in rows:
        if not one.ok:
            print(f"→ {legible(one.name)}: {legible(one.problem)}")
            print(f"  {legible(one.hint)}" if one.hint else "", end="\n" if one.hint else "")


def _place(one: WorkspaceRow) -> str:
    return shown(Path(one.path)) if one.path else f"none in {shown(global_path())}"

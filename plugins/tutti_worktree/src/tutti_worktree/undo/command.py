"""`tt undo`."""

from __future__ import annotations

import click

from tutti_core import (
    Undo,
    UndoEntry,
    json_option,
    legible,
    open_running,
    paint,
    root_of,
    show_json,
    table,
    workspace_option,
)

from .verbs import RestoreRequest, UndoneRequest, restore, undone

SHOWN = 20


@click.group("undo", invoke_without_command=True)
@workspace_option
@json_option
@click.pass_context
def command(ctx: click.Context, workspace: str | None, as_json: bool) -> int:
    """Bring back what tt took away: list it, show it, restore it."""
    ctx.obj = workspace
    return _list(workspace, False, as_json) if ctx.invoked_subcommand is None else 0


@command.command("list")
@workspace_option
@click.option("--all", "every", is_flag=True, help=f"More than the last {SHOWN}.")
@json_option
@click.pass_obj
def listing(outer: str | None, workspace: str | None, every: bool, as_json: bool) -> int:
    """List what was taken away, newest first."""
    return _list(workspace or outer, every, as_json)


@command.command("show")
@click.argument("entry")
@workspace_option
@json_option
@click.pass_obj
def show(outer: str | None, entry: str, workspace: str | None, as_json: bool) -> int:
    """Show what ENTRY took away, and where all of it is."""
    found = Undo(root_of(workspace or outer)).get(entry)
    show_json(found) if as_json else _show(found)
    return 0


@command.command("restore")
@click.argument("entry")
@workspace_option
@click.option("--to", metavar="FOLDER", help="Only write its files into a new FOLDER.")
@click.option("--branch", metavar="NAME", help="Only make a new branch NAME of it.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@click.pass_obj
def restoring(
    outer: str | None,
    entry: str,
    workspace: str | None,
    to: str | None,
    branch: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Bring back what ENTRY took away; what is there now is kept first."""
    context = open_running(root_of(workspace or outer))
    done = restore(context, RestoreRequest(entry, to, branch, dry_run))
    if as_json:
        show_json(done)
        return 0
    mark = "·" if dry_run else paint("✓", "green")
    for line in done.done or ("there is nothing to do",):
        click.echo(f"  {mark} {legible(line)}")
    if done.undo:
        click.echo(f"→ tt undo restore {done.undo} takes this back")
    return 0


def _list(workspace: str | None, every: bool, as_json: bool) -> int:
    found = undone(open_running(root_of(workspace)), UndoneRequest())
    if as_json:
        show_json(found)
        return 0
    entries = found.entries if every else found.entries[:SHOWN]
    rows = [[one.id, one.state, legible(one.command), legible(one.what)] for one in entries]
    colours = {
        (n, 1): {"done": "", "begun": "yellow"}.get(one.state, "red")
        for n, one in enumerate(entries)
    }
    if not rows:
        click.echo("Nothing was taken away.")
    else:
        click.echo(table(["ID", "STATE", "BY", "WHAT"], rows, colours))
        more = len(found.entries) - len(entries)
        click.echo(f"… and {more} more: tt undo list --all" if more else "→ tt undo show ID")
    for path in found.damaged:
        click.echo(f"  {paint('warn', 'yellow')} {path} cannot be read", err=True)
    return 0


def _show(entry: UndoEntry) -> None:
    state = f"{entry.state}{f' ({entry.error})' if entry.error else ''}"
    if entry.state == "begun":
        state = "begun, and never ended: it may have happened, or not"
    facts = [
        ("what", entry.what),
        ("when", entry.time),
        ("by", f"{entry.command} ({entry.actor})"),
        ("state", state),
        ("worktree", entry.tree.path if entry.tree else ""),
        ("kept in", entry.trash),
        ("undoes", entry.undoes),
        *(("ref", f"{one.ref}: {_short(one.before)} → {_short(one.after)}") for one in entry.refs),
        *(("file", f"{one.path}{'' if one.sha256 else ' (was not there)'}") for one in entry.files),
        *(("not kept", f"{one.path}, {one.size} bytes: {one.why}") for one in entry.unkept),
    ]
    for name, value in facts:
        if value:
            click.echo(f"{name + ':':<10} {legible(value)}")
    if entry.tree and entry.trash:
        click.echo(f"→ git show {entry.trash}:tree/PATH prints one of its files")
    click.echo(f"→ tt undo restore {entry.id}")


def _short(commit: str | None) -> str:
    return commit[:12] if commit else "none"

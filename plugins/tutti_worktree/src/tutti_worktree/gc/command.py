"""`tt gc`."""

from __future__ import annotations

import click

from tutti_core import (
    json_option,
    legible,
    open_running,
    paint,
    root_of,
    show_json,
    table,
    workspace_option,
)

from .items import Item
from .sizes import human
from .sweep import GcRequest, GcResponse, gc


@click.command("gc")
@workspace_option
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--older-than",
    metavar="AGE",
    default="30d",
    show_default=True,
    help="How long what was taken away is kept.",
)
@json_option
def command(workspace: str | None, dry_run: bool, older_than: str, as_json: bool) -> int:
    """Remove merged worktrees and branches, ended sessions, and what was kept for long enough."""
    context = open_running(root_of(workspace))
    quiet = as_json or dry_run
    done = gc(context, GcRequest(older_than, dry_run), None if quiet else _progress)
    if as_json:
        show_json(
            {"ok": done.ok, "dry_run": done.dry_run, "freed": done.freed, "items": done.items}
        )
        return 0 if done.ok else 1
    _report(done)
    return 0 if done.ok else 1


def _progress(item: Item) -> None:
    mark = paint("✗", "red") if item.error else paint("✓", "green")
    said = item.error or "; ".join(filter(None, (item.reason, item.remark)))
    back = f"; tt undo restore {item.undo}" if item.undo else ""
    click.echo(f"  {mark} {item.kind} {legible(item.name)}: {legible(said)}{back}", err=True)


def _report(done: GcResponse) -> None:
    shown = done.items if done.dry_run else [one for one in done.items if not one.goes]
    rows = [
        ["goes" if one.goes else "stays", one.kind, one.name, human(one.size), legible(one.reason)]
        for one in shown
    ]
    if rows:
        colours = {(n, 0): "yellow" if row[0] == "goes" else "dim" for n, row in enumerate(rows)}
        click.echo(table(["", "KIND", "NAME", "SIZE", "WHY"], rows, colours))
    count = sum(1 for one in done.items if one.goes and not one.error)
    verb = "would go" if done.dry_run else "gone"
    click.echo(f"{count} {verb}, {human(done.freed)}." if count else "There is nothing to remove.")
    if done.dry_run and count:
        click.echo("→ tt gc")

"""`tt schedule`: what runs by itself and when, and the process that sees to it."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, timezone
from typing import Any

import attrs
import click

from tutti_core import (
    Context,
    Lock,
    StateError,
    json_option,
    root_of,
    show_json,
    table,
    workspace_option,
)

from ..schedule.clock import Timed, last_results, text_of, timed, zone_name
from ..schedule.firing import Fired, fire
from ..schedule.scheduler import EVERY_SECS, Scheduler
from .performing import perform
from .words import COLOURS


@click.group("schedule", invoke_without_command=True)
@workspace_option
@json_option
@click.pass_context
def command(ctx: click.Context, workspace: str | None, as_json: bool) -> int:
    """Say which workflows run by themselves, and when; or see to it that they do."""
    ctx.obj = workspace
    return _list(workspace, as_json) if ctx.invoked_subcommand is None else 0


@command.command("list")
@workspace_option
@json_option
@click.pass_obj
def listing(outer: str | None, workspace: str | None, as_json: bool) -> int:
    """List the workflows that have a schedule."""
    return _list(workspace or outer, as_json)


@command.command("run-once")
@workspace_option
@json_option
@click.pass_obj
def once(outer: str | None, workspace: str | None, as_json: bool) -> int:
    """Run what is due now, one after the other, and wait for it."""
    context = Context.open(root_of(workspace or outer))
    context.begin_acting()
    due: list[str] = []
    Scheduler(context, lambda _, name: due.append(name)).tick()
    done = [_seen_to(context, name, as_json) for name in due]
    if as_json:
        show_json({"workspace": context.name, "runs": [attrs.asdict(one) for one in done]})
    else:
        for one in done:
            click.echo(_told(one))
        if not done:
            click.echo("Nothing is due: tt schedule list says when it is.")
    return 0 if all(one.ok for one in done) else 1


@command.command("start")
@workspace_option
@click.pass_obj
def starting(outer: str | None, workspace: str | None) -> int:
    """See to the schedule until Ctrl+C, whether or not any agent runs."""
    context = Context.open(root_of(workspace or outer))
    context.begin_acting()
    lock = Lock(context.places.lock("schedule-start"), purpose="tt schedule start")
    if not lock.try_acquire():
        raise StateError(f"somebody sees to it already: {lock.holder()}")
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    click.echo(f"The schedule of {context.name} is seen to; Ctrl+C ends that, and no run.")
    scheduler = Scheduler(context)
    try:
        while not over.is_set():
            for name in scheduler.tick():
                click.echo(f"{datetime.now().astimezone():%H:%M:%S}  {name} begins: tt runs")
            over.wait(EVERY_SECS)
    finally:
        lock.release()
    return 0


def _seen_to(context: Context, name: str, quiet: bool) -> Fired:
    now = datetime.now(timezone.utc)
    return perform(lambda seat: fire(context, name, now, seat), quiet=quiet)[0]


def _list(workspace: str | None, as_json: bool) -> int:
    context = Context.open(root_of(workspace))
    found = timed(context, datetime.now(timezone.utc))
    results = last_results(context, [one.workflow for one in found])
    found = [one._replace(result=results.get(one.workflow)) for one in found]
    if as_json:
        show_json([_row(one) for one in found])
        return 0
    if not found:
        click.echo('No workflow has a schedule. Give one: schedule = "0 9 * * 1-5"')
        return 0
    rows = [
        [one.workflow, one.expression, _at(one.next), _at(one.last), _ended(one), _how(one)]
        for one in found
    ]
    heads = ["WORKFLOW", "SCHEDULE", "NEXT", "LAST SEEN", "RESULT", "NOW"]
    colours = {(n, 4): COLOURS.get(_ended(one), "") for n, one in enumerate(found)}
    click.echo(table(heads, rows, colours, spare=("LAST SEEN",)))
    return 0


def _row(one: Timed) -> dict[str, Any]:
    return {
        "workflow": one.workflow,
        "schedule": one.expression,
        "timezone": zone_name(one.zone),
        "next": text_of(one.next) if one.next else None,
        "last": text_of(one.last) if one.last else None,
        "due": text_of(one.due.at) if one.due else None,
        "missed": one.due.missed if one.due else 0,
        "pid": one.pid or None,
        "last_run": one.result,
    }


def _at(at: datetime | None) -> str:
    return f"{at.astimezone():%a %Y-%m-%d %H:%M}" if at else "--"


def _ended(one: Timed) -> str:
    return str((one.result or {}).get("status") or "--")


def _how(one: Timed) -> str:
    if one.pid:
        return f"runs (pid {one.pid})"
    return "due" if one.due else ""


def _told(one: Fired) -> str:
    run = f"; tt runs show {one.run_id}" if one.run_id else ""
    why = f": {one.detail}" if one.detail else ""
    return f"{one.workflow} {one.outcome}{why}{run}"

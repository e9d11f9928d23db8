"""`tt logs`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from ..errors import RuntimeFailure, UsageError
from ..team.following import Follower
from ..team.logs import Entry, LogsRequest, has_run, logs, require_known
from ..team.reach import running_targets
from ..terminal.ring import Tail
from .common import agent_argument, json_option, open_running, plain, workspace_option
from .moments import SINCE, local, moment
from .style import STATE_COLOURS, clean, legible, paint, warn

if TYPE_CHECKING:
    from ..team.context import Context

FOLLOW_SECS = 0.05
"""Seconds between two polls, each of which is a few ``stat`` while nothing happens."""

LINES = 50


@click.command("logs")
@agent_argument
@workspace_option
@click.option(
    "-n",
    "-l",
    "--lines",
    type=click.IntRange(0),
    help=f"How many of the last; {LINES} by default, all of them with --since.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on as the agent goes on.")
@click.option("--since", metavar="TIME", help=f"Only what is later: {SINCE}.")
@click.option("--raw", is_flag=True, help="Print what it printed last, byte for byte.")
@json_option
def command(
    agent: str,
    workspace: str | None,
    lines: int | None,
    follow: bool,
    since: str | None,
    raw: bool,
    as_json: bool,
) -> int:
    """Print what an AGENT showed and what happened to it, also after its end.

    With --json one object a line. With --raw the very bytes its terminal was given: the last 4 MB
    at least.
    """
    if raw and (as_json or since is not None or lines is not None):
        raise UsageError("--raw prints bytes as they are", hint="give it alone, or with --follow")
    after = moment(since) if since is not None else None
    most = LINES if lines is None and after is None else lines
    root, (name,) = running_targets([agent], workspace)
    context = open_running(root)
    if raw:
        _raw(context, name, follow)
    elif follow:
        _follow(Follower(context, LogsRequest(name, most, after)), context, name, as_json)
    else:
        _show(logs(context, LogsRequest(name, most, after)).entries, as_json)
    return 0


def _follow(follower: Follower, context: Context, name: str, as_json: bool) -> None:
    if not follower.first and not has_run(context, name):
        warn(f"{name} has never run here; waiting until it does")
    _show(follower.first, as_json)
    while True:
        _show(follower.poll(), as_json)
        time.sleep(FOLLOW_SECS)


def _raw(context: Context, name: str, follow: bool) -> None:
    require_known(context, name)
    with Tail(context.places.ring(name)) as tail:
        found = tail.read()
        if not found and not follow:
            raise RuntimeFailure(f"nothing that {name} printed is kept", hint=f"tt logs {name}")
        _write(found)
        while follow:
            time.sleep(FOLLOW_SECS)
            _write(tail.read())


def _write(data: bytes) -> None:
    if data:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _show(entries: Iterable[Entry], as_json: bool) -> None:
    for entry in entries:
        shown = json.dumps(plain(entry), ensure_ascii=False) if as_json else _line(entry)
        print(shown, flush=True)


def _line(entry: Entry) -> str:
    if entry.at is None:
        return clean(entry.text).rstrip()
    clock = paint(f"── {local(entry.at)}", "dim")
    if entry.source == "state":
        return f"{clock}  {paint(entry.text, STATE_COLOURS.get(entry.text, ''))}"
    if entry.source == "log":
        return f"{clock}  {paint(f'screen kept: {legible(entry.text)}', 'dim')}"
    return f"{clock}  {paint(legible(entry.event or '—'), 'cyan')}  {legible(entry.text)}".rstrip()

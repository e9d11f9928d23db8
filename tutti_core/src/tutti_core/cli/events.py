"""`tt events`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import click

from ..errors import UsageError
from ..state.journal import Cursor, Journal
from ..team.logs import happened
from ..team.places import Places
from ..team.reach import running_root
from .common import json_option, workspace_option
from .moments import SINCE, local, moment
from .style import legible, paint

LINES = 20
"""How many of the last events are printed where nothing else is asked for."""

FOLLOW_SECS = 0.05
"""Seconds between two looks, each of which is one ``stat`` while nothing happens."""


@click.command("events")
@workspace_option
@click.option("-f", "--follow", is_flag=True, help="Go on as events happen.")
@click.option("--after-seq", type=int, help="Only events after this sequence number.")
@click.option("--since", metavar="TIME", help=f"Only events after this time: {SINCE}.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0),
    help=f"How many of the last; {LINES} by default, all after a number or a time that is given.",
)
@json_option
def command(
    workspace: str | None,
    follow: bool,
    after_seq: int | None,
    since: str | None,
    lines: int | None,
    as_json: bool,
) -> int:
    """Print what happened; with --json one object a line."""
    if after_seq is not None and since is not None:
        raise UsageError("--after-seq and --since both say where to begin", hint="give one of them")
    journal = Journal(Places(running_root(workspace)).events)
    after = moment(since) if since is not None else None
    last = journal.last()
    newest = last["seq"] if last else 0
    most = LINES if lines is None and after_seq is None and since is None else lines
    first = 0 if most is None else newest - most + 1
    if since is None:
        after_seq = max(after_seq or 0, first - 1)
    for event in journal.read(after_seq=after_seq, after=after):
        newest = max(newest, event["seq"])
        if event["seq"] >= first:
            _show(event, as_json)
    if follow:
        _follow(journal, journal.follow(newest), as_json)
    return 0


def _follow(journal: Journal, cursor: Cursor, as_json: bool) -> None:
    while True:
        events, cursor = journal.poll(cursor)
        for event in events:
            _show(event, as_json)
        time.sleep(FOLLOW_SECS)


def _show(event: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return
    clock = local(event["timestamp"])
    words = legible(happened(event).text)
    name = paint(f"{legible(str(event.get('event') or '—')):<20}", "cyan")
    agent = legible(str(event.get("agent") or "—"))
    print(f"{event['seq']:>6}  {clock}  {name} {agent:<12} {words}".rstrip(), flush=True)

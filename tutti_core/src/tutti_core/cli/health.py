"""`tt health`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..errors import TuttiError
from ..plugins import Plugins
from ..state.instants import MICROS, micros_of
from ..team.context import Context
from ..team.everywhere import Done, reached
from ..team.everywhere import everywhere as everywhere_in
from ..team.health import health
from ..team.known import Known
from ..team.reach import running_targets
from .common import (
    agents_argument,
    all_option,
    json_option,
    open_running,
    show_json,
    warn_unowned,
    workspace_option,
)
from .many import NONE, Places, refuse_names, tell_errors, title
from .status_view import state_words, until
from .style import STATE_COLOURS, ago, legible, table


@click.command("health")
@agents_argument
@workspace_option
@all_option
@click.option("--exit-code", "judged", is_flag=True, help="Exit with 3 if one is not well.")
@json_option
def command(
    agents: tuple[str, ...],
    workspace: str | None,
    everywhere: bool,
    judged: bool,
    as_json: bool,
) -> int:
    """Look at every agent, or only at AGENTS, and say how it is and why.

    Not well is whose login failed, whose provider gives no more or cannot be reached, whose process
    has ended by itself, who is stalled, and of whom nobody can say.
    """
    if everywhere:
        refuse_names(agents, workspace)
        return _everywhere(as_json, judged)
    root, names = running_targets(agents, workspace)
    records = health(open_running(root), names)
    if as_json:
        show_json(records)
    else:
        print(_rendered(records) if records else "no agents in tutti.toml yet")
    return _code(records) if judged else 0


def _code(records: Sequence[Mapping[str, Any]]) -> int:
    return ILL if any(one["state"] in ILL_STATES or one["stalled"] for one in records) else 0


def _everywhere(as_json: bool, judged: bool) -> int:
    places, plugins = Places(), Plugins.installed()
    running = {one.root for one in plugins.hosts()["tmux"].list()} if places.all else set()

    def work(place: Known, _: object) -> Found:
        context, trouble = _opened(place, plugins, place.entry.path in running)
        warn_unowned(context.arrangement.unowned, places.label(place))
        return [{**one, "root": place.entry.path} for one in health(context)], trouble

    asked = [reached(one, running) for one in places.all]
    done = [_known(one) for one in everywhere_in(asked, work, SECS, grace=0.0)]
    seen = [one for one in done if one.value is not None]
    if as_json:
        # One flat list, as the contract has it: what is no record is told on standard error.
        show_json([record for one in seen for record in one.value])
    elif not done:
        print(NONE)
    elif seen:
        blocks = [f"{title(places, one.place)}\n\n{_rendered(one.value)}" for one in seen]
        print("\n\n".join(blocks))
    sys.stdout.flush()
    tell_errors(places, done, as_json=as_json)
    if any(one.error for one in done):
        return 1
    return _code([record for one in seen for record in one.value]) if judged else 0


def _opened(place: Known, plugins: Plugins, running: bool) -> tuple[Context, TuttiError | None]:
    try:
        return Context.open(place.root, plugins), None
    except TuttiError as trouble:
        if not running:
            raise
        return Context.rescue(place.root, trouble, plugins), trouble


def _known(done: Done) -> Done:
    """Return what is known of a workspace, and beside it what is wrong there."""
    if done.value is None:
        return done
    records, trouble = done.value
    return done._replace(value=records, error=trouble)


def _rendered(records: Sequence[Mapping[str, Any]]) -> str:
    heads = ["AGENT", "RUNTIME", "STATE", "ACTIVITY", "AUTH", "CHANGED", "CTX", "REASON"]
    rows = [_cells(one) for one in records]
    colours = {(number, 2): STATE_COLOURS[one["state"]] for number, one in enumerate(records)}
    return table(heads, rows, colours, ("RUNTIME", "CTX", "CHANGED", "REASON"))


def _cells(one: Mapping[str, Any]) -> list[str]:
    changed = one["last_output_change_at"]
    since = time.time() - micros_of(changed) / MICROS if changed else None
    reasons = [legible(one["detail"]), until(one), one["stalled"] and f"stalled: {one['stalled']}"]
    return [
        one["agent"],
        one["runtime"] or "—",
        state_words({"configured": None, **one, "detail": ""}),
        one["activity_state"],
        one["auth_state"],
        "" if since is None else f"{ago(since)} ago",
        "" if one["ctx"] is None else f"{one['ctx']}% used",
        "; ".join(filter(None, reasons)),
    ]


SECS = 30.0
ILL = 3
ILL_STATES = ("auth_failed", "rate_limited", "provider_down", "exited", "unknown")
Found = tuple[list[dict[str, Any]], TuttiError | None]

"""`tt health`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..errors import TuttiError
from ..plugins import Plugins
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
from .style import STATE_COLOURS, table


@click.command("health")
@agents_argument
@workspace_option
@all_option
@json_option
def command(agents: tuple[str, ...], workspace: str | None, everywhere: bool, as_json: bool) -> int:
    """Look at every agent, or only at AGENTS, and say how it is and why."""
    if everywhere:
        refuse_names(agents, workspace)
        return _everywhere(as_json)
    root, names = running_targets(agents, workspace)
    records = health(open_running(root), names)
    if as_json:
        show_json(records)
        return 0
    print(_rendered(records) if records else "no agents in tutti.toml yet")
    return 0


def _everywhere(as_json: bool) -> int:
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
    return 1 if any(one.error for one in done) else 0


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
    heads = ["AGENT", "STATE", "ACTIVITY", "AUTH", "REASON"]
    rows = [[one[key] or "" for key in _KEYS] for one in records]
    colours = {(number, 1): STATE_COLOURS[one["state"]] for number, one in enumerate(records)}
    return table(heads, rows, colours)


SECS = 30.0
Found = tuple[list[dict[str, Any]], TuttiError | None]
_KEYS = ("agent", "state", "activity_state", "auth_state", "reason")

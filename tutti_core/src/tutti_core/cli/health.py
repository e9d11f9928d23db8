"""`tt health`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..plugins import Plugins
from ..team.context import Context
from ..team.everywhere import everywhere as everywhere_in
from ..team.health import health
from ..team.known import Known
from ..team.reach import targets_of
from .common import (
    agents_argument,
    all_option,
    json_option,
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
    root, names = targets_of(agents, workspace)
    context = Context.open(root)
    warn_unowned(context.arrangement.unowned)
    records = health(context, names)
    if as_json:
        show_json(records)
        return 0
    print(_rendered(records) if records else "no agents in tutti.toml yet")
    return 0


def _everywhere(as_json: bool) -> int:
    places, plugins = Places(), Plugins.installed()

    def work(place: Known, _: object) -> list[dict[str, Any]]:
        context = Context.open(place.root, plugins)
        warn_unowned(context.arrangement.unowned, places.label(place))
        return [{**one, "root": place.entry.path} for one in health(context)]

    done = everywhere_in(places.all, work, SECS, grace=0.0)
    well = [one for one in done if one.error is None]
    if as_json:
        # One flat list, as the contract has it: what is no record is told on standard error.
        show_json([record for one in well for record in one.value])
    elif not done:
        print(NONE)
    else:
        blocks = [f"{title(places, one.place)}\n\n{_rendered(one.value)}" for one in well]
        print("\n\n".join(blocks))
    sys.stdout.flush()
    tell_errors(places, done, as_json=as_json)
    return 0 if len(well) == len(done) else 1


def _rendered(records: Sequence[Mapping[str, Any]]) -> str:
    heads = ["AGENT", "STATE", "ACTIVITY", "AUTH", "REASON"]
    rows = [[one[key] or "" for key in _KEYS] for one in records]
    colours = {(number, 1): STATE_COLOURS[one["state"]] for number, one in enumerate(records)}
    return table(heads, rows, colours)


SECS = 30.0
_KEYS = ("agent", "state", "activity_state", "auth_state", "reason")

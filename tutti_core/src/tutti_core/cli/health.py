"""`tt health`."""

from __future__ import annotations

import click

from ..team.health import health
from ..team.reach import running_targets
from .common import agents_argument, json_option, open_running, show_json, workspace_option
from .style import STATE_COLOURS, table


@click.command("health")
@agents_argument
@workspace_option
@json_option
def command(agents: tuple[str, ...], workspace: str | None, as_json: bool) -> int:
    """Look at every agent, or only at AGENTS, and say how it is and why."""
    root, names = running_targets(agents, workspace)
    records = health(open_running(root), names)
    if as_json:
        show_json(records)
        return 0
    heads = ["AGENT", "STATE", "ACTIVITY", "AUTH", "REASON"]
    rows = [[one[key] or "" for key in _KEYS] for one in records]
    colours = {(number, 1): STATE_COLOURS[one["state"]] for number, one in enumerate(records)}
    print(table(heads, rows, colours) if rows else "no agents in tutti.toml yet")
    return 0


_KEYS = ("agent", "state", "activity_state", "auth_state", "reason")

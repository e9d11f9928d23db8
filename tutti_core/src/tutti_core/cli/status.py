"""`tt status` and `tt voices`."""

from __future__ import annotations

import click

from ..errors import UsageError
from ..team.reach import running_targets
from .common import agents_argument, all_option, json_option, workspace_option
from .many import refuse_names
from .status_all import show_everywhere
from .status_view import show_status


@click.command("status")
@agents_argument
@click.option("--movement", metavar="NAME", help="Only agents with a part in this movement.")
@workspace_option
@all_option
@json_option
def command(
    agents: tuple[str, ...],
    movement: str | None,
    workspace: str | None,
    everywhere: bool,
    as_json: bool,
) -> int:
    """Show what every agent is doing right now, or only the AGENTS named."""
    if everywhere:
        refuse_names(agents, workspace)
        if movement is not None:
            raise UsageError("a movement is of one workspace", hint="leave out --all")
        return show_everywhere(as_json=as_json)
    root, names = running_targets(agents, workspace)
    return show_status(root, as_json=as_json, names=names, movement=movement)

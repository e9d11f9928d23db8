"""`tt status` and `tt voices`."""

from __future__ import annotations

import click

from ..team.reach import running_targets
from .common import agents_argument, json_option, workspace_option
from .status_view import show_status


@click.command("status")
@agents_argument
@workspace_option
@json_option
def command(agents: tuple[str, ...], workspace: str | None, as_json: bool) -> int:
    """Show what every agent is doing right now, or only the AGENTS named."""
    root, names = running_targets(agents, workspace)
    return show_status(root, as_json=as_json, names=names)

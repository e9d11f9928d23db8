"""`tt status` and `tt voices`."""

from __future__ import annotations

import click

from ..team.reach import root_of
from .common import all_option, json_option, workspace_option
from .many import refuse_names
from .status_all import show_everywhere
from .status_view import show_status


@click.command("status")
@workspace_option
@all_option
@json_option
def command(workspace: str | None, everywhere: bool, as_json: bool) -> int:
    """Show what every agent is doing right now."""
    if everywhere:
        refuse_names((), workspace)
        return show_everywhere(as_json=as_json)
    return show_status(root_of(workspace), as_json=as_json)

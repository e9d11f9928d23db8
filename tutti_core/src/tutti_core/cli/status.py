"""`tt status` and `tt voices`."""

from __future__ import annotations

import click

from ..team.reach import root_of
from .common import json_option, workspace_option
from .status_view import show_status


@click.command("status")
@workspace_option
@json_option
def command(workspace: str | None, as_json: bool) -> int:
    """Show what every agent is doing right now."""
    return show_status(root_of(workspace), as_json=as_json)

"""`tt trust`."""

from __future__ import annotations

import click

from ..team.context import Context
from ..team.reach import target_of
from ..team.trust import TrustRequest, trust
from .answer_view import EXIT_CODES, show
from .common import agent_argument, json_option, show_json, without_option, workspace_option


@click.command("trust")
@agent_argument
@workspace_option
@click.option("--dry-run", is_flag=True, help="Say what would be pressed, and press nothing.")
@without_option
@json_option
def command(
    agent: str, workspace: str | None, dry_run: bool, without: tuple[str, ...], as_json: bool
) -> int:
    """Tell AGENT, which asks as it starts, that its folder can be trusted.

    Exit code: 0 answered; 1 refused, and nothing was pressed; 3 pressed, and the dialog is still
    there; 4 unknown.
    """
    root, name = target_of(agent, workspace)
    told = trust(Context.open(root), TrustRequest(name, dry_run, without))
    show_json(told) if as_json else show(told)
    return EXIT_CODES[told.outcome]

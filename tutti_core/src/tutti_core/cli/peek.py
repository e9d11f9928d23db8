"""`tt peek`."""

from __future__ import annotations

import click

from ..team.attach import peek
from ..team.reach import running_targets
from .common import agent_argument, json_option, open_running, show_json, workspace_option


@click.command("peek")
@agent_argument
@workspace_option
@click.option(
    "-l", "--lines", type=click.IntRange(1), default=50, show_default=True, help="How many at most."
)
@json_option
def command(agent: str, workspace: str | None, lines: int, as_json: bool) -> int:
    """Print the last lines of an AGENT's screen."""
    root, (name,) = running_targets([agent], workspace)
    shown = peek(open_running(root), name, lines)
    show_json({"agent": name, "lines": shown}) if as_json else print("\n".join(shown))
    return 0

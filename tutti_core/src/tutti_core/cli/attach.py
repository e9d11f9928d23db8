"""`tt attach`."""

from __future__ import annotations

import os
import shlex

import click

from ..team.attach import attach_command
from ..team.reach import running_targets
from .common import agent_argument, open_running, workspace_option


@click.command("attach")
@agent_argument
@workspace_option
@click.option("--print", "only_print", is_flag=True, help="Print the command, do not run it.")
def command(agent: str, workspace: str | None, only_print: bool) -> int:
    """Show an AGENT's terminal; Ctrl+b d leaves it running."""
    root, (name,) = running_targets([agent], workspace)
    argv = attach_command(open_running(root), name)
    if not only_print:
        os.execvp(argv[0], argv)
    print(shlex.join(argv))
    return 0

"""`tt attach`."""

from __future__ import annotations

import os
import shlex
import sys

import click

from ..errors import UsageError
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
        _take_over(argv, name)
    print(shlex.join(argv))
    return 0


def _take_over(argv: list[str], name: str) -> None:
    """Become the command, which never returns."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("attach needs a terminal, and this is none", hint=f"tt peek {name}")
    os.execvp(argv[0], argv)

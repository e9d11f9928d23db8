"""`tt down`."""

from __future__ import annotations

import sys

import click

from ..team.context import Context
from ..team.down import Downed, DownRequest, down
from ..team.reach import root_of
from .common import agents_argument, json_option, show_json, workspace_option
from .style import paint


@click.command("down")
@agents_argument
@workspace_option
@click.option("--clean", is_flag=True, help="Remove worktrees in which nothing would be lost.")
@click.option("--grace", type=float, default=5.0, show_default=True, help="Seconds before SIGKILL.")
@json_option
def command(
    agents: tuple[str, ...], workspace: str | None, clean: bool, grace: float, as_json: bool
) -> int:
    """End the team, or only the AGENTS named, with every process they started."""
    context = Context.open(root_of(workspace))
    request = DownRequest(agents=agents, clean=clean, grace=grace)
    done = down(context, request, None if as_json else _progress)
    if as_json:
        show_json({"ok": done.ok, "workspace": done.workspace, "results": done.results})
        return 0 if done.ok else 1
    stopped = [one for one in done.results if one.outcome == "stopped"]
    print(f"Stopped {len(stopped)} agent(s)." if stopped else "No running agents to stop.")
    for hint in dict.fromkeys(one.hint for one in done.results if one.hint):
        print(f"→ {hint}")
    return 0 if done.ok else 1


def _progress(one: Downed) -> None:
    if one.outcome == "not running" and one.ok and not one.cleaned:
        return
    words = [one.outcome]
    words += [f"{one.killed} processes had to be killed"] if one.killed else []
    words += ["worktree removed"] if one.cleaned else []
    words += [one.detail] if one.detail else []
    mark = paint("✓", "green", sys.stderr) if one.ok else paint("✗", "red", sys.stderr)
    print(f"  {mark} {one.agent}: {', '.join(words)}", file=sys.stderr, flush=True)

"""`tt down`."""

from __future__ import annotations

import sys

import click

from ..team.down import Downed, DownRequest, down
from ..team.ending import GRACE_SECS
from ..team.reach import running_targets
from .common import agents_argument, json_option, open_running, show_json, workspace_option
from .style import legible, paint


@click.command("down")
@agents_argument
@workspace_option
@click.option("--clean", is_flag=True, help="Remove worktrees too; tt undo has them.")
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=GRACE_SECS,
    show_default=True,
    help="Seconds before SIGKILL.",
)
@json_option
def command(
    agents: tuple[str, ...], workspace: str | None, clean: bool, grace: float, as_json: bool
) -> int:
    """End the team, or only the AGENTS named, with every process they started."""
    root, names = running_targets(agents, workspace)
    request = DownRequest(agents=names, clean=clean, grace=grace)
    done = down(open_running(root), request, None if as_json else _progress)
    if as_json:
        show_json({"ok": done.ok, "workspace": done.workspace, "results": done.results})
        return 0 if done.ok else 1
    print(_summary(done.results))
    for hint in dict.fromkeys(one.hint for one in done.results if one.hint):
        print(f"→ {hint}")
    return 0 if done.ok else 1


def _summary(results: tuple[Downed, ...]) -> str:
    outcomes = [one.outcome for one in results]
    stopped, exited = outcomes.count("stopped"), outcomes.count("exited")
    words = [f"Stopped {stopped} agent(s)."] if stopped else []
    words += [f"Closed the session of {exited} that had ended by themselves."] if exited else []
    quiet = [] if "failed" in outcomes else ["No running agents to stop."]
    return " ".join(words or quiet or ["Nothing was stopped."])


def _progress(one: Downed) -> None:
    if one.outcome == "not running" and one.ok and not one.cleaned:
        return
    words = [one.outcome]
    words += [f"{one.killed} processes had to be killed"] if one.killed else []
    words += ["worktree removed"] if one.cleaned else []
    words += [legible(one.detail)] if one.detail else []
    mark = paint("✓", "green", sys.stderr) if one.ok else paint("✗", "red", sys.stderr)
    print(f"  {mark} {one.agent}: {', '.join(words)}", file=sys.stderr, flush=True)

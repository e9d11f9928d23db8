"""`tt up`."""

from __future__ import annotations

import sys

import click

from ..team.context import Context
from ..team.outcome import Outcome
from ..team.reach import root_of
from ..team.up import UpRequest, UpResponse, up
from .common import agents_argument, json_option, show_json, workspace_option
from .style import STATE_COLOURS, paint, table

MODES = ("safe", "auto", "unattended")
POLICIES = ("constrained", "bypass")


@click.command("up")
@agents_argument
@workspace_option
@click.option("--mode", type=click.Choice(MODES), help="How much they may do unasked.")
@click.option("--policy", type=click.Choice(POLICIES), help="What binds them when unasked.")
@click.option("--fresh-worktree", is_flag=True, help="Start worktrees from the current commit.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the agents are ready.")
@click.option("--without", multiple=True, metavar="TABLE", help="Go on without an unowned table.")
@json_option
def command(
    agents: tuple[str, ...],
    workspace: str | None,
    mode: str | None,
    policy: str | None,
    fresh_worktree: bool,
    no_wait: bool,
    without: tuple[str, ...],
    as_json: bool,
) -> int:
    """Start the team, or only the AGENTS named, each in its own session and worktree."""
    context = Context.open(root_of(workspace))
    request = UpRequest(
        agents=agents,
        mode=mode,  # type: ignore[arg-type]  # click.Choice holds it to the words
        policy=policy,  # type: ignore[arg-type]  # click.Choice holds it to the words
        fresh_worktree=fresh_worktree,
        wait=not no_wait,
        without=without,
    )
    done = up(context, request, None if as_json else _progress)
    show_json({"ok": done.ok, **_plain(done)}) if as_json else _show(done)
    return 0 if done.ok else 1


def _plain(done: UpResponse) -> dict[str, object]:
    return {"workspace": done.workspace, "results": done.results, "warnings": done.warnings}


def _progress(outcome: Outcome) -> None:
    words = outcome.detail or outcome.state or outcome.outcome
    mark = paint("✓", "green", sys.stderr) if outcome.ok else paint("✗", "red", sys.stderr)
    print(f"  {mark} {outcome.agent}: {words}", file=sys.stderr, flush=True)


def _show(done: UpResponse) -> None:
    for warning in [*done.warnings, *_remarks(done)]:
        print(f"  {paint('warn', 'yellow', sys.stderr)} {warning}", file=sys.stderr)
    if not done.results:
        print("No agents to launch.\n→ add an [[agent]] to tutti.toml")
        return
    heads = ["AGENT", "RUNTIME", "OUTCOME", "STATE", "BRANCH", "SESSION"]
    rows = [_row(one) for one in done.results]
    colours = {(n, 3): STATE_COLOURS.get(one.state, "") for n, one in enumerate(done.results)}
    print(f"\n{table(heads, rows, colours)}\n")
    for hint in _hints(done):
        print(f"→ {hint}")


def _row(one: Outcome) -> list[str]:
    return [
        one.agent,
        one.runtime or "—",
        one.outcome,
        one.state.replace("_", " "),
        one.branch or "",
        one.session,
    ]


def _remarks(done: UpResponse) -> list[str]:
    return list(dict.fromkeys(remark for one in done.results for remark in one.warnings))


def _hints(done: UpResponse) -> list[str]:
    hints = [one.hint for one in done.results if one.hint]
    running = [one.agent for one in done.results if one.ok]
    if running and not hints:
        hints = ["tt status", f'tt send {running[0]} "…"', f"tt attach {running[0]}"]
    return list(dict.fromkeys(hints))

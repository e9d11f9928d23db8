"""`tt up`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import click

from ..errors import UsageError
from ..team.context import Context
from ..team.outcome import Outcome
from ..team.reach import targets_of
from ..team.up import UpRequest, UpResponse, asked_for, up
from .common import (
    agents_argument,
    json_option,
    show_json,
    warn,
    without_option,
    workspace_option,
)
from .style import STATE_COLOURS, legible, paint, table

MODES = ("safe", "auto", "unattended")
POLICIES = ("constrained", "bypass")


@click.command("up")
@agents_argument
@workspace_option
@click.option("--mode", type=click.Choice(MODES), help="How much they may do unasked.")
@click.option("--policy", type=click.Choice(POLICIES), help="What binds them when unasked.")
@click.option("--fresh-worktree", is_flag=True, help="Start worktrees from the current commit.")
@click.option("--new", is_flag=True, help="Begin new conversations instead of going on.")
@click.option("--restore", is_flag=True, help="Start exactly those who ran last.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the agents are ready.")
@without_option
@json_option
def command(
    agents: tuple[str, ...],
    workspace: str | None,
    mode: str | None,
    policy: str | None,
    fresh_worktree: bool,
    new: bool,
    restore: bool,
    no_wait: bool,
    without: tuple[str, ...],
    as_json: bool,
) -> int:
    """Start the team, or only the AGENTS named, each in its own session and worktree."""
    root, names = targets_of(agents, workspace)
    if names and restore:
        raise UsageError("--restore starts exactly those who ran last", hint="leave out the names")
    context = Context.open(root)
    request = UpRequest(
        agents=names,
        mode=mode,  # type: ignore[arg-type]  # click.Choice holds it to the words
        policy=policy,  # type: ignore[arg-type]  # click.Choice holds it to the words
        fresh_worktree=fresh_worktree,
        new=new,
        restore=restore,
        wait=not no_wait,
        without=without,
    )
    with Progress([] if as_json else asked_for(context, request)) as progress:
        done = up(context, request, None if as_json else progress)
    show_json({"ok": done.ok, **_plain(done)}) if as_json else _show(done)
    return 0 if done.ok else 1


def _plain(done: UpResponse) -> dict[str, object]:
    return {"workspace": done.workspace, "results": done.results, "warnings": done.warnings}


class Progress:
    """What has become of each agent so far, and on a terminal whom it still waits for.

    Args:
        names: The agents that are to come up.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.left = list(dict.fromkeys(names))
        self.live = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        """Say whom it waits for."""
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line to whatever comes next."""
        self._clear()

    def __call__(self, outcome: Outcome) -> None:
        """Print an agent's outcome."""
        words = legible(outcome.detail) or outcome.state or outcome.outcome
        mark = paint("✓", "green", sys.stderr) if outcome.ok else paint("✗", "red", sys.stderr)
        self._clear()
        print(f"  {mark} {outcome.agent}: {words}", file=sys.stderr, flush=True)
        self.left = [name for name in self.left if name != outcome.agent]
        self._wait()

    def _wait(self) -> None:
        if self.live and self.left:
            line = f"  … {len(self.left)} to come: {', '.join(self.left)}"
            width = shutil.get_terminal_size().columns - 1
            print(line[:width], end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self.live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _show(done: UpResponse) -> None:
    for text in [*done.warnings, *_remarks(done)]:
        warn(text)
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
        "resumed" if one.resumed and one.outcome == "launched" else one.outcome,
        one.state.replace("_", " "),
        one.branch or "",
        one.session,
    ]


def _remarks(done: UpResponse) -> list[str]:
    """Return each remark once, with the agents it is about."""
    about: dict[str, list[str]] = {}
    for one in done.results:
        for remark in dict.fromkeys(one.warnings):
            about.setdefault(remark, []).append(one.agent)
    return [f"{', '.join(agents)}: {remark}" for remark, agents in about.items()]


def _hints(done: UpResponse) -> list[str]:
    hints = [one.hint for one in done.results if one.hint]
    running = [one.agent for one in done.results if one.ok]
    if running and not hints:
        hints = ["tt status", f'tt send {running[0]} "…"', f"tt attach {running[0]}"]
    return list(dict.fromkeys(hints))

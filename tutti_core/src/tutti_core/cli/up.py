"""`tt up`."""

from __future__ import annotations

import sys

import click

from ..errors import UsageError
from ..team.context import Context
from ..team.outcome import Outcome
from ..team.reach import targets_of
from ..team.up import Interrupted, UpRequest, UpResponse, asked_for, up
from ..team.workspaces import note
from .common import (
    agents_argument,
    all_option,
    json_option,
    show_json,
    without_option,
    workspace_option,
)
from .many import refuse_names
from .progress import Awaited, Progress
from .style import warn
from .up_all import up_everywhere
from .up_view import fields, hints, outcome_words, remarks, rows_of

MODES = ("safe", "auto", "unattended")
POLICIES = ("constrained", "bypass")
INTERRUPTED = 130


@click.command("up")
@agents_argument
@workspace_option
@all_option
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
    everywhere: bool,
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
    if agents and restore:
        raise UsageError("--restore starts exactly those who ran last", hint="leave out the names")
    request = UpRequest(
        mode=mode,  # type: ignore[arg-type]  # click.Choice holds it to the words
        policy=policy,  # type: ignore[arg-type]  # click.Choice holds it to the words
        fresh_worktree=fresh_worktree,
        new=new,
        restore=restore,
        wait=not no_wait,
        without=without,
    )
    if everywhere:
        refuse_names(agents, workspace)
        return up_everywhere(request, as_json=as_json)
    return _here(agents, workspace, request, as_json)


def _here(agents: tuple[str, ...], workspace: str | None, request: UpRequest, as_json: bool) -> int:
    import attrs

    root, names = targets_of(agents, workspace)
    context = Context.open(root)
    registered, trouble = note(context)
    if registered and not as_json:
        said = f"Registered workspace {context.name!r}; tt workspaces lists them."
        print(said, file=sys.stderr, flush=True)
    request = attrs.evolve(request, agents=names)
    with Progress(quiet=as_json) as progress:
        awaited = Awaited(progress, asked_for(context, request))

        def told(one: Outcome) -> None:
            progress.told(one.agent, outcome_words(one), ok=one.ok)
            awaited.came(one.agent)

        try:
            done = up(context, request, told, awaited.seen)
        except Interrupted as interrupted:
            done = interrupted.response
    done = attrs.evolve(done, warnings=(*trouble, *done.warnings))
    if as_json:
        about = {"ok": done.ok, "workspace": done.workspace}
        show_json(
            {**about, **fields(done), "interrupted": done.interrupted, "registered": registered}
        )
    else:
        _show(done)
    return INTERRUPTED if done.interrupted else 0 if done.ok else 1


def _show(done: UpResponse) -> None:
    for text in [*done.warnings, *remarks(done)]:
        warn(text)
    if not done.results:
        print("No agents to launch.\n→ add an [[agent]] to tutti.toml")
        return
    print(f"\n{rows_of(done)}\n")
    for hint in hints(done):
        print(f"→ {hint}")

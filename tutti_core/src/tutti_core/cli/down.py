"""`tt down`."""

from __future__ import annotations

from math import isnan

import click

from ..team.down import Downed, DownRequest, down
from ..team.ending import GRACE_SECS
from ..team.reach import running_targets
from .common import (
    agents_argument,
    all_option,
    json_option,
    open_running,
    show_json,
    workspace_option,
)
from .down_all import down_everywhere
from .down_view import hints, summary, told_words
from .many import refuse_names
from .progress import Progress


def _number(_ctx: click.Context, _: click.Parameter, value: float) -> float:
    # A range lets it pass: every comparison with it is false.
    if isnan(value):
        raise click.BadParameter("nan is not a number of seconds")
    return value


@click.command("down")
@agents_argument
@workspace_option
@all_option
@click.option("--clean", is_flag=True, help="Remove worktrees too; tt undo has them.")
@click.option(
    "--grace",
    type=click.FloatRange(0),
    metavar="SECS",
    callback=_number,
    default=GRACE_SECS,
    show_default=True,
    help="How long they have to end by themselves before they are killed.",
)
@json_option
def command(
    agents: tuple[str, ...],
    workspace: str | None,
    everywhere: bool,
    clean: bool,
    grace: float,
    as_json: bool,
) -> int:
    """End the team, or only the AGENTS named, with every process they started."""
    if everywhere:
        refuse_names(agents, workspace)
        return down_everywhere(DownRequest(clean=clean, grace=grace), as_json=as_json)
    root, names = running_targets(agents, workspace)
    request = DownRequest(agents=names, clean=clean, grace=grace)
    with Progress(quiet=as_json) as progress:

        def told(one: Downed) -> None:
            words = told_words(one)
            if words:
                progress.told(one.agent, words, ok=one.ok)

        done = down(open_running(root), request, told, progress.waits)
    if as_json:
        show_json({"ok": done.ok, "workspace": done.workspace, "results": done.results})
        return 0 if done.ok else 1
    print("\n".join([summary(done.results, clean=clean), *(f"→ {hint}" for hint in hints(done))]))
    return 0 if done.ok else 1

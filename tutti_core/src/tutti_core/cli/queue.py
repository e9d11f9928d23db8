"""`tt queue`."""

from __future__ import annotations

import click

from ..errors import UsageError
from ..team.context import Context
from ..team.queue import Queue
from ..team.queueing import NOBODY, NOBODY_HINT, CancelRequest, QueueRequest, cancel, queue
from ..team.reach import root_of
from .common import json_option, open_running, show_json, warn, workspace_option
from .queue_view import cancelled_lines, rows_of


@click.command("queue")
@click.argument("words", nargs=-1, metavar="[list [AGENT...] | cancel ID...]")
@workspace_option
@click.option("--all", "everything", is_flag=True, help="With cancel: every prompt.")
@json_option
def command(words: tuple[str, ...], workspace: str | None, everything: bool, as_json: bool) -> int:
    """List prompts that wait for their agents or went astray, or take them back.

    Exit code: 0 all that was named is taken back; 1 something was not, and why.
    """
    act, *rest = words or ("list",)
    if act not in ("list", "cancel"):
        raise UsageError(f"tt queue knows no {act!r}", hint="tt queue list, or tt queue cancel ID")
    context = open_running(root_of(workspace))
    if act == "cancel":
        return _cancel(context, rest, everything=everything, as_json=as_json)
    if everything:
        raise UsageError("--all goes with cancel", hint="tt queue list shows everything")
    entries = queue(context, QueueRequest(tuple(rest))).entries
    show_json(entries) if as_json else print(rows_of(entries))
    if any(one["why"].startswith(NOBODY) for one in entries):
        warn(f"nobody delivers them now: {NOBODY_HINT}")
    for path in Queue(context.places).unreadable():
        warn(f"{path} is no prompt that can be read: look into it, then take it away")
    return 0


def _cancel(context: Context, rest: list[str], *, everything: bool, as_json: bool) -> int:
    wrong = [word for word in rest if not word.isdecimal()]
    if wrong or (everything and rest):
        said = f"{wrong[0]!r} is no number" if wrong else "--all and numbers were given"
        raise UsageError(said, hint="tt queue lists the numbers; --all means every prompt")
    done = cancel(context, CancelRequest(tuple(map(int, rest)), all=everything))
    show_json(done) if as_json else print(cancelled_lines(done))
    return 1 if done.kept else 0

"""`tt queue`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..errors import UsageError
from ..team.context import Context
from ..team.queue import WAITING, Queue
from ..team.queueing import CancelRequest, QueueRequest, cancel, queue
from ..team.reach import root_of, running_targets
from .common import complete_agents, json_option, open_running, show_json, split, workspace_option
from .queue_view import cancelled_lines, rows_of
from .style import warn


@click.command("queue")
@click.argument(
    "words",
    nargs=-1,
    metavar="[list] [AGENT...] | cancel ID...",
    shell_complete=complete_agents,
)
@workspace_option
@click.option(
    "--all", "everything", is_flag=True, help="With cancel: every prompt, or every one of AGENT..."
)
@json_option
def command(words: tuple[str, ...], workspace: str | None, everything: bool, as_json: bool) -> int:
    """List prompts that wait for their agents or went astray, or take them back.

    Exit code: 0 all that was named is taken back; 1 something was not, and why.
    """
    act, rest = (words[0], words[1:]) if words[:1] in ACTS else ("list", words)
    if act == "cancel":
        context = open_running(root_of(workspace))
        return _cancel(context, rest, everything=everything, as_json=as_json)
    if everything:
        raise UsageError("--all goes with cancel", hint="tt queue alone lists everything")
    _no_act(rest)
    root, names = running_targets([name for word in rest for name in split(word)], workspace)
    return _list(open_running(root), names, as_json=as_json)


def _no_act(rest: Sequence[str]) -> None:
    """Refuse a slip of the pen: what comes before a number is what to do with it."""
    if rest[1:] and all(word.isdecimal() for word in rest[1:]):
        raise UsageError(f"tt queue knows no {rest[0]!r}", hint="tt queue cancel ID…")


def _list(context: Context, names: tuple[str, ...], *, as_json: bool) -> int:
    entries = queue(context, QueueRequest(names)).entries
    show_json(entries) if as_json else print(rows_of(entries, *names))
    if any(one["state"] == WAITING and not one["delivering"] for one in entries):
        warn("nobody delivers them now: tt up starts who does")
    for path in Queue(context.places).unreadable():
        warn(f"{path} is no prompt that can be read: look into it, then take it away")
    return 0


def _cancel(context: Context, rest: Sequence[str], *, everything: bool, as_json: bool) -> int:
    names = [name for word in rest for name in split(word)]
    wrong = [] if everything else [word for word in names if not word.isdecimal()]
    if wrong:
        raise UsageError(
            f"{wrong[0]!r} is no number of a prompt",
            hint="tt queue lists them; tt queue cancel --all AGENT takes back all of an agent's",
        )
    numbers = () if everything else tuple(map(int, names))
    asked = CancelRequest(numbers, all=everything, agents=tuple(names) if everything else ())
    done = cancel(context, asked)
    show_json(done) if as_json else print(cancelled_lines(done))
    return 1 if done.kept else 0


ACTS = (("list",), ("cancel",))

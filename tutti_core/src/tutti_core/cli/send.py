"""`tt send`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from ..team.broadcast import broadcast
from ..team.context import Context
from ..team.exchange import exchange
from ..team.reach import root_of, targets_of
from ..team.send import SendRequest
from ..team.workspaces import note
from .common import complete_agents, json_option, show_json, split, without_option, workspace_option
from .send_view import Watching, Watchings, exit_code, failure, interrupted, show
from .style import warn

if TYPE_CHECKING:
    from ..model.happening import Receipt

LONGEST_BYTES = 1024 * 1024


def _required(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Refuse a command line that names nobody, unless everybody is meant."""
    if value is None and not ctx.resilient_parsing and not ctx.params.get("everyone"):
        raise click.UsageError("no agent is named: give one, several with commas, or --all", ctx)
    return value


@click.command("send")
@click.argument(
    "agent",
    required=False,
    metavar="AGENT[,AGENT...]",
    shell_complete=complete_agents,
    callback=_required,
)
@click.argument("prompt", nargs=-1)
@workspace_option
@click.option("--all", "everyone", is_flag=True, is_eager=True, help="Every agent of the team.")
@click.option(
    "-f", "--file", "path", type=click.Path(path_type=Path), help="Take the prompt from a file."
)
@click.option("--raw", is_flag=True, help="Let a leading / or ! be the agent CLI's own command.")
@click.option("--auto-up", "--auto_up", is_flag=True, help="Start the agent if it does not run.")
@click.option("--interrupt", is_flag=True, help="Stop what it does, then give it the prompt.")
@click.option(
    "--queue/--no-queue",
    default=None,
    help="Queue it in any case, or never; by default if the agent is busy.",
)
@click.option("--wait", is_flag=True, help="Wait until the agent is through with it.")
@click.option(
    "--timeout-secs",
    type=click.FloatRange(1),
    metavar="SECS",
    default=900.0,
    show_default=True,
    help="How long to wait with --wait or --output.",
)
@click.option(
    "--idle-stable-secs",
    type=click.FloatRange(0),
    metavar="SECS",
    default=5.0,
    show_default=True,
    help="Seconds a screen must rest where nothing else says that it is idle.",
)
@click.option("--output", is_flag=True, help="Wait, and print the agent's answer.")
@click.option(
    "--output-lines",
    type=click.IntRange(1, 2000),
    metavar="N",
    default=200,
    show_default=True,
    help="How many lines of that at most, the last ones; 2000 is the most.",
)
@without_option
@json_option
def command(
    agent: str | None,
    prompt: tuple[str, ...],
    workspace: str | None,
    everyone: bool,
    path: Path | None,
    as_json: bool,
    **asked: object,
) -> int:
    """Give a running AGENT a PROMPT; "-" or nothing reads it from standard input.

    Several agents, with commas in between and no blanks, get it at once, a receipt each. A prompt
    for an agent that is busy is queued. One that begins with the name of an agent is to be quoted.

    Exit code: 0 submitted or queued, and done if that was waited for; 1 refused; 3 typed but not
    submitted; 4 unknown; when waiting: 5 time is over; 6 its login failed; 7 it asks something;
    8 its subscription gives no more; 9 its provider is down; 10 it exited. Of several the greatest.
    """
    if everyone:
        prompt, agent = (*([] if agent is None else [agent]), *prompt), None
    root, names = _targets(agent, workspace, everyone=everyone)
    context = Context.open(root)
    team = tuple(one.name for one in context.arrangement.agent)
    _refuse_names(prompt, names, team)
    many, names = everyone or len(names) > 1, team if everyone else names
    text = _text(prompt, path)
    request = SendRequest(names[0] if names else "", text, **asked)  # type: ignore[arg-type]  # as named
    receipts = _sent(context, names, request, many=many, as_json=as_json)
    for trouble in note(context)[1] if any(one.launched for one in receipts) else ():
        warn(trouble)
    return _told(receipts, request, many=many, as_json=as_json)


def _told(receipts: Sequence[Receipt], request: SendRequest, *, many: bool, as_json: bool) -> int:
    """Print the receipts and return the exit code."""
    if as_json:
        show_json(receipts if many else receipts[0])
    for receipt in () if as_json else receipts:
        show(receipt, request, many=many)
    failed = None if many else failure(receipts[0], request)
    if failed is not None:
        sys.stdout.flush()
        raise failed
    return max(map(exit_code, receipts))


def _targets(
    agent: str | None, workspace: str | None, *, everyone: bool
) -> tuple[Path, tuple[str, ...]]:
    if everyone:
        return root_of(workspace), ()
    names = split(agent or "")
    if not names:
        raise UsageError(f"{agent!r} names no agent", hint="tt status lists them")
    return targets_of(names, workspace)


def _refuse_names(prompt: Sequence[str], names: Sequence[str], team: Sequence[str]) -> None:
    """Refuse a prompt that begins with words which name agents: several agents were meant."""
    known = set(team)
    words = list(takewhile(lambda word: split(word) and known.issuperset(split(word)), prompt))
    if not words:
        return
    more = [name for word in words for name in split(word)]
    everybody = ",".join(dict.fromkeys([*names, *more])) if names else "--all"
    begun = ",".join(names) or "--all"
    quoted = (
        f'tt send {begun} "{words[0]} …"' if prompt[1:] else f"echo {words[0]} | tt send {begun}"
    )
    raise UsageError(
        f"{words[0]!r} is an agent, and stands where the prompt begins: nothing was sent",
        hint=f'to all of them: tt send {everybody} "…"; if it is the prompt: {quoted}',
    )


def _sent(
    context: Context, names: tuple[str, ...], request: SendRequest, *, many: bool, as_json: bool
) -> list[Receipt]:
    if many:
        with Watchings(quiet=as_json) as watchings:
            try:
                return broadcast(context, names, request, watchings.one)
            except KeyboardInterrupt:
                watchings.interrupted(as_json=as_json)
                raise
    with Watching(names[0], quiet=as_json) as watching:
        try:
            return [exchange(context, request, watching)]
        except KeyboardInterrupt:
            interrupted(watching, as_json=as_json)
            raise


def _text(prompt: tuple[str, ...], path: Path | None) -> str:
    if path is not None and prompt:
        raise UsageError("a prompt was given twice: as words and with -f", hint="give one of them")
    if path is not None:
        return _read(path)
    if prompt in ((), ("-",)):
        if sys.stdin.isatty():
            raise UsageError("no prompt was given", hint="give it as words, with -f, or on stdin")
        return _decoded(sys.stdin.buffer.read(LONGEST_BYTES + 1), "standard input")
    return " ".join(prompt)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return _decoded(file.read(LONGEST_BYTES + 1), str(path))
    except OSError as error:
        said = f"cannot read the prompt: {path}: {error.strerror or error}"
        raise UsageError(said, hint="give the path of a text file") from error


def _decoded(raw: bytes, source: str) -> str:
    if len(raw) > LONGEST_BYTES:
        raise UsageError(
            f"the prompt in {source} is longer than {LONGEST_BYTES // 1024} KiB",
            hint="put it in the repository, and ask the agent to read it",
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"the prompt in {source} is not UTF-8: {error}") from error

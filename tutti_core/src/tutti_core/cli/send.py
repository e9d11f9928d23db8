"""`tt send`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import UsageError
from ..team.context import Context
from ..team.exchange import exchange
from ..team.reach import target_of
from ..team.send import SendRequest
from ..team.workspaces import note
from .common import agent_argument, json_option, show_json, warn, without_option, workspace_option
from .send_view import EXIT_CODES, Watching, failure, interrupted, show


@click.command("send")
@agent_argument
@click.argument("prompt", nargs=-1)
@workspace_option
@click.option("-f", "--file", "path", type=click.Path(path_type=Path), help="Take it from a file.")
@click.option("--raw", is_flag=True, help="Let a leading / or ! be the CLI's own command.")
@click.option("--auto-up", "--auto_up", is_flag=True, help="Start the agent if it does not run.")
@click.option("--wait", is_flag=True, help="Wait until the agent is through with it.")
@click.option(
    "--timeout-secs",
    type=click.FloatRange(1),
    default=900.0,
    show_default=True,
    help="Seconds to wait.",
)
@click.option(
    "--idle-stable-secs",
    type=click.FloatRange(0),
    default=2.0,
    show_default=True,
    help="Seconds a screen must rest where nothing else says that it is idle.",
)
@click.option("--output", is_flag=True, help="Wait, and print what its screen showed anew.")
@click.option(
    "--output-lines",
    type=click.IntRange(1, 2000),
    default=200,
    show_default=True,
    help="How many lines of that at most.",
)
@without_option
@json_option
def command(
    agent: str,
    prompt: tuple[str, ...],
    workspace: str | None,
    path: Path | None,
    as_json: bool,
    **asked: object,
) -> int:
    """Give a running AGENT a PROMPT; "-" or nothing reads it from standard input.

    Exit code: 0 submitted, and done if that was waited for; 1 refused; 3 typed but not submitted;
    4 unknown; when waiting: 5 it asks something; 6 its login failed; 7 time is over; 8 its
    subscription gives no more; 9 its provider is down; 10 it exited.
    """
    root, name = target_of(agent, workspace)
    request = SendRequest(name, _text(prompt, path), **asked)  # type: ignore[arg-type]  # as named
    context = Context.open(root)
    with Watching(name, quiet=as_json) as watching:
        try:
            receipt = exchange(context, request, watching)
        except KeyboardInterrupt:
            interrupted(watching, as_json=as_json)
            raise
    for trouble in note(context)[1] if receipt.launched else ():
        warn(trouble)
    show_json(receipt) if as_json else show(receipt, request)
    failed = failure(receipt, request)
    if failed is not None:
        sys.stdout.flush()
        raise failed
    return EXIT_CODES[receipt.outcome]


def _text(prompt: tuple[str, ...], path: Path | None) -> str:
    if path is not None and prompt:
        raise UsageError("a prompt was given twice: as words and with -f", hint="give one of them")
    if path is not None:
        return _read(path)
    if prompt in ((), ("-",)):
        if sys.stdin.isatty():
            raise UsageError("no prompt was given", hint="give it as words, with -f, or on stdin")
        return _decoded(sys.stdin.buffer.read(), "standard input")
    return " ".join(prompt)


def _read(path: Path) -> str:
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"cannot read the prompt: {error}") from error


def _decoded(raw: bytes, source: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"the prompt in {source} is not UTF-8: {error}") from error

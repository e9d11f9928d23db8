"""`tt send`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import UsageError
from ..model.happening import Receipt
from ..team.context import Context
from ..team.reach import target_of
from ..team.send import SendRequest, send
from .common import agent_argument, json_option, show_json, warn, without_option, workspace_option
from .style import legible, paint

EXIT_CODES = {"submitted": 0, "queued": 0, "refused": 1, "unsubmitted": 3, "unknown": 4}


@click.command("send")
@agent_argument
@click.argument("prompt", nargs=-1)
@workspace_option
@click.option("-f", "--file", "path", type=click.Path(path_type=Path), help="Take it from a file.")
@click.option("--raw", is_flag=True, help="Let a leading / or ! be the CLI's own command.")
@without_option
@json_option
def command(
    agent: str,
    prompt: tuple[str, ...],
    workspace: str | None,
    path: Path | None,
    raw: bool,
    without: tuple[str, ...],
    as_json: bool,
) -> int:
    """Give a running AGENT a PROMPT; "-" or nothing reads it from standard input.

    Exit code: 0 submitted, 1 refused, 3 typed but not submitted, 4 unknown.
    """
    root, name = target_of(agent, workspace)
    receipt = send(Context.open(root), SendRequest(name, _text(prompt, path), raw, without))
    show_json(receipt) if as_json else _show(receipt)
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


def _show(receipt: Receipt) -> None:
    for warning in receipt.warnings:
        warn(warning)
    well = receipt.outcome == "submitted"
    word = paint(receipt.outcome, "green" if well else "red")
    print(f"{word}  {receipt.agent}: {legible(receipt.evidence)} ({receipt.ms} ms)")
    if receipt.hint:
        print(f"→ {receipt.hint}")

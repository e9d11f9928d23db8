"""`tt send`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import UsageError
from ..model.happening import Receipt
from ..team.context import Context
from ..team.send import SendRequest, send
from .common import agent_argument, find, json_option, show_json, workspace_option
from .style import paint

EXIT_CODES = {"submitted": 0, "queued": 0, "refused": 1, "unsubmitted": 3, "unknown": 4}


@click.command("send")
@agent_argument
@click.argument("prompt", nargs=-1)
@workspace_option
@click.option("-f", "--file", "path", type=click.Path(path_type=Path), help="Take it from a file.")
@click.option("--raw", is_flag=True, help="Let a leading / or ! be the CLI's own command.")
@json_option
def command(
    agent: str,
    prompt: tuple[str, ...],
    workspace: str | None,
    path: Path | None,
    raw: bool,
    as_json: bool,
) -> int:
    """Give a running AGENT a PROMPT; "-" or nothing reads it from standard input.

    Exit code: 0 submitted, 1 refused, 3 typed but not submitted, 4 unknown.
    """
    root, name = find(agent, workspace)
    receipt = send(Context.open(root), SendRequest(name, _text(prompt, path), raw))
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
        return sys.stdin.read()
    return " ".join(prompt)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the prompt: {error}") from error


def _show(receipt: Receipt) -> None:
    well = receipt.outcome == "submitted"
    word = paint(receipt.outcome, "green" if well else "red")
    print(f"{word}  {receipt.agent}: {receipt.evidence} ({receipt.ms} ms)")
    if receipt.hint:
        print(f"→ {receipt.hint}")

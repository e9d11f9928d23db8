"""`tt answer`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import click

from ..errors import UsageError
from ..team.answer import AnswerRequest, answer
from ..team.context import Context
from ..team.reach import target_of
from .answer_view import EXIT_CODES, show, show_question
from .common import agent_argument, json_option, show_json, without_option, workspace_option


@click.command("answer", context_settings={"allow_extra_args": True})
@click.pass_context
@agent_argument
@click.argument("choice", required=False, metavar="[ANSWER]")
@workspace_option
@click.option(
    "--text", default="", help="An answer in your own words; after deny, its next prompt."
)
@click.option("--dialog", default="", metavar="ID", help="Only if that is still the dialog.")
@click.option("--dry-run", is_flag=True, help="Say what would be pressed, and press nothing.")
@without_option
@json_option
def command(
    invoked: click.Context,
    agent: str,
    choice: str | None,
    workspace: str | None,
    text: str,
    dialog: str,
    dry_run: bool,
    without: tuple[str, ...],
    as_json: bool,
) -> int:
    """Answer what AGENT asks: allow, always, deny, the key or text of a choice, or --text.

    Without any it prints what is asked. The answer is given only if that very dialog is on
    the screen; whether a folder can be trusted is for tt trust.

    Exit code: 0 answered; 1 refused, and nothing was pressed; 3 pressed, and the dialog is still
    there; 4 unknown.
    """
    if invoked.args:
        _one_at_a_time(agent, [choice or "", *invoked.args])
    if choice is None and dialog and not text:
        raise UsageError("no answer was given", hint=f"tt answer {agent} allow|always|deny")
    root, name = target_of(agent, workspace)
    asked = AnswerRequest(name, choice or "", text, dialog, dry_run, without)
    context = Context.open(root)
    if choice is None and not text:
        return show_question(context, name, as_json=as_json)
    told = answer(context, asked)
    show_json(told) if as_json else show(told)
    return EXIT_CODES[told.outcome]


def _one_at_a_time(agent: str, words: Sequence[str]) -> NoReturn:
    raise UsageError(
        f"one agent takes one answer; found {len(words)} words: {' '.join(words)}",
        hint=f"tt answer {agent} allow|always|deny; several words of a choice go in quotes",
    )

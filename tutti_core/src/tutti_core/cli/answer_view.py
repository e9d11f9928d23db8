"""What `tt answer` and `tt trust` print: the question, and what became of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..team.answer import Answered, question
from ..team.asking import name_of, way_of
from .common import show_json
from .style import clean, legible, paint, warn

if TYPE_CHECKING:
    from ..team.context import Context

EXIT_CODES = {"answered": 0, "possible": 0, "refused": 1, "unanswered": 3, "unknown": 4}
COLOURS = {"answered": "green", "possible": "cyan"}


def show(told: Answered) -> None:
    """Print what became of an answer.

    Args:
        told: What became of it.
    """
    for warning in told.warnings:
        warn(warning)
    if told.outcome == "possible":
        _print_dialog(told)
        print()
    word = paint(told.outcome, COLOURS.get(told.outcome, "red"))
    gave = f"{_gave(told)}: " if told.keys and told.outcome != "refused" else ""
    again = f", pressed {told.presses} times" if told.presses > 1 else ""
    print(f"{word}  {told.agent}: {gave}{legible(told.evidence)} ({told.ms} ms{again})")
    if told.said is not None:
        print(f"{told.said.outcome}  {told.agent}: {legible(told.said.evidence)}")
    if told.hint:
        print(f"→ {told.hint}")


def show_question(context: Context, agent: str, *, as_json: bool) -> int:
    """Print what an agent asks, and what can be answered.

    Args:
        context: The workspace.
        agent: The agent.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 0 if it asks something that is known, else 1.
    """
    told = question(context, agent)
    if as_json:
        show_json(told)
    elif told.dialog:
        _print_dialog(told)
        keys = [one.key for one in told.options]
        print(f"\n→ {way_of(agent, told.kind, told.answers, keys)}")
    else:
        show(told)
    return 0 if told.dialog else 1


def _print_dialog(told: Answered) -> None:
    print(f"{paint(told.agent, 'bold')} asks ({told.kind}): {legible(told.question)}\n")
    for row in told.shown:
        print(f"  {clean(row)}".rstrip())
    for number, one in enumerate(told.options):
        print(f"  {paint(name_of(one.key, number), 'cyan')}  {legible(one.text)}")
    if told.keys:
        print(f"\n  would press: {' '.join(told.keys)}{_gave(told, ' for ')}")


def _gave(told: Answered, before: str = "") -> str:
    said = told.answer or told.option
    more = f" ({legible(told.option)})" if told.answer and told.option else ""
    return f"{before}{legible(said)}{more}" if said else ""

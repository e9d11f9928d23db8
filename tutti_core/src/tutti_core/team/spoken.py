"""What an agent said to a prompt: in its own words, or else what its terminal shows of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..detection.regions import Parts
from ..watching.settling import fresh
from .composing import looked
from .ending import session_now
from .logs import showing
from .marks import answer_to

if TYPE_CHECKING:
    from .context import Context
    from .send import SendRequest
    from .turn import Turn, Typed

ANSWER_SECS = 2.0
"""How long an agent has to write down what it said, once it is through."""
SURE = 40
"""So many characters of a line tell it from others."""
MARKS = " │┃|>❯›▌•"
"""What a terminal draws before or behind a line of a prompt."""


def shown(context: Context, request: SendRequest) -> list[str]:
    """Return what an agent's terminal shows above its composer, if what is new there is wanted.

    Args:
        context: The workspace.
        request: The agent, and whether its output is wanted.
    """
    session = session_now(context, request.agent) if request.output else None
    lines = showing(context, session)
    rules = context.digest["rules"].get(session.runtime, {}) if session else {}
    # Around the composer stands what can be done, now this and now that, which nobody said.
    return list(Parts(lines, rules.get("composer")).above)


def said(
    context: Context, request: SendRequest, typed: Typed, turn: Turn, before: Sequence[str]
) -> str:
    """Return an agent's answer in its own words, or else what its terminal shows anew.

    Args:
        context: The workspace.
        request: The agent, and how much of its answer is wanted.
        typed: What the prompt was typed into.
        turn: How the turn ended.
        before: What its terminal showed before; nothing where nobody knows.
    """
    answer = _in_its_words(context, request.agent, typed, turn)
    if answer:
        lines = answer.splitlines()
    else:
        after, prompt = shown(context, request), typed.text or request.text
        lines = answering(anew(before, after), prompt) if before else since_prompt(after, prompt)
    return "\n".join(lines[-request.output_lines :])


def _in_its_words(context: Context, agent: str, typed: Typed, turn: Turn) -> str | None:
    deadline = time.monotonic() + (ANSWER_SECS if turn.end == "done" else 0)
    while True:
        voice = looked(context, agent)
        answer = answer_to(context, voice, typed) if voice else None
        if answer is None or answer or time.monotonic() >= deadline:
            return answer
        time.sleep(0.1)


def anew(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the lines of a screen that were not on it before, blank ones around them left out.

    Args:
        before: Its lines before.
        after: Its lines now.
    """
    return _trimmed(fresh(before, after))


def answering(lines: Sequence[str], prompt: str) -> list[str]:
    """Return what stands below a prompt: not what came before it, nor the prompt itself.

    Args:
        lines: Lines of a screen that are new.
        prompt: The prompt.

    Returns:
        The lines below; all of them where the prompt does not show, and the prompt too where it
        does not show whole.
    """
    begun = _first(lines, prompt)
    return _below(lines[begun:], prompt) if begun is not None else list(lines)


def since_prompt(lines: Sequence[str], prompt: str) -> list[str]:
    """Return the lines of a screen below the last one that shows the beginning of a prompt.

    Args:
        lines: The lines.
        prompt: The prompt.
    """
    begun = _first(lines[::-1], prompt)
    return _below(lines[len(lines) - 1 - begun :], prompt) if begun is not None else list(lines)


def _first(lines: Sequence[str], prompt: str) -> int | None:
    """Return the place of the first line that shows the beginning of a prompt."""
    start = next(filter(None, map(str.strip, prompt.splitlines())), "")[:SURE]
    return next((place for place, line in enumerate(lines) if start and start in line), None)


def _below(lines: Sequence[str], prompt: str) -> list[str]:
    """Return the lines without the prompt they begin with, if they begin with all of it."""
    left = "".join(prompt.split())
    for place, line in enumerate(lines):
        told = "".join(line.strip(MARKS).split())
        if place == 0:
            told = told[max(0, told.find(left[:SURE])) :]
        if not left.startswith(told):
            break
        left = left[len(told) :]
        if not left:
            return _trimmed(lines[place + 1 :])
    return _trimmed(lines)


def _trimmed(lines: Sequence[str]) -> list[str]:
    told = [number for number, line in enumerate(lines) if line.strip()]
    return list(lines[told[0] : told[-1] + 1]) if told else []

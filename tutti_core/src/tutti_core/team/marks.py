"""What an agent itself says of its turns: that one began with a text, and what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..detection.composer import alike
from .record import read_record

if TYPE_CHECKING:
    from ..detection.turns import Mark
    from ..watching.look import Voice
    from .context import Context
    from .turn import Typed

SLACK_SECS = 1.0
"""An agent may write down an instant that it took a little earlier, or rounded."""


def begun(
    context: Context, before: Voice | None, now: Voice, text: str, since: float
) -> Mark | None:
    """Return the agent's own word that it began a turn with a text, if there is one.

    Args:
        context: The workspace.
        before: The agent before the text was typed, whose turns are no proof; None if nobody knows.
        now: The agent now.
        text: The text.
        since: When it was typed, in epoch seconds.
    """
    from ..detection.turns import turns

    rules = _rules(context, now)
    old = frozenset(turns(rules, before.seen).begun) if before else frozenset()
    for mark in reversed(turns(rules, now.seen).begun):
        late = mark.at is None or mark.at >= since - SLACK_SECS
        if late and mark not in old and alike(mark.text, text):
            return mark
    return None


def begun_with(context: Context, before: Voice | None, now: Voice, text: str, since: float) -> str:
    """Return in words that an agent began a turn with a text; empty if it does not say so.

    Args:
        context: The workspace.
        before: As for `begun`.
        now: As for `begun`.
        text: As for `begun`.
        since: As for `begun`.
    """
    mark = begun(context, before, now, text, since)
    return f"{mark.feed} says that it began with it" if mark else ""


def ended_since(context: Context, voice: Voice, at: float) -> bool:
    """Return whether an agent itself says that a turn of its has ended since an instant.

    Args:
        context: The workspace.
        voice: The agent.
        at: Epoch seconds.
    """
    from ..detection.turns import turns

    ended = turns(_rules(context, voice), voice.seen).ended
    return any(mark.at is not None and mark.at > at for mark in ended)


def answer_to(context: Context, now: Voice, typed: Typed) -> str | None:
    """Return what an agent said to a prompt, in its own words.

    Args:
        context: The workspace.
        now: The agent, through with it.
        typed: What the prompt was typed into, and when.

    Returns:
        The answer; empty if it has not written one down; None if its words are in no file.
    """
    from ..detection import turns

    rules = _rules(context, now)
    part = rules.get("turn") or {}
    if not part.get("answer"):
        return _quoted(context, now, typed)
    if typed.text:
        return turns.answer_to(rules, now.seen, typed.text)
    return turns.turns(rules, now.seen).answer


def _quoted(context: Context, now: Voice, typed: Typed) -> str | None:
    """Return what a runtime finds of an answer in its transcript; None if it does not look."""
    from ..model.contract import Quotes

    runtime: Any = context.runtimes.get(now.runtime or "")
    path = read_record(context.places.agent(now.agent)).get("transcript")
    if not (isinstance(runtime, Quotes) and typed.text and isinstance(path, str)):
        return None
    return runtime.quote(Path(path), typed.text, typed.at)


def _rules(context: Context, voice: Voice) -> Mapping[str, Any]:
    return context.digest["rules"].get(voice.runtime) or {}

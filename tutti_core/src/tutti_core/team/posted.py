"""What became of one prompt, by the id its sender gave it: for whoever was killed after sending.

Looking changes nothing. `settled` has what a killed process left in hand found out first, as the
next `tt send` would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..state.instants import micros_of, text_of
from ..state.lock import Lock
from .composing import drawn_in, looked
from .ending import session_now
from .entering import may_enter
from .marks import answer_to, begun_with
from .queue import IN_HAND, WAITING, Entry, Queue
from .recovering import recover
from .turn import Turn, Typed, await_turn
from .typist import shaped

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

Fate = Literal["never", "queued", "typing", "submitted", "refused", "unsubmitted", "unknown"]
LOCK_SECS = 60.0
SLACK_MICROS = 2_000_000
"""An event may be older than the id that its prompt was given, where a clock was set."""


class Posted(NamedTuple):
    """What became of a prompt.

    Attributes:
        fate: ``never`` sent; ``queued``; ``typing``, and will be gone on with; else its outcome.
        evidence: What that stands on.
        typed: What it was typed into, if it was submitted and that is still there.
    """

    fate: Fate
    evidence: str = ""
    typed: Typed | None = None


def posted(context: Context, agent: str, correlation_id: str, text: str = "") -> Posted:
    """Say what became of a prompt, without changing anything.

    Args:
        context: The workspace.
        agent: The agent.
        correlation_id: What it was sent with.
        text: The prompt, for what rests on its text.
    """
    entry = _entry(context, correlation_id)
    if entry is not None and entry.state in IN_HAND:
        return _in_hand(context, entry)
    if entry is not None:
        fate: Any = "queued" if entry.state == WAITING else entry.state
        typed = _typed(context, agent, entry.typed_at, text) if fate == "submitted" else None
        return Posted(fate, entry.why, typed)
    return _told(context, agent, correlation_id, text)


def settled(context: Context, agent: str, correlation_id: str, text: str = "") -> Posted:
    """Say what became of a prompt, after finding out what a killed process left in hand.

    Args:
        context: The workspace.
        agent: The agent.
        correlation_id: What it was sent with.
        text: The prompt, for what rests on its text.

    Raises:
        StateError: If another prompt is being typed all the time.
    """
    with Lock(context.places.lock(f"pane-{agent}"), timeout=LOCK_SECS, purpose="a step goes on"):
        recover(context, agent)
    return posted(context, agent, correlation_id, text)


def answered(
    context: Context,
    agent: str,
    typed: Typed,
    *,
    secs: float,
    told: Callable[[Voice, float], None] | None = None,
) -> tuple[Turn, str]:
    """Wait until an agent is through with a prompt, and return how that ended and what it said.

    Args:
        context: The workspace.
        agent: Its name.
        typed: What the prompt was typed into, and when.
        secs: Seconds to wait.
        told: Told at each look how the agent is, and the seconds waited; may raise to end it.

    Returns:
        How the turn ended, and the agent's words; empty where they are in no file.
    """
    turn = await_turn(context, agent, typed, secs=secs, told=told or (lambda *_: None))
    voice = looked(context, agent) if turn.end == "done" else None
    return turn, (answer_to(context, voice, typed) or "") if voice else ""


def _entry(context: Context, correlation_id: str) -> Entry | None:
    found = Queue(context.places).all()
    return next((one for one in found if one.correlation_id == correlation_id), None)


def _in_hand(context: Context, entry: Entry) -> Posted:
    """Return what the next to hold the pane will find, as far as it shows."""
    if Lock(context.places.lock(f"pane-{entry.agent}")).holder() is not None:
        return Posted("typing", "it is being typed")
    voice = looked(context, entry.agent)
    session = voice.session if voice else None
    if voice is None or session is None or (session.pane, session.pid) != (entry.pane, entry.pid):
        return Posted("unknown", "tt was killed as it typed it, and the agent has ended since")
    text = shaped(context, entry)
    said = begun_with(context, None, voice, text, entry.typed_at or entry.at)
    if said:
        typed = Typed(session, entry.typed_at or entry.at, text=text)
        return Posted("submitted", said, typed)
    if not session.dead and may_enter(voice) and drawn_in(context, voice, text) == "whole":
        return Posted("typing", "it stands in the composer, whole and alone")
    return Posted("unknown", "tt was killed as it typed it, and nothing proves that it was taken")


def _told(context: Context, agent: str, correlation_id: str, text: str) -> Posted:
    """Return what the journal says of a prompt that nobody has in hand any more."""
    fates = {"delivered": "submitted", "cancelled": "refused"}
    for one in _events(context, correlation_id):
        name, data = str(one.get("event")), one.get("data") or {}
        word = name.removeprefix("prompt.")
        fate: Any = fates.get(word, word)
        if name.startswith("prompt.") and fate in (
            "submitted",
            "refused",
            "unsubmitted",
            "unknown",
        ):
            at = micros_of(one["timestamp"]) / 1_000_000 - data.get("ms", 0) / 1000
            typed = _typed(context, agent, at, text) if fate == "submitted" else None
            return Posted(fate, str(data.get("evidence", "")), typed)
    return Posted("never")


def _events(context: Context, correlation_id: str) -> list[Mapping[str, Any]]:
    parts = correlation_id.split("-")
    given = int(parts[1]) - SLACK_MICROS if len(parts) > 1 and parts[1].isdigit() else 0
    lines = context.journal.read(after=text_of(given) if given > 0 else None)
    return [one for one in lines if one.get("correlation_id") == correlation_id]


def _typed(context: Context, agent: str, at: float | None, text: str) -> Typed | None:
    session = session_now(context, agent)
    if session is None or at is None or session.created > at:
        return None  # whoever is there now was started after it
    return Typed(session, at, text=text)

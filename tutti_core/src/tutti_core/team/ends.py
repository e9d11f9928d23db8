"""The end of a prompt's way: written down, told once, then forgotten or kept for a person.

The outcome is written into the prompt's file before its event is emitted, and the file goes after
that. Whoever is killed in between leaves a file that says what is left to be done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..state.lock import Lock
from .queue import ASTRAY, IN_HAND, WAITING, Entry, Queue
from .record import note_turn, read_record

if TYPE_CHECKING:
    from .context import Context
    from .proof import Word

TELL_SECS = 60.0


def end(context: Context, entry: Entry, word: Word, ms: int, *, keep: bool | None = None) -> None:
    """Write down what became of a prompt, and tell it.

    Args:
        context: The workspace.
        entry: The prompt.
        word: What became of it.
        ms: Milliseconds that it took.
        keep: Whether one that went astray is kept; by default where nobody has its receipt.
    """
    kept = entry.queued if keep is None else keep
    changes = {"state": word.outcome, "why": word.evidence, "hint": word.hint, "ms": ms}
    settled = Queue(context.places).settle(entry, **changes, keep=kept)
    if word.outcome == "submitted":
        note_turn(context.root, entry.agent, read_record(context.places.agent(entry.agent)))
    tell(context, settled)


def tell(context: Context, entry: Entry) -> None:
    """Emit the event of a prompt's outcome unless that was done, then be done with the prompt.

    Args:
        context: The workspace.
        entry: The prompt, with its outcome as its state.
    """
    with Lock(context.places.lock("queue-end"), timeout=TELL_SECS, purpose="telling an outcome"):
        now = Queue(context.places).get(entry.number)
        if now is None or now.told:
            return
        if not _happened(context, now):
            emit(context, event_of(now), now)
        _finish(context, now)


def emit(context: Context, word: str, entry: Entry) -> None:
    """Emit an event of a prompt; never with its text.

    Args:
        context: The workspace.
        word: The second word of the event's name.
        entry: The prompt.
    """
    outcome = {"outcome": entry.state, "evidence": entry.why, "ms": entry.ms}
    known = {"entry": entry.number} if entry.queued else {}
    data = {**outcome, "characters": len(entry.text), **known}
    context.emit(f"prompt.{word}", entry.agent, data, entry.correlation_id)


def untold(context: Context) -> None:
    """Tell the ends that a killed process wrote down and did not live to tell.

    Args:
        context: The workspace.
    """
    for entry in Queue(context.places).all():
        if not (entry.told or entry.state == WAITING or entry.state in IN_HAND):
            tell(context, entry)


def event_of(entry: Entry) -> str:
    """Return the second word of the event of a prompt's outcome."""
    return "delivered" if entry.queued and entry.state == "submitted" else entry.state


def _finish(context: Context, entry: Entry) -> None:
    """Forget a prompt whose end is told, or keep it for a person who has not seen it."""
    queue = Queue(context.places)
    if entry.keep and entry.state in ASTRAY:
        queue.settle(entry, told=True)
    else:
        queue.remove(entry)


def _happened(context: Context, entry: Entry) -> bool:
    """Return whether the event of an outcome is in the journal."""
    event, act = f"prompt.{event_of(entry)}", entry.correlation_id
    return any(
        (one.get("event"), one.get("correlation_id")) == (event, act)
        for one in context.journal.read(after_seq=entry.seq)
    )

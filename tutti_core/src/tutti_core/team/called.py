"""Waits for a queued prompt to be delivered, by whoever delivers it first: a courier or oneself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..state.instants import micros_of, text_of
from .courier import Rests, carry
from .ending import session_now
from .queue import Queue
from .turn import Typed

if TYPE_CHECKING:
    from ..model.happening import Receipt
    from .context import Context

LOOK_SECS = 0.5
ENDS = {
    f"prompt.{word}" for word in ("delivered", "refused", "unsubmitted", "unknown", "cancelled")
}


def called(
    context: Context, receipt: Receipt, secs: float, told: Callable[[str, str, float], None]
) -> tuple[Receipt, Typed | None]:
    """Wait until a queued prompt is delivered.

    Args:
        context: The workspace.
        receipt: The receipt that says that it is queued.
        secs: Seconds to wait.
        told: Told at each look of the agent, why the prompt waits, and the seconds waited.

    Returns:
        The receipt as it is then, still `queued` if time is over, and what it was typed into.
    """
    begun, rests = time.monotonic(), Rests()
    while True:
        carried = carry(context, receipt.agent, rests)
        if carried is not None and carried.entry.number == receipt.entry:
            word = carried.word
            done = attrs.evolve(receipt, outcome=word.outcome, evidence=word.evidence, entry=None)
            return attrs.evolve(done, hint=word.hint), carried.typed
        end = _ended(context, receipt)
        if end is not None:
            return _by_another(context, receipt, end)
        elapsed = time.monotonic() - begun
        if elapsed >= secs:
            return receipt, None
        entry = Queue(context.places).get(receipt.entry or 0)
        told(receipt.agent, entry.why if entry else "", elapsed)
        time.sleep(min(LOOK_SECS, max(0.0, secs - elapsed)))


def _ended(context: Context, receipt: Receipt) -> Mapping[str, Any] | None:
    """Return the event of a prompt's end, if somebody else came to it."""
    act = receipt.correlation_id
    waits = Queue(context.places).get(receipt.entry or 0)
    if waits is not None and not waits.told:
        return None
    given = text_of(int(act.split("-")[1]))
    ends = (one for one in context.journal.read(after=given) if one.get("correlation_id") == act)
    return next((one for one in ends if one.get("event") in ENDS), None)


def _by_another(
    context: Context, receipt: Receipt, end: Mapping[str, Any]
) -> tuple[Receipt, Typed | None]:
    data = end.get("data") or {}
    said = str(data.get("evidence", ""))
    if end["event"] != "prompt.delivered":
        cancelled = end["event"] == "prompt.cancelled"
        outcome: Any = "refused" if cancelled else data.get("outcome")
        said = "it was taken back by tt queue cancel" if cancelled else said
        return attrs.evolve(receipt, outcome=outcome, evidence=said, entry=None), None
    done = attrs.evolve(receipt, outcome="submitted", evidence=said, hint="", entry=None)
    session = session_now(context, receipt.agent)
    at = micros_of(end["timestamp"]) / 1_000_000 - data.get("ms", 0) / 1000
    return done, Typed(session, at) if session else None

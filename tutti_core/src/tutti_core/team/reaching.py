"""Whether an agent is in the state that is waited for, will not be, or what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..detection.judge import ERRORS
from .standing import ERROR_SECS, HELD_SECS, RESTLESS, asks, tries_again

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .awaited import WaitRequest

GONE = ("exited", "stopped")
STALE_SECS = 10.0
"""Idle since before a prompt that was submitted so lately says nothing of that prompt's turn."""


class Seen(NamedTuple):
    """One look at an agent, with what is known beside it.

    Attributes:
        voice: The agent.
        stood: Seconds for which its state has stood.
        rested: Seconds for which its screen has.
        prompted: When a prompt was submitted to it last, in epoch seconds; 0 for never.
        queued: Whether a prompt waits to be typed.
    """

    voice: Voice
    stood: float
    rested: float
    prompted: float = 0.0
    queued: bool = False


def end_of(seen: Seen, request: WaitRequest) -> str:
    """Return the state that ends the wait for one agent, wanted or not; empty if none does.

    Args:
        seen: A look at it.
        request: What is waited for.
    """
    state = seen.voice.reading.state
    if state in request.states:
        return state if _settled(seen, request) else ""
    if state in GONE:
        return state
    if request.patient or "idle" not in request.states:
        return ""
    if state in ERRORS:
        final = seen.stood >= ERROR_SECS and not tries_again(seen.voice)
        return state if final else ""
    return "waiting" if asks(seen.voice) and seen.stood >= HELD_SECS else ""


def _settled(seen: Seen, request: WaitRequest) -> bool:
    """Return whether what is wanted is there, and not only for a moment."""
    reading = seen.voice.reading
    if reading.state != "idle":
        return reading.state in ("working", *GONE) or seen.stood >= HELD_SECS
    if seen.queued or _stale(seen):
        return False
    if reading.confirmed:
        return seen.stood >= HELD_SECS
    enough = request.stable_secs
    return seen.rested >= enough or seen.stood >= RESTLESS * enough


def _stale(seen: Seen) -> bool:
    """Return whether it is idle since before its last prompt, whose turn it has yet to begin."""
    since, now = seen.voice.reading.since, seen.voice.seen.now
    early = since is not None and since <= seen.prompted
    return early and now - seen.prompted < STALE_SECS


def lacking(seen: Seen, request: WaitRequest) -> str:
    """Return in words what an agent lacks to be where it is waited for.

    Args:
        seen: A look at it, for which `end_of` gives no state that is wanted.
        request: What is waited for.
    """
    reading, wanted = seen.voice.reading, " or ".join(request.states).replace("_", " ")
    if reading.state not in request.states:
        return f"{wanted} was waited for"
    if seen.queued:
        return "a prompt waits to be typed to it"
    if reading.state == "idle" and _stale(seen):
        return "its turn at the last prompt has yet to begin"
    if reading.state == "idle" and not reading.confirmed:
        return f"its screen, which alone says so, was still for {seen.rested:.1f} s only"
    return f"for {seen.stood:.1f} s only"

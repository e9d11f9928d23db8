"""A prompt in the composer: whether it stands there, and the proof that it was taken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..detection.composer import draft, ours

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

ENTER_AGAIN_SECS = (0.6, 1.5, 3.0)
COMPOSER_SECS = 2.0
PROOF_SECS = 6.0
TAKEN_SECS = 0.5
"""How long stronger sources have before the screen alone is asked whether a prompt was taken."""
LOOK_SECS = 0.1
QUIET = frozenset(("idle", "auth_failed", "rate_limited", "provider_down"))
"""States in which an agent takes a prompt."""

Outcome = Literal["submitted", "queued", "refused", "unsubmitted", "unknown"]


class Word(NamedTuple):
    """What became of a prompt, what that stands on, and what to do about it.

    Attributes:
        worked: Whether the agent was seen at work on it.
    """

    outcome: Outcome
    evidence: str
    hint: str = ""
    worked: bool = False


def prove(context: Context, before: Voice, text: str, since: float, *, drawn: bool) -> Word:
    """Look until it is proven that a prompt was taken; press Enter again where it provably was not.

    Args:
        context: The workspace.
        before: The agent as it was before.
        text: The prompt.
        since: When it was typed, in epoch seconds.
        drawn: Whether it was seen in the composer as it was typed.
    """
    assert before.session is not None
    begun, again = time.monotonic(), list(ENTER_AGAIN_SECS)
    while time.monotonic() - begun < PROOF_SECS:
        now = context.voices([before.agent])[before.agent]
        if not _same(before, now):
            gone = now.reading.detail if now.reading.state == "exited" else "its session is gone"
            said = f"it ended before it said anything ({gone})"
            return Word("unknown", said, f"tt peek {now.agent}")
        proof = _proof(now, since)
        if not proof and drawn and time.monotonic() - begun > TAKEN_SECS:
            proof = _taken(context, before, now, text)
        if proof:
            return Word("submitted", proof, worked=now.reading.state == "working")
        if again and time.monotonic() - begun > again[0] and _held(context, now, text):
            again.pop(0)
            context.host.keys(before.session.pane, "Enter")
        time.sleep(LOOK_SECS)
    held = _composer(context, before)
    hint = f"tt attach {before.agent}"
    if held:
        return Word("unsubmitted", "the prompt still stands in the composer", hint)
    return Word("unknown", "nothing proves that the prompt was taken", hint)


def in_composer(context: Context, voice: Voice) -> str | None:
    """Return what stands in the composer, given a moment: a screen may be half redrawn."""
    deadline = time.monotonic() + COMPOSER_SECS
    written = _composer(context, voice)
    while written is None and composer_rules(context, voice) and time.monotonic() < deadline:
        time.sleep(LOOK_SECS)
        written = _composer(context, voice)
    return written


def until_drawn(context: Context, voice: Voice, text: str) -> bool:
    """Wait until the paste shows, so that Enter is not read as part of it; return whether it does.

    Only what stands there as it was typed can be seen to leave.
    """
    deadline = time.monotonic() + 1.0
    written = _composer(context, voice)
    while not written and time.monotonic() < deadline:
        time.sleep(0.03)
        written = _composer(context, voice)
    return bool(written) and ours(written or "", text)


def composer_rules(context: Context, voice: Voice) -> Mapping[str, Any] | None:
    """Return how the composer of an agent's runtime is found, or None if nobody says."""
    found: Mapping[str, Any] | None = context.digest["rules"].get(voice.runtime, {}).get("composer")
    return found


def _composer(context: Context, voice: Voice) -> str | None:
    assert voice.session is not None
    rules = composer_rules(context, voice)
    pane = voice.session.pane
    screens = context.host.capture([pane], styles=True) if rules else {}
    return draft(screens[pane], rules) if pane in screens else None


def _same(before: Voice, now: Voice) -> bool:
    """Return whether this still is the process that the prompt was typed into."""
    there, here = before.session, now.session
    return bool(there and here and not here.dead and here.pane == there.pane)


def _proof(now: Voice, since: float) -> str:
    reading = now.reading
    if reading.state in ("working", "waiting"):
        source = reading.evidence[0].source if reading.evidence else "process"
        return f"{source} says {reading.state}"
    if reading.since is not None and reading.since > since and reading.evidence:
        return f"{reading.evidence[0].source} changed after the prompt"
    return ""


def _taken(context: Context, before: Voice, now: Voice, text: str) -> str:
    """Return a proof for a turn too short to be seen: the prompt moved up out of the composer."""
    first = next(filter(None, map(str.strip, text.splitlines())), "")[:40]
    if not first or now.reading.state not in QUIET or _composer(context, now) != "":
        return ""
    counts = [one.seen.screen.text.count(first) if one.seen.screen else 0 for one in (before, now)]
    more = counts[1] > counts[0]
    return "screen shows the prompt, and the composer is empty" if more else ""


def _held(context: Context, now: Voice, text: str) -> bool:
    if now.reading.state not in QUIET:
        return False
    written = _composer(context, now)
    return bool(written) and ours(written or "", text)

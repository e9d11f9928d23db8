"""One reading from all the evidence.

The process comes first. Evidence with a priority comes next, the highest first: a dialog, because
keys would answer it; an error that is being tried again, though the agent calls itself busy. Then
the strongest source that speaks says whether the agent is busy; an error explains why it is quiet;
activity alone is never a state.

Feeds tell of moments, everything else of what is so now. Of two feeds the later one speaks. What
is drawn is a little late, so for a second a feed is ahead of it; after that, a feed yields where
what it says could be seen and is not: the end of a turn to an agent that is drawn at work, a
question to a composer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.reading import Evidence, Observation, Reading
from .evidence import STARTING_SECS
from .feeds import WEAK

ERRORS = ("auth_failed", "rate_limited", "provider_down")
EXPLAINING = (*ERRORS, "unknown")
"""The states that say more of a quiet agent than that it is quiet."""
STRENGTH = {"live": 0, "screen": 2}
"""Sources that are stronger or weaker than all others, which have 1; the lowest speaks."""
UNSEEN = {"idle": ("working",), "waiting": ("working", "idle")}
"""By what a feed says, what is drawn where it is so no longer."""
LAG_SECS = 1.0
"""What is drawn, or written by another hand, may be so much late."""
APART_SECS = 3.0
"""What two hands wrote down within it can be of the same moment."""


def judge(seen: Observation, evidence: Sequence[Evidence]) -> Reading:
    """Combine evidence into one reading.

    Args:
        seen: What was seen, for the process and its age.
        evidence: What rules and detectors made of it.

    Returns:
        The reading; ``unknown`` when nothing speaks, never a guess.
    """
    if not seen.session:
        return Reading("stopped", confidence=1.0)
    if not seen.alive:
        return _exited(seen)
    decisive = _decisive(_standing(seen, evidence))
    if decisive is None:
        return _silent(seen, evidence)
    since = _since(seen, decisive, evidence)
    resets = _resets(decisive, evidence)
    return Reading(
        decisive.state,
        decisive.kind,
        decisive.detail if decisive.state not in ("idle", "working", "starting") else "",
        decisive.confidence,
        confirmed=decisive.state != "idle" or _is_own(decisive, seen),
        since=since,
        evidence=(decisive, *(one for one in evidence if one is not decisive)),
        resets=resets,
        resets_at=_resets_at(resets, seen.now if since is None else since),
        options=decisive.options,
        answers=decisive.answers,
    )


def _exited(seen: Observation) -> Reading:
    status = "" if seen.exit_status is None else f"exit status {seen.exit_status}"
    status = f"signal {seen.exit_signal}" if seen.exit_signal else status
    proof = Evidence("process", "exited", rule="dead", detail=status)
    return Reading("exited", detail=status, confidence=1.0, evidence=(proof,))


def _standing(seen: Observation, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence without what later evidence has done away with."""
    return [one for one in evidence if not any(_ends(other, one, seen) for other in evidence)]


def _ends(later: Evidence, one: Evidence, seen: Observation) -> bool:
    """Return whether one piece of evidence does away with another."""
    if one.priority > 0 or later is one or later.confidence <= WEAK:
        return False
    if one.source == "live":
        # It has not noticed a turn that somebody else saw begin.
        return (one.state, later.state) == ("idle", "working") and _is_later(later, one, seen)
    if one.source not in seen.feeds:
        return False
    if later.source in seen.feeds:
        return _is_later(later, one, seen)
    drawn = later.source in ("title", "screen") and (one.age is None or one.age > LAG_SECS)
    return drawn and later.state in UNSEEN.get(one.state, ())


def _is_later(later: Evidence, one: Evidence, seen: Observation) -> bool:
    told = later.source in seen.feeds and later.age is not None and one.age is not None
    return told and one.age - later.age > APART_SECS  # type: ignore[operator]


def _decisive(evidence: Sequence[Evidence]) -> Evidence | None:
    loudest = max(evidence, key=lambda one: one.priority, default=None)
    if loudest is not None and loudest.priority > 0:
        return loudest
    busy = _strongest([one for one in evidence if one.state not in EXPLAINING])
    if busy is not None and busy.state != "idle":
        return busy
    return _strongest([one for one in evidence if one.state in EXPLAINING]) or busy


def _strongest(evidence: Iterable[Evidence]) -> Evidence | None:
    return min(evidence, key=_weakness, default=None)


def _weakness(one: Evidence) -> tuple[bool, int, float, float]:
    age = LAG_SECS if one.age is None else one.age
    return one.confidence <= WEAK, STRENGTH.get(one.source, 1), age, -one.confidence


def _is_own(one: Evidence, seen: Observation) -> bool:
    """Return whether it is the runtime's own word, and no guess at it."""
    return one.source == "live" or (one.source in seen.feeds and one.confidence > WEAK)


def _resets(decisive: Evidence, evidence: Iterable[Evidence]) -> str:
    if decisive.state not in ERRORS:
        return ""
    told = (decisive, *(one for one in evidence if one.state == decisive.state))
    return next((one.resets for one in told if one.resets), "")


def _resets_at(text: str, printed: float) -> float | None:
    if not text:
        return None
    from .resets import resets_at

    return resets_at(text, printed)


def _since(seen: Observation, decisive: Evidence, evidence: Sequence[Evidence]) -> float | None:
    """Return since when it is so; an error began when the turn did, or ended, that it explains."""
    told = [decisive]
    if decisive.state in ERRORS:
        told += [one for one in evidence if one.source == "live"]
    ages = [one.age for one in told if one.age is not None]
    return seen.now - ages[0] if ages else None


def _silent(seen: Observation, evidence: Sequence[Evidence]) -> Reading:
    age = seen.now - seen.started if seen.started is not None else STARTING_SECS
    if age < STARTING_SECS:
        return Reading("starting", confidence=0.5, since=seen.started, evidence=tuple(evidence))
    return Reading("unknown", detail="no source speaks", evidence=tuple(evidence))

"""One reading from all the evidence.

The process comes first. Evidence with a priority comes next, the highest first: a dialog, because
keys would answer it; an error that is being tried again, though the agent calls itself busy. Then
the strongest source that speaks says whether the agent is busy; an error explains why it is quiet;
activity alone is never a state.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model.reading import Evidence, Observation, Reading
from .evidence import STARTING_SECS, WEAK

ERRORS = ("auth_failed", "rate_limited", "provider_down")
EXPLAINING = (*ERRORS, "unknown")
"""The states that say more of a quiet agent than that it is quiet."""
SOURCES = ("live", "title", "screen")


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
    decisive = _decisive(evidence)
    if decisive is None:
        return _silent(seen, evidence)
    return Reading(
        decisive.state,
        decisive.kind,
        decisive.detail if decisive.state not in ("idle", "working", "starting") else "",
        decisive.confidence,
        confirmed=decisive.state != "idle" or decisive.source == "live",
        since=_since(seen, decisive, evidence),
        evidence=(decisive, *(one for one in evidence if one is not decisive)),
    )


def _exited(seen: Observation) -> Reading:
    status = "" if seen.exit_status is None else f"exit status {seen.exit_status}"
    status = f"signal {seen.exit_signal}" if seen.exit_signal else status
    proof = Evidence("process", "exited", rule="dead", detail=status)
    return Reading("exited", detail=status, confidence=1.0, evidence=(proof,))


def _decisive(evidence: Sequence[Evidence]) -> Evidence | None:
    loudest = max(evidence, key=lambda one: one.priority, default=None)
    if loudest is not None and loudest.priority > 0:
        return loudest
    busy = _strongest([one for one in evidence if one.state not in EXPLAINING])
    if busy is not None and busy.state != "idle":
        return busy
    return next((one for one in evidence if one.state in EXPLAINING), busy)


def _strongest(evidence: Sequence[Evidence]) -> Evidence | None:
    return min(evidence, key=_weakness, default=None)


def _weakness(one: Evidence) -> tuple[bool, int, float]:
    known = SOURCES.index(one.source) if one.source in SOURCES else 1
    return one.confidence <= WEAK, known, -one.confidence


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

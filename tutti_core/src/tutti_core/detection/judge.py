"""One reading from all the evidence.

The process comes first. A dialog on the screen outranks everything that lives, because keys would
answer it. Then the strongest source that speaks says whether the agent is busy; an error explains
why it is quiet; activity alone is never a state.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model.reading import Evidence, Observation, Reading
from .evidence import WEAK

STARTING_SECS = 60.0
ERRORS = ("auth_failed", "rate_limited", "provider_down")
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
    others = tuple(one for one in evidence if one is not decisive)
    return Reading(
        decisive.state,
        decisive.kind,
        decisive.detail if decisive.state not in ("idle", "working") else "",
        decisive.confidence,
        confirmed=decisive.state != "idle" or decisive.source == "live",
        since=None if decisive.age is None else seen.now - decisive.age,
        evidence=(decisive, *others),
    )


def _exited(seen: Observation) -> Reading:
    status = "" if seen.exit_status is None else f"exit status {seen.exit_status}"
    proof = Evidence("process", "exited", rule="dead", detail=status)
    return Reading("exited", detail=status, confidence=1.0, evidence=(proof,))


def _decisive(evidence: Sequence[Evidence]) -> Evidence | None:
    dialogs = [one for one in evidence if one.state == "waiting" and one.source == "screen"]
    busy = _strongest([one for one in evidence if one.state not in ERRORS])
    errors = [one for one in evidence if one.state in ERRORS]
    if dialogs:
        return dialogs[0]
    if busy is not None and busy.state != "idle":
        return busy
    return errors[0] if errors else busy


def _strongest(evidence: Sequence[Evidence]) -> Evidence | None:
    return min(evidence, key=_weakness, default=None)


def _weakness(one: Evidence) -> tuple[bool, int, float]:
    known = SOURCES.index(one.source) if one.source in SOURCES else 1
    return one.confidence <= WEAK, known, -one.confidence


def _silent(seen: Observation, evidence: Sequence[Evidence]) -> Reading:
    age = seen.now - seen.started if seen.started is not None else STARTING_SECS
    if age < STARTING_SECS:
        return Reading("starting", confidence=0.5, since=seen.started, evidence=tuple(evidence))
    return Reading("unknown", detail="no source speaks", evidence=tuple(evidence))

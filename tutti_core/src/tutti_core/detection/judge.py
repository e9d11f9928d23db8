"""One reading from all the evidence.

The process comes first. Evidence with a priority comes next, the highest first: a dialog, because
keys would answer it; an error that is being tried again, though the agent calls itself busy. Then
the strongest source that speaks says whether the agent is busy; an error explains why it is quiet;
activity alone is never a state.

Feeds tell of moments, everything else of what is so now. Of two feeds the later one speaks. What
is drawn is a little late, so for a second a feed is ahead of it; after that, a feed yields where
what it says could be seen and is not: the end of a turn to an agent that is drawn at work, a
question to a composer.

What is over is not so now: an error in a conversation that was taken up, as long as no turn is
known to have begun since; a limit whose end has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.reading import Evidence, Observation, Reading
from .evidence import ERRORS, STARTING_SECS
from .feeds import WEAK
from .passing import LAG_SECS, has_ended, is_old, over, resets_of, since_of, until_of

__all__ = ["ERRORS", "judge"]

EXPLAINING = (*ERRORS, "unknown")
"""The states that say more of a quiet agent than that it is quiet."""
STRENGTH = {"live": 0, "screen": 2}
"""Sources that are stronger or weaker than all others, which have 1; the lowest speaks."""
UNSEEN = {"idle": ("working",), "waiting": ("working", "idle")}
"""By what a feed says, what is drawn where it is so no longer."""
OLD, ENDED = "older than this launch", "its time is over"
"""Why a piece of evidence counts no more."""
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
        return Reading("stopped", confidence=1.0, since=seen.ended)
    if not seen.alive:
        return _exited(seen)
    evidence = [over(one, OLD) if is_old(one, seen, evidence) else one for one in evidence]
    found = _read(seen, evidence)
    if has_ended(found, seen):
        evidence = [
            over(one, ENDED) if (one.state, one.priority > 0) == (found.state, False) else one
            for one in evidence
        ]
        found = _read(seen, evidence)
    late = [one for one in evidence if any(_unseen(other, one, seen) for other in evidence)]
    return found._replace(until=until_of(found, seen, evidence, late))


def _read(seen: Observation, evidence: Sequence[Evidence]) -> Reading:
    standing = _standing(seen, evidence)
    decisive = _decisive(standing)
    if decisive is None:
        return _silent(seen, evidence)
    state, told = decisive.state, (decisive, *(one for one in evidence if one is not decisive))
    since = since_of(decisive, standing, seen)
    resets, resets_at = resets_of(decisive, standing, since, seen)
    return Reading(
        state,
        decisive.kind,
        decisive.detail if state not in ("idle", "working", "starting") else "",
        decisive.confidence,
        confirmed=state != "idle" or _is_own(decisive, seen),
        since=since,
        evidence=told,
        resets=resets,
        resets_at=resets_at,
        options=decisive.options,
        answers=decisive.answers,
    )


def _exited(seen: Observation) -> Reading:
    status = "" if seen.exit_status is None else f"exit status {seen.exit_status}"
    status = f"signal {seen.exit_signal}" if seen.exit_signal else status
    age = None if seen.ended is None else max(0.0, seen.now - seen.ended)
    proof = Evidence("process", "exited", rule="dead", detail=status, age=age)
    since = since_of(proof, (), seen)
    return Reading("exited", detail=status, confidence=1.0, since=since, evidence=(proof,))


def _standing(seen: Observation, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence without what is over, and what later evidence has done away with."""
    present = [one for one in evidence if one.confidence > 0]
    return [one for one in present if not any(_ends(other, one, seen) for other in present)]


def _ends(later: Evidence, one: Evidence, seen: Observation) -> bool:
    """Return whether one piece of evidence does away with another."""
    if one.priority > 0 or later is one or later.confidence <= WEAK:
        return False
    if one.source == "live":
        # It has not noticed a turn that somebody else saw begin.
        return (one.state, later.state) == ("idle", "working") and _is_later(later, one, seen)
    if one.source in seen.feeds and later.source in seen.feeds:
        return _is_later(later, one, seen)
    if one.state == "starting":  # what was seen to begin has started, whatever still does
        return later.state == "working"
    return _unseen(later, one, seen) and (one.age is None or one.age > LAG_SECS)


def _unseen(drawn: Evidence, one: Evidence, seen: Observation) -> bool:
    """Return whether what a feed says could be seen, and something else is."""
    if one.source not in seen.feeds or one.priority > 0 or drawn.confidence <= WEAK:
        return False
    return drawn.source in ("title", "screen") and drawn.state in UNSEEN.get(one.state, ())


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


def _silent(seen: Observation, evidence: Sequence[Evidence]) -> Reading:
    age = seen.now - seen.started if seen.started is not None else STARTING_SECS
    if age < STARTING_SECS:
        return Reading("starting", confidence=0.5, since=seen.started, evidence=tuple(evidence))
    return Reading("unknown", detail="no source speaks", evidence=tuple(evidence))

"""What time does to evidence: since when it holds, what of it is over, when it will mean less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..model.reading import Evidence, Observation, Reading
from .evidence import ERRORS, STARTING_SECS

LAG_SECS = 1.0
"""What is drawn, or written by another hand, may be so much late."""
JUST_AFTER_SECS = 0.001
"""What holds up to an instant is over so much later."""


def is_old(one: Evidence, seen: Observation, evidence: Iterable[Evidence]) -> bool:
    """Return whether an error stands in the conversation since before the launch, as far as known.

    Args:
        one: What may be one.
        seen: What was seen.
        evidence: All there is.
    """
    if not (seen.resumed and one.spoken and one.state in ERRORS and one.priority <= 0):
        return False
    return seen.turned is None and not any(_is_of_turn(other, seen) for other in evidence)


def has_ended(found: Reading, seen: Observation) -> bool:
    """Return whether a reading is of a limit that is no more, by its own words.

    Args:
        found: The reading.
        seen: What was seen.
    """
    if found.resets_at is None or found.resets_at > seen.now:
        return False
    return not found.kind and found.evidence[0].priority <= 0


def over(one: Evidence, why: str) -> Evidence:
    """Return evidence of what is over: it is shown, and decides nothing.

    Args:
        one: The evidence.
        why: Why it counts no more.
    """
    return one._replace(confidence=0.0, detail=f"{one.detail} ({why})")


def since_of(decisive: Evidence, standing: Iterable[Evidence], seen: Observation) -> float | None:
    """Return since when a state holds, in epoch seconds, if anybody says so.

    An error began when the turn did, or ended, that it explains. What nobody gives a time began
    with the look that saw it first.

    Args:
        decisive: What says so.
        standing: What else counts.
        seen: What was seen.
    """
    same = [one for one in standing if one.state == decisive.state == "waiting"]
    said = [one for one in standing if decisive.state in ERRORS and one.source == "live"]
    ages = [one.age for one in (decisive, *said, *same) if one.age is not None]
    if ages:
        return seen.now - ages[0]
    before = seen.before
    if before is None:
        return None
    stands = (before.state, before.kind) == (decisive.state, decisive.kind)
    return before.since if stands else seen.now


def resets_of(
    decisive: Evidence, standing: Iterable[Evidence], since: float | None, seen: Observation
) -> tuple[str, float | None]:
    """Return when a limit ends, as it was printed and in epoch seconds.

    Args:
        decisive: What says that there is one.
        standing: What else counts.
        since: Since when it is so.
        seen: What was seen.
    """
    if decisive.state not in ERRORS:
        return "", None
    told = (decisive, *(one for one in standing if one.state == decisive.state))
    one = next((one for one in told if one.resets), None)
    if one is None:
        return "", None
    from .resets import resets_at

    # What a time of day means depends on when it was printed.
    printed = seen.now - one.age if one.age is not None else seen.printed.get(one.resets, since)
    return one.resets, resets_at(one.resets, seen.now if printed is None else printed)


def until_of(
    found: Reading, seen: Observation, evidence: Iterable[Evidence], late: Sequence[Evidence]
) -> float | None:
    """Return when the same evidence means something else, in epoch seconds; None if never.

    Args:
        found: What it means now.
        seen: What was seen.
        evidence: All there is.
        late: What counts only until what is drawn has had its time.
    """
    due = [at + JUST_AFTER_SECS for at in _changes(found, seen, evidence, late)]
    return min((at for at in due if at > seen.now), default=None)


def _changes(
    found: Reading, seen: Observation, evidence: Iterable[Evidence], late: Iterable[Evidence]
) -> Iterator[float]:
    for one in evidence:
        if one.age is not None and one.fades is not None:
            yield seen.now - one.age + one.fades
    for one in late:
        if one.age is not None:
            yield seen.now - one.age + LAG_SECS
    if found.resets_at is not None:
        yield found.resets_at
    if found.state == "starting" and seen.started is not None:
        yield seen.started + STARTING_SECS


def _is_of_turn(one: Evidence, seen: Observation) -> bool:
    """Return whether only a turn of this launch can have said so."""
    if one.source in seen.feeds:
        return one.age is not None and one.state in ("working", *ERRORS)
    return one.source == "live" and one.state == "working"

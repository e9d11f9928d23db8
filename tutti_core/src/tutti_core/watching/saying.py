"""What was said of an agent last, and what has to be said next: pure, so that the journal rules.

Nothing is remembered but what stands in the journal. Whoever begins to watch reads it from a
number on, compares that with what is there, and says the difference; killed between two events of
one change, the next one says the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..detection.judge import ERRORS
from ..model.reading import CONTRACT_WORDS, Reading

STEP = 5
"""Points of the context percentage between two events."""

RECOVERED = {
    "auth_failed": "agent.auth_recovered",
    "rate_limited": "agent.provider_recovered",
    "provider_down": "agent.provider_recovered",
}

TOLD = frozenset(("idle", "working", "waiting", "exited", *ERRORS))
"""The states that are an event when they begin. ``stopped`` is told by whoever closes the record of
an agent, ``starting`` by whoever starts it, and ``unknown`` is no news."""


class Said(NamedTuple):
    """What the journal says of an agent.

    Attributes:
        state: The state told last; empty if none was.
        kind: What it waits for.
        trouble: The error that was told and of whose end nothing was said yet.
        stalled: Whether it was told to be stalled since its state was told.
        context: The step of its context percentage that was told in this launch.
    """

    state: str = ""
    kind: str = ""
    trouble: str = ""
    stalled: bool = False
    context: int | None = None


NOTHING = Said()


def heard(said: Said, event: str, data: Mapping[str, Any] | None) -> Said:
    """Return what is said of an agent after one more event of its own.

    Args:
        said: What was said before.
        event: The event's name.
        data: Its data, whoever wrote it.
    """
    facts = data if isinstance(data, Mapping) else {}
    word = event.removeprefix("agent.")
    if event == "agent.started":
        return Said("starting", trouble=said.trouble)
    if event == "agent.stopped":
        return Said("stopped", trouble=said.trouble)
    if event in RECOVERED.values():
        return said._replace(trouble="")
    if event == "agent.stalled":
        return said._replace(stalled=True)
    if event == "agent.context":
        return said._replace(context=_whole(facts.get("context")))
    if event == f"agent.{word}" and word in TOLD:
        trouble = word if word in ERRORS else said.trouble
        kind = _text(facts.get("kind"))
        return said._replace(state=word, kind=kind, trouble=trouble, stalled=False)
    return said


def unsaid(said: Said, reading: Reading, *, steady: bool = False) -> list[str]:
    """Return the names of the events that a reading is, in order; none if it says nothing new.

    Args:
        said: What was said last.
        reading: A reading that is certain.
        steady: Whether the agent has worked for so long that what failed must be well again.
    """
    state = reading.state
    names = []
    if said.trouble and (_well(reading) or (steady and state == "working")):
        names.append(RECOVERED[said.trouble])
    changed = state in TOLD and _differs(said, reading)
    names += [f"agent.{state}"] if changed else []
    if state == "working" and reading.stalled and (changed or not said.stalled):
        names.append("agent.stalled")
    context = step_of(reading.context)
    if context is not None and context != said.context:
        names.append("agent.context")
    return names


def step_of(context: int | None) -> int | None:
    """Return a context percentage in whole steps."""
    return None if context is None else context - context % STEP


def details(said: Said, reading: Reading, runtime: str) -> dict[str, Any]:
    """Return what an event tells of a change; what is not known is left out.

    Args:
        said: What was said before.
        reading: What is.
        runtime: The name of the agent's runtime.
    """
    before, activity = CONTRACT_WORDS.get(said.state), reading.activity_state
    decisive = reading.evidence[0] if reading.evidence else None
    known = {
        "source": "probe",
        "runtime": runtime,
        "from": before[0] if before else None,
        "to": activity,
        "state": reading.state,
        "previous": said.state or None,
        "kind": reading.kind,
        "detail": reading.detail,
        "reason": reading.detail,
        "confidence": reading.confidence,
        "evidence": decisive.source if decisive else None,
        "rule": decisive.rule if decisive else None,
        "options": [one._asdict() for one in reading.options],
        "resets": reading.resets,
        "resets_at": reading.resets_at,
        "stalled": reading.stalled,
        "context": reading.context,
    }
    return {key: value for key, value in known.items() if value not in (None, "", [])}


def details_of(name: str, said: Said, reading: Reading, runtime: str) -> dict[str, Any]:
    """Return the data of one event of a change.

    Args:
        name: The event's name.
        said: What was said before it.
        reading: What is.
        runtime: The name of the agent's runtime.
    """
    data = details(said, reading, runtime)
    if name in RECOVERED.values():
        data["from"] = said.trouble
    if name == "agent.context":
        data["context"] = step_of(reading.context)
        data["used"] = reading.context
    return data


def _differs(said: Said, reading: Reading) -> bool:
    revived = said.stalled and not reading.stalled and reading.state == "working"
    return revived or (said.state, said.kind) != (reading.state, reading.kind)


def _well(reading: Reading) -> bool:
    """Return whether a reading proves that the provider answers: a turn that ended, or asks."""
    return reading.state == "idle" or (
        reading.state == "waiting" and reading.kind in ("permission", "question")
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

"""What is told of an agent: each change once, whoever tells it and wherever that was cut short."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.reading import KINDS, STATES, Evidence, Reading
from tutti_core.watching.saying import NOTHING, Said, details_of, heard, unsaid

errors = st.sampled_from(["", "auth_failed", "rate_limited", "provider_down"])
steps = st.none() | st.integers(0, 20).map(lambda one: one * 5)
readings = st.builds(
    Reading,
    state=st.sampled_from(STATES),
    kind=st.sampled_from(("", *KINDS)),
    detail=st.text(max_size=5),
    confidence=st.floats(0, 1),
    evidence=st.just((Evidence("screen", "idle", rule="composer"),)),
)
saids = st.builds(
    Said,
    state=st.sampled_from(("", *STATES)),
    kind=st.sampled_from(("", *KINDS)),
    trouble=errors,
    stalled=st.booleans(),
    context=steps,
)


def told(said: Said, reading: Reading, *names: str) -> Said:
    """Return what is said after some events of one change."""
    for name in names:
        said = heard(said, name, details_of(name, said, reading, "demo"))
    return said


@given(said=saids, reading=readings, steady=st.booleans())
def test_what_was_told_is_not_told_again(said: Said, reading: Reading, steady: bool) -> None:
    """After all events of a change nothing is left, and after some of them only the rest is."""
    names = unsaid(said, reading, steady=steady)
    for number in range(len(names) + 1):
        after = told(said, reading, *names[:number])
        assert unsaid(after, reading, steady=steady) == names[number:]


@given(said=saids, reading=readings, other=st.sampled_from(["screen", "live"]))
def test_new_evidence_is_no_event(said: Said, reading: Reading, other: str) -> None:
    """The same state on other evidence, or with another text beside it, tells nothing."""
    after = told(said, reading, *unsaid(said, reading))
    again = reading._replace(
        detail="another", confidence=0.3, evidence=(Evidence(other, reading.state, age=3.0),)
    )
    assert unsaid(after, again) == []


@pytest.mark.parametrize(
    ("said", "reading", "expected"),
    [
        (Said("idle"), Reading("working"), ["agent.working"]),
        (Said("working"), Reading("idle"), ["agent.idle"]),
        (Said("waiting", "permission"), Reading("waiting", "question"), ["agent.waiting"]),
        (Said("working"), Reading("unknown"), []),
        (Said("working"), Reading("starting"), []),
        (Said("working"), Reading("exited"), ["agent.exited"]),
        (Said("exited"), Reading("stopped"), []),
        (Said("working"), Reading("auth_failed"), ["agent.auth_failed"]),
        (
            Said("auth_failed", trouble="auth_failed"),
            Reading("idle"),
            ["agent.auth_recovered", "agent.idle"],
        ),
        (Said("starting", trouble="auth_failed"), Reading("working"), ["agent.working"]),
        (
            Said("working", trouble="rate_limited"),
            Reading("waiting", "permission"),
            ["agent.provider_recovered", "agent.waiting"],
        ),
        (
            Said("working", trouble="rate_limited"),
            Reading("waiting", "dialog"),
            ["agent.waiting"],
        ),
    ],
)
def test_a_change_is_told_by_its_name(said: Said, reading: Reading, expected: list[str]) -> None:
    """States are told when they begin; that an error is over only once a turn proves it."""
    assert unsaid(said, reading) == expected


def test_who_worked_for_long_has_recovered() -> None:
    """A long turn proves that the provider answers, though it has not ended."""
    said = Said("working", trouble="provider_down")
    assert unsaid(said, Reading("working"), steady=True) == ["agent.provider_recovered"]


def test_an_error_outlives_the_end_of_its_agent() -> None:
    """An agent that was stopped while failed, and comes back healthy, is told to have recovered."""
    said = NOTHING
    for event in ("agent.started", "agent.auth_failed", "agent.stopped", "agent.started"):
        said = heard(said, event, None)
    assert unsaid(said, Reading("idle")) == ["agent.auth_recovered", "agent.idle"]


@given(
    event=st.text(max_size=12) | st.sampled_from([f"agent.{one}" for one in STATES]),
    data=st.none()
    | st.dictionaries(st.sampled_from(["kind", "context"]), st.none() | st.text() | st.floats()),
)
def test_whatever_stands_in_the_journal_is_borne(event: str, data: Any) -> None:
    """Lines of other tools, with any name and any data, are read without complaint."""
    assert isinstance(heard(Said("idle"), event, data), Said)


def test_an_event_says_what_the_contract_does() -> None:
    """The words of the old contract are there, and beside them all that is known."""
    reading = Reading(
        "waiting",
        "permission",
        "may I?",
        0.9,
        evidence=(Evidence("screen", "waiting", rule="ask"),),
    )
    data = details_of("agent.waiting", Said("idle"), reading, "demo")
    assert data == {
        "source": "probe",
        "runtime": "demo",
        "from": "idle",
        "to": "working",
        "state": "waiting",
        "previous": "idle",
        "kind": "permission",
        "detail": "may I?",
        "reason": "may I?",
        "confidence": 0.9,
        "evidence": "screen",
        "rule": "ask",
    }
    recovered = details_of(
        "agent.provider_recovered", Said("idle", trouble="rate_limited"), Reading("idle"), "demo"
    )
    assert recovered["from"] == "rate_limited"

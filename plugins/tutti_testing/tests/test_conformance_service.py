"""The suite of services finds each fault by the law it breaks, and accepts what has none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tutti_core import Context, Event
from tutti_testing import ServiceConformance, failures


class Good:
    """A service that keeps the contract; each mutant breaks one thing of it."""

    name: str = "counts"
    events: Sequence[str] = ("agent.idle", "agent.exited")
    every: float = 60.0

    def __init__(self, context: Context) -> None:
        self.file = context.root / "seen"

    def handle(self, context: Context, event: Event | None) -> None:
        """Leave one file an event, once."""
        if event is not None:
            Path(f"{self.file}-{event.seq}").touch()


class Once(Good):
    """It does not expect an event again."""

    def handle(self, context: Context, event: Event | None) -> None:
        """Insist on a new file."""
        if event is not None:
            Path(f"{self.file}-{event.seq}").touch(exist_ok=False)


class Trusting(Good):
    """It takes details for granted."""

    def handle(self, context: Context, event: Event | None) -> None:
        """Read a detail."""
        assert event is None or (event.data or {})["runtime"]


class Slow(Good):
    """It keeps the watcher."""

    def handle(self, context: Context, event: Event | None) -> None:
        """Say that much time went by."""
        Slow.now += 6.0

    now = 0.0


def of(kind: type = Good, **members: Any) -> type:
    """A suite for a service that has other members."""
    return type("Suite", (ServiceConformance,), {"make": type("Made", (kind,), members)})


FAULTS = {
    "nameless": (of(name=""), "test_it_is_a_service"),
    "never called": (of(events=(), every=0.0), "test_it_is_a_service"),
    "one name for all": (of(events="agent.idle"), "test_it_is_a_service"),
    "backwards": (of(every=-1.0), "test_it_is_a_service"),
    "cannot handle": (of(handle=None), "test_it_handles_what_it_asks_for"),
    "trusting": (of(Trusting), "test_it_handles_what_it_asks_for"),
    "slow": (of(Slow), "test_it_handles_what_it_asks_for"),
    "once": (of(Once), "test_it_handles_an_event_again"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_service_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seeded fault breaks the law made for it."""
    suite, law = FAULTS[fault]
    if fault == "slow":
        clock = "tutti_testing.conformance.service.time.monotonic"
        monkeypatch.setattr(clock, lambda: Slow.now)
    assert set(failures(suite, only={law})) == {law}


def test_a_good_service_breaks_no_law() -> None:
    """The suite accepts what keeps the contract, with ticks and without."""
    assert failures(of()) == {}
    assert failures(of(every=0.0)) == {}


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(ServiceConformance) if name.startswith("test_")}
    assert laws == {law for _, law in FAULTS.values()}

"""The suite of sinks finds each fault by the law it breaks, and accepts what has none."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, MutableMapping

import attrs
import pytest

from tutti_core import Event, Sink
from tutti_testing import SinkConformance, failures


@attrs.define
class Kept:
    """A sink that keeps the contract."""

    name: str = "kept"
    seen: list[Event] = attrs.field(factory=list)

    def receive(self, event: Event) -> None:
        """Keep it."""
        self.seen.append(event)


class Picky(Kept):
    """A sink that knows only two events."""

    def receive(self, event: Event) -> None:
        """Fail on the rest."""
        {"agent.idle": 1, "prompt.submitted": 2}[event.event]


class Greedy(Kept):
    """A sink that takes things out of events."""

    def receive(self, event: Event) -> None:
        """Empty the data."""
        if isinstance(event.data, MutableMapping):
            event.data.clear()


class Once(Kept):
    """A sink that cannot take an event again."""

    def receive(self, event: Event) -> None:
        """Refuse a second time."""
        assert event not in self.seen
        self.seen.append(event)


class Nameless(Kept):
    """A sink without a name."""

    def __init__(self) -> None:
        super().__init__(name="")


class Slow(Kept):
    """A sink that waits for somebody."""

    def receive(self, event: Event) -> None:
        """Wait, once for each of many events alike."""
        if event.event == "agent.working":
            time.sleep(0.03)


class AtHome(Kept):
    """A sink that works in the thread that made it, as a database does."""

    def __init__(self) -> None:
        super().__init__()
        self.home = threading.get_ident()

    def receive(self, event: Event) -> None:
        """Refuse to work elsewhere."""
        assert threading.get_ident() == self.home


class Leaving(Kept):
    """A sink that takes everything down with it."""

    def receive(self, event: Event) -> None:
        """End the process."""
        if not event.workspace:
            sys.exit(3)


class Local(Kept):
    """A sink that works only where nothing really happens."""

    def receive(self, event: Event) -> None:
        """Fail in a real workspace, whose events have ids."""
        assert event.correlation_id != "c-1"


def broken_by(make: Callable[[], Sink]) -> set[str]:
    """Return the laws that a sink breaks."""
    return set(failures(type("Suite", (SinkConformance,), {"make": staticmethod(make)})))


FAULTS: list[tuple[Callable[[], Sink], str]] = [
    (Picky, "test_it_takes_any_event"),
    (Leaving, "test_it_takes_any_event"),
    (Greedy, "test_it_leaves_events_alone"),
    (Once, "test_it_takes_an_event_twice"),
    (Nameless, "test_it_is_a_sink"),
    (Slow, "test_it_is_quick"),
    (AtHome, "test_it_takes_events_from_any_thread"),
    (Local, "test_it_works_in_a_workspace"),
]


@pytest.mark.parametrize(("make", "law"), FAULTS)
def test_a_fault_of_a_sink_is_found(make: Callable[[], Sink], law: str) -> None:
    """Each seeded fault breaks the law made for it."""
    assert law in broken_by(make)


def test_a_good_sink_breaks_no_law() -> None:
    """The suite accepts what keeps the contract."""
    assert broken_by(Kept) == set()


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(SinkConformance) if name.startswith("test_")}
    assert laws == {law for _, law in FAULTS}

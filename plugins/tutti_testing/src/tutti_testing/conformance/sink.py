"""What every sink must do."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core import Context, Event, Sink, hookimpl

from .ground import core_alone, ground

TIME = "2026-01-01T00:00:00.000000Z"
MANY = 50
QUICK_SECS = 1.0


class SinkConformance:
    """What every sink must do.

    Attributes:
        make: Makes a fresh sink; a plain function must be wrapped in ``staticmethod``.
    """

    make: ClassVar[Callable[[], Sink]]

    def test_it_is_a_sink(self) -> None:
        """It has what the contract asks for."""
        sink = type(self).make()
        assert isinstance(sink, Sink), "a sink has `name` and `receive`: add what is missing"
        assert isinstance(sink.name, str), f"`name` is to be a text and is {sink.name!r}"
        assert sink.name, "`name` is empty: it is what `tt` calls the sink when it fails"

    def test_it_takes_any_event(self) -> None:
        """Events it has never heard of are no reason to raise."""

        @settings(max_examples=50, deadline=None)
        @given(_events())
        def check(event: Event) -> None:
            try:
                type(self).make().receive(event)
            except (Exception, SystemExit) as error:
                raise AssertionError(
                    f"receive() raised {error!r} for {event}: pass over what the sink has no use "
                    "for; one that raises gets no further event"
                ) from error

        check()

    def test_it_leaves_events_alone(self) -> None:
        """What it was given is the same afterwards: others receive it too."""
        data = {"outcome": "submitted", "more": {"deep": [1, 2]}}
        event = Event("prompt.submitted", "work", "voice", data=data, timestamp=TIME, seq=7)
        before = copy.deepcopy(event)
        type(self).make().receive(event)
        assert event == before, "receive() changed the event's data: copy it before you change it"

    def test_it_takes_an_event_twice(self) -> None:
        """An event may come again after a crash."""
        sink = type(self).make()
        event = Event("agent.idle", "work", "voice", timestamp=TIME, seq=1)
        try:
            sink.receive(event)
            sink.receive(event)
        except Exception as error:
            raise AssertionError(
                f"receive() raised {error!r} for an event that came again: pass over a `seq` "
                "that the sink has seen"
            ) from error

    def test_it_takes_events_from_any_thread(self) -> None:
        """Events come one at a time, and from whatever thread is at work."""
        sink = type(self).make()
        raised: list[Exception] = []

        def deliver(number: int) -> None:
            try:
                sink.receive(Event("agent.idle", "work", "voice", timestamp=TIME, seq=number))
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
                raised.append(error)

        deliver(1)
        thread = threading.Thread(target=deliver, args=(2,))
        thread.start()
        thread.join()
        assert not raised, (
            f"receive() raised {raised[0]!r} in a thread other than the first: open what belongs "
            "to a thread, such as a database, for each"
        )

    def test_it_is_quick(self) -> None:
        """What it cannot take in time is dropped for it: it hands on, and does not wait."""
        sink = type(self).make()
        events = [
            Event("agent.working", "work", "voice", data={"n": n}, timestamp=TIME, seq=n + 1)
            for n in range(MANY)
        ]
        began = time.monotonic()
        for event in events:
            sink.receive(event)
        took = time.monotonic() - began
        assert took < QUICK_SECS, (
            f"receive() took {1000 * took / MANY:.0f} ms an event, and what waits for too long is "
            "dropped: hand slow work on, or make it a service, which is handed every event"
        )

    def test_it_works_in_a_workspace(self, tmp_path: Path) -> None:
        """Beside the journal of a real workspace it takes what happens there."""
        with ground(tmp_path) as place:
            plugins = core_alone()
            plugins.add(_Giving(type(self).make()), "under-test")
            context = Context.open(place.stage.root, plugins)
            context.emit("agent.started", "voice", {"runtime": "demo", "session": "x"})
            context.emit("prompt.submitted", "voice", {"ms": 12}, correlation_id="c-1")
            assert context.drain(QUICK_SECS), "receive() did not return"
            said = [one["event"] for one in context.journal.read(after_seq=0)]
            assert "sink.failed" not in said, "receive() raised in a workspace; see sink.failed"
            assert said == ["agent.started", "prompt.submitted"], (
                f"the journal holds {said}: a sink does not cause events of its own"
            )


@attrs.frozen
class _Giving:
    """A plugin that gives one sink."""

    sink: Sink

    @hookimpl
    def tutti_sinks(self) -> list[Sink]:
        """Give it."""
        return [self.sink]


def _events() -> st.SearchStrategy[Event]:
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    values = st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
    return st.builds(
        Event,
        st.sampled_from(("agent.idle", "prompt.queued", "sink.failed")) | st.text(),
        st.text(),
        st.none() | st.text(),
        st.text(),
        st.none() | st.dictionaries(st.text(), values, max_size=4),
        st.just(TIME),
        st.integers(1),
    )

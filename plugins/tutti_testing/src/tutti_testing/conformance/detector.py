"""What every detector must do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core import KINDS, STATES, Detector, Evidence, Observation, Screen

from ..corpus import NOW
from .purity import watched_calls

RESERVED = ("process", "live", "title", "screen", "hooks", "transcript")
"""The sources of the core's own; a detector's is its name."""

OF_THE_PROCESS = ("exited", "stopped")
QUICK_SECS = 0.25
FULL = tuple(("\n".join([row * (200 // len(row))] * 50)) for row in ("-", "a", " ", "> ", "│ x "))


def seen(
    text: str | None = None,
    *,
    runtime: str = "",
    title: str | None = None,
    alive: bool = True,
    live: dict[str, Any] | None = None,
) -> Observation:
    """Return what an observer sees of an agent that has run for ten minutes.

    Args:
        text: Its screen, or None if it was not captured.
        runtime: The name of its runtime.
        title: The title of its pane.
        alive: Whether its process lives; a dead one ended with exit status 1.
        live: What its live-status file holds.
    """
    return Observation(
        NOW,
        runtime,
        session=True,
        alive=alive,
        exit_status=None if alive else 1,
        started=NOW - 600.0,
        title=title,
        screen=None if text is None else Screen(text),
        live=live,
        live_at=None if live is None else NOW - 1.0,
    )


class DetectorConformance:
    """What every detector must do.

    A whole test file::

        class TestMine(DetectorConformance):
            detector = Mine()
            examples = ((seen("Go on? [y/N]"), "waiting"), (seen("all done"), ""))

    Attributes:
        detector: The detector.
        examples: What may be seen, each with the state that the detector is to find in it; empty
            for nothing. At least one is to find something.
    """

    detector: ClassVar[Detector]
    examples: ClassVar[Sequence[tuple[Observation, str]]]

    def detected(self, observation: Observation) -> tuple[Evidence, ...]:
        """Return the evidence that the detector has for an observation."""
        return tuple(self.detector.detect(observation))

    def sights(self) -> list[Observation]:
        """Return the examples, and what else may be seen of any agent."""
        name = self.detector.runtime or "any"
        return [
            *(example for example, _ in self.examples),
            Observation(NOW, name, session=False),
            seen(None, runtime=name),
            seen("", runtime=name, title=""),
            seen("\n\n \n", runtime=name),
            seen(
                "smörgås 漢字 🎻 \x1b[31m", runtime=name, title="⠋ title", live={"status": "busy"}
            ),
            seen("Traceback", runtime=name, alive=False),
        ]

    def test_it_is_a_detector(self) -> None:
        """It has what the contract asks for, under a name that no source of the core has."""
        assert isinstance(self.detector, Detector), (
            "a detector has `name`, `runtime` and `detect`: add what is missing"
        )
        name = self.detector.name
        assert isinstance(name, str), f"`name` is to be a text and is {name!r}"
        assert name, "`name` is empty: it is shown as the source of every piece of evidence"
        assert name not in RESERVED, f"{name!r} is a source of the core's: choose another name"
        assert isinstance(self.detector.runtime, str), (
            "`runtime` is to be the name of a runtime, or an empty text for every runtime"
        )

    def test_its_examples_can_be_seen(self) -> None:
        """It is only shown agents of its runtime: an example of another can never occur."""
        own = self.detector.runtime
        others = {one.runtime for one, _ in self.examples if own and one.runtime != own}
        assert not others, (
            f"the detector reads agents of {own!r} only, and has examples of {sorted(others)}: "
            "correct `runtime`, or the examples"
        )

    def test_it_finds_what_its_examples_show(self) -> None:
        """Each example has the state that is said of it, and one at least has a state."""
        assert any(state for _, state in self.examples), (
            "no example has a state, so nothing shows that the detector ever speaks: add one"
        )
        for example, state in self.examples:
            found = {one.state for one in self.detected(example)}
            assert found == ({state} if state else set()), (
                f"is to say {state or 'nothing'!r} and says {sorted(found)} of {example}"
            )

    def test_its_evidence_is_well_formed(self) -> None:
        """Evidence has a known state and kind, a confidence from 0 to 1, and its source's name."""
        for one in self.sights():
            for found in self.detected(one):
                fault = self._fault(found, one)
                assert not fault, f"{fault}, in {found} of {one}"

    def test_it_only_computes(self) -> None:
        """It asks no clock, opens no file, starts no process: it has what it is given."""
        for one in self.sights():
            self.detected(one)  # what it imports when first used is not of interest
            with watched_calls() as done:
                self.detected(one)
            assert not done, (
                f"detect() does {', '.join(dict.fromkeys(done))}: take the time from "
                "`observation.now`, and leave everything else to `observation`"
            )

    def test_it_remembers_nothing(self) -> None:
        """The same observation has the same evidence, whatever was seen between."""
        first = [self.detected(one) for one in self.sights()]
        again = [self.detected(one) for one in reversed(self.sights())]
        assert first == again[::-1], (
            "detect() gave other evidence for what it had seen before: keep nothing between calls"
        )

    def test_it_is_silent_where_nothing_is_seen(self) -> None:
        """A blank screen is evidence of nothing."""
        blank = seen("\n\n", runtime=self.detector.runtime or "any")
        assert self.detected(blank) == (), (
            "detect() says something of a blank screen without a title: that is a guess"
        )

    def test_nothing_that_is_seen_breaks_it(self) -> None:
        """It never raises, whatever is on the screen, in the title and in the live-status file."""

        @settings(max_examples=200, deadline=None)
        @given(_observations(self.detector.runtime))
        def check(observation: Observation) -> None:
            for found in self.detected(observation):
                fault = self._fault(found, observation)
                assert not fault, f"{fault}, in {found}"

        check()

    def test_it_is_quick(self) -> None:
        """A full screen is read at once: `tt status` waits for every detector and every agent."""
        for text in FULL:
            full = seen(text, runtime=self.detector.runtime or "any", title=text[:200])
            began = time.process_time()
            self.detected(full)
            took = time.process_time() - began
            assert took < QUICK_SECS, (
                f"detect() took {took:.2f} s of the processor for one full screen: look for a "
                "regular expression that tries too much, and read only the last lines"
            )

    def _fault(self, found: object, observation: Observation) -> str:
        if not isinstance(found, Evidence):
            return f"detect() gives Evidence, not a {type(found).__name__}"
        if found.source != self.detector.name:
            return f"the source is to be the detector's name, {self.detector.name!r}"
        if found.state not in STATES:
            return "there is no such state: see STATES"
        if found.kind and (found.kind not in KINDS or found.state != "waiting"):
            return f"`kind` says what a waiting agent waits for, one of {KINDS}"
        if not 0.0 <= found.confidence <= 1.0:
            return "`confidence` goes from 0 to 1"
        if found.age is not None and not found.age >= 0.0:
            return "`age` is in seconds, and never less than 0"
        if observation.alive and found.state in OF_THE_PROCESS:
            return "a living process has neither exited nor stopped: only the core says so"
        return ""


def _observations(runtime: str) -> st.SearchStrategy[Observation]:
    values = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    # Lines of the shape that detectors look for, so that more than their first test is tried.
    lines = st.text() | st.sampled_from(("", "> ", "? [y/N]", "-" * 200, "❯ 1. Yes", "Error: 401"))
    texts = st.text() | st.lists(lines, max_size=60).map("\n".join)
    screens = st.builds(Screen, texts, st.integers(1, 500), st.integers(1, 200), st.booleans())
    return st.builds(
        Observation,
        now=st.floats(0, 4e9),
        runtime=st.just(runtime) if runtime else st.text(),
        session=st.booleans(),
        alive=st.booleans(),
        exit_status=st.none() | st.integers(0, 255),
        exit_signal=st.none() | st.sampled_from(("9", "TERM")),
        started=st.none() | st.floats(0, 4e9),
        title=st.none() | st.text(),
        screen=st.none() | screens,
        live=st.none() | st.dictionaries(st.text(), values),
        live_at=st.none() | st.floats(0, 4e9),
        feeds=st.dictionaries(
            st.sampled_from(("hooks", "transcript")),
            st.lists(st.dictionaries(st.text(), values), max_size=3).map(tuple),
        ),
    )

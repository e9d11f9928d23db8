"""The suite of detectors finds each fault by the law it breaks, and accepts what has none."""

from __future__ import annotations

import datetime
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attrs
import pytest

from tutti_core import Evidence, Observation
from tutti_testing import DetectorConformance, failures, seen

EXAMPLES = ((seen("x\nGo on? [y/N]"), "waiting"), (seen("all done"), ""))


def asks(observation: Observation) -> bool:
    """Whether the last line is a question."""
    text = observation.screen.text if observation.screen else ""
    return text.rstrip().endswith("[y/N]")


@attrs.define
class Good:
    """A detector that keeps the contract; each mutant below breaks one thing of it."""

    name: str = "asks"
    runtime: str = ""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Say that it waits, as a generator does, with a word lazily imported."""
        import fractions  # noqa: F401 -- to import when first used is allowed

        if observation.alive and asks(observation):
            yield Evidence(self.name, "waiting", kind="question", rule="yes-or-no")


@attrs.define
class Acting(Good):
    """A detector that does something else beside."""

    act: Callable[[], object] = lambda: None

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Act, and answer well."""
        self.act()
        return list(super().detect(observation))


@attrs.define
class Saying(Good):
    """A detector whose evidence is changed afterwards."""

    change: Callable[[Evidence], object] = lambda found: found

    def detect(self, observation: Observation) -> Iterator[Evidence]:
        """Answer with something else."""
        for found in super().detect(observation):
            yield self.change(found)  # type: ignore[misc]  # it may be no evidence at all


class Rare(Good):
    """A detector that cannot stand a letter that no example has."""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Read a title as ASCII."""
        (observation.title or "").encode("ascii")
        return super().detect(observation)


class Half(Good):
    """A detector that takes for granted that there is a screen."""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Look at a screen that may not be there."""
        return super().detect(observation) if observation.screen.text else []  # type: ignore[union-attr]


@attrs.define
class Counting(Good):
    """A detector that remembers how often it was asked."""

    times: int = 0

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Be less sure each time."""
        self.times += 1
        return [one._replace(confidence=1 / self.times) for one in super().detect(observation)]


class Guessing(Good):
    """A detector that takes silence for consent."""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Call a blank screen idle."""
        if observation.alive and not (observation.screen and observation.screen.text.strip()):
            return [Evidence(self.name, "idle")]
        return super().detect(observation)


class Slow(Good):
    """A detector that tries too much."""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Be slow where the screen is full."""
        text = observation.screen.text if observation.screen else ""
        end = time.process_time() + (0.4 if len(text) > 5000 else 0.0)
        while time.process_time() < end:
            pass
        return super().detect(observation)


class Undertaker(Good):
    """A detector that declares the living dead."""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Say that a question means the end."""
        return [one._replace(state="exited", kind="") for one in super().detect(observation)]


ACTS: dict[str, Callable[[], object]] = {
    "asks the time": time.time,
    "asks another clock": time.perf_counter_ns,
    "asks the date": lambda: datetime.datetime.now(tz=datetime.timezone.utc),
    "asks for today": datetime.date.today,
    "throws dice": random.random,
    "chooses": lambda: random.choice("abc"),
    "opens a file": lambda: Path(__file__).read_bytes(),
    "looks for a file": lambda: Path(__file__).exists(),
    "lists a folder": lambda: os.listdir("/"),
    "asks for its folder": Path.cwd,
    "opens a socket": lambda: socket.socket().close(),
    "runs a program": lambda: subprocess.run(["true"], check=True),
    "prints": lambda: print("seen"),  # noqa: T201 -- the fault
    "starts a thread": lambda: threading.Thread(target=int).start(),
    "waits": lambda: time.sleep(0.001),
}
SAYINGS: dict[str, Callable[[Evidence], object]] = {
    "an unknown state": lambda found: found._replace(state="bored"),
    "an unknown kind": lambda found: found._replace(kind="love"),
    "a kind for one that does not wait": lambda found: found._replace(state="working"),
    "too much confidence": lambda found: found._replace(confidence=1.5),
    "no number for confidence": lambda found: found._replace(confidence=float("nan")),
    "another's name": lambda found: found._replace(source="screen"),
    "a time to come": lambda found: found._replace(age=-1.0),
    "no evidence": lambda found: ("asks", "waiting"),
}
IN_GENERAL = {
    "nameless": (Good(name=""), "test_it_is_a_detector"),
    "called as the core's": (Good(name="screen"), "test_it_is_a_detector"),
    "of no runtime": (Good(runtime=None), "test_it_is_a_detector"),  # type: ignore[arg-type]
    "for a runtime of another name": (Good(runtime="claude"), "test_its_examples_can_be_seen"),
    "for the dead": (Undertaker(), "test_its_evidence_is_well_formed"),
    "raising on a title": (Rare(), "test_nothing_that_is_seen_breaks_it"),
    "raising without a screen": (Half(), "test_nothing_that_is_seen_breaks_it"),
    "counting": (Counting(), "test_it_remembers_nothing"),
    "guessing": (Guessing(), "test_it_is_silent_where_nothing_is_seen"),
    "slow": (Slow(), "test_it_is_quick"),
}


def broken_by(detector: object, law: str = "", examples: object = EXAMPLES) -> set[str]:
    """Return the laws that a detector breaks, or whether it breaks one."""
    members = {"detector": detector, "examples": examples}
    suite = type("Suite", (DetectorConformance,), members)
    return set(failures(suite, only={law} if law else ()))


@pytest.mark.parametrize("runtime", ["", "echo"])
def test_a_good_detector_breaks_no_law(runtime: str) -> None:
    """The suite accepts what keeps the contract, for one runtime and for every one."""
    examples = [(example._replace(runtime=runtime), state) for example, state in EXAMPLES]
    assert broken_by(Good(runtime=runtime), examples=examples) == set()


@pytest.mark.parametrize("fault", ACTS)
def test_whatever_is_more_than_computing_is_found(fault: str) -> None:
    """Clocks, chance, files, folders, sockets and programs are seen however they are reached."""
    assert broken_by(Acting(act=ACTS[fault]), "test_it_only_computes")


@pytest.mark.parametrize("fault", SAYINGS)
def test_evidence_out_of_form_is_found(fault: str) -> None:
    """Each part of a piece of evidence is held to what it may be."""
    assert broken_by(Saying(change=SAYINGS[fault]), "test_its_evidence_is_well_formed")


@pytest.mark.parametrize("fault", IN_GENERAL)
def test_a_fault_of_a_detector_is_found(fault: str) -> None:
    """Each seeded fault breaks the law made for it."""
    detector, law = IN_GENERAL[fault]
    assert broken_by(detector, law) == {law}


@pytest.mark.parametrize(
    "examples",
    [(), ((seen("all done"), ""),), ((seen("Go on? [y/N]"), ""),), ((seen("x"), "idle"),)],
)
def test_examples_that_show_nothing_or_another_thing_are_found(examples: object) -> None:
    """A suite without an example that speaks does not pass, nor one that is wrong."""
    law = "test_it_finds_what_its_examples_show"
    assert broken_by(Good(), law, examples) == {law}


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(DetectorConformance) if name.startswith("test_")}
    here = {"test_it_only_computes", "test_it_finds_what_its_examples_show"}
    assert laws == here | {law for _, law in IN_GENERAL.values()}

"""Tries a kind of workflow step out, each time in a workspace of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import tomli

from tutti_core import Attempt, Context, StepType, convert
from tutti_core.errors import StepStopped

from .attempts import begun
from .effects import watched
from .ground import TEAM, Ground, ground

ANSWERS = ("done", "redo", "continue", "unknown")
SOON_SECS = 0.3
PATIENCE_SECS = 5.0
LEFT = ("output", "outputs")
"""Keys of a step's result under which it leaves something for later steps."""


class Trying:
    """What a suite of steps is made of, and how it tries them out."""

    step: ClassVar[StepType]
    examples: ClassVar[Sequence[str]]
    refused: ClassVar[Sequence[tuple[str, str]]] = ()
    slow: ClassVar[str] = ""
    team: ClassVar[str] = TEAM

    def prepare(self, context: Context) -> None:
        """Put into a fresh workspace what the examples need; nothing by default."""

    def taken(self, text: str) -> Any:
        """Return the step that TOML text describes."""
        found, faults = convert(tomli.loads(text), self.step.schema)
        told = [(one.path, one.message) for one in faults]
        assert not faults, f"the schema refuses the example {text!r}: {told}"
        return found

    def _never_begins(self, folder: Path, attempt: Attempt, why: str) -> None:
        def check(place: Ground, step: Any) -> None:
            with watched(place) as done:
                self._stops(place, step, attempt, why)
            assert not done, (
                f"run() did this although {why}: {done}; call attempt.check() before each effect"
            )

        self._with_each(folder, check)

    def _ends_soon(self, folder: Path, attempt: Callable[[float], Attempt], why: str) -> None:
        if not self.slow:
            return
        with self._ground(folder / "slow") as place:
            end = time.monotonic() + SOON_SECS
            self._stops(place, self.taken(self.slow), attempt(end), why)
            late = time.monotonic() - end
            assert late < PATIENCE_SECS, (
                f"run() went on for {late:.1f} s although {why}: call attempt.check() in the loop "
                "that waits, and give whatever it waits for no more than attempt.left"
            )

    def _stops(self, place: Ground, step: Any, attempt: Attempt, why: str) -> None:
        try:
            self.step.run(place.context, step, attempt)
        except StepStopped:
            return
        raise AssertionError(
            f"run() went on to its end although {why}: call attempt.check(), which raises "
            "StepStopped, and let that through"
        )

    def _again(self, place: Ground, step: Any, record: Mapping[str, Any]) -> Attempt | None:
        """Return the attempt that an engine would make after an interrupted one, if any."""
        answer = self._recovered(place, step, record)
        if answer not in ("redo", "continue"):
            return None
        return begun(number=2, earlier=record if answer == "continue" else {})

    def _recovered(self, place: Ground, step: Any, record: Mapping[str, Any]) -> str:
        with watched(place) as done:
            try:
                answers = [self.step.recover(place.context, step, record) for _ in range(2)]
            except Exception as error:
                raise AssertionError(
                    f"recover() raised {error!r} for the record {record}: a record may be torn, "
                    "and what cannot be told is 'unknown'"
                ) from error
        assert not done, f"recover() is to look only, and did {done}"
        assert answers[0] in ANSWERS, f"recover() answered {answers[0]!r}: it is one of {ANSWERS}"
        assert answers[0] == answers[1], f"recover() answered {answers}, one after the other"
        return answers[0]

    def _with_each(self, folder: Path, check: Callable[[Ground, Any], None]) -> None:
        for number, text in enumerate(self.examples):
            with self._ground(folder / f"example-{number}") as place:
                check(place, self.taken(text))

    @contextmanager
    def _ground(self, folder: Path) -> Iterator[Ground]:
        folder.mkdir(parents=True)
        with ground(folder, self.team) as place:
            self.prepare(place.context)
            yield place

    @staticmethod
    def _left(result: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a result leaves for later steps."""
        return {key: result[key] for key in LEFT if key in result}

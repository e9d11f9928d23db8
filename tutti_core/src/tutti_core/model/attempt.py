"""One try at a workflow step: what the engine that runs it lends to the step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..errors import StepStopped


def _nobody_keeps(facts: Mapping[str, Any]) -> None:
    """Take facts that nobody keeps, where no engine runs the step."""


def _nobody_hears(line: str) -> None:
    """Take a line that nobody hears, where no engine runs the step."""


def _nobody_stops() -> bool:
    """Say that nobody wants the step to end."""
    return False


@attrs.frozen
class Attempt:
    """One try at a workflow step, given by the engine that runs it.

    A step that has an effect notes what it is about to do, checks whether it may still do it, and
    leaves the token where the effect can be found again.

    Attributes:
        token: A word that no other attempt at any step has, for whatever the step leaves behind,
            such as a commit's trailer.
        number: Which attempt this is, from 1.
        deadline: Seconds of `time.monotonic` at which it must have ended; None without a limit.
        env: Variables for programs that the step starts.
        earlier: Record of the attempt before this one, if that was interrupted: its ``token``,
            ``number`` and ``notes``, as `recover` was given it. What it had begun can be gone on
            with, such as waiting for an answer to what was sent.
        note: Keeps facts, JSON values only, on disk before it returns; `recover` is given them.
        say: Takes one line of progress, for people.
        stopped: Says whether somebody wants the step to end.
    """

    token: str
    number: int = 1
    deadline: float | None = None
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    earlier: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    note: Callable[[Mapping[str, Any]], None] = _nobody_keeps
    say: Callable[[str], None] = _nobody_hears
    stopped: Callable[[], bool] = _nobody_stops

    @property
    def left(self) -> float | None:
        """Seconds that are left, never less than 0; None without a limit."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Do nothing if the step may go on; to be called before each effect and in each wait.

        Raises:
            StepStopped: If its time is up, or somebody wants it to end.
        """
        if self.stopped():
            raise StepStopped("the step was cancelled")
        if self.left == 0.0:
            raise StepStopped("the step's time is up", hint="give it a longer timeout_secs")

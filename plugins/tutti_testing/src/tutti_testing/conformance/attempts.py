"""Attempts at a step as an engine would make them, and what is on disk when one is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tutti_core import Attempt


class Killed(BaseException):
    """What ends a step as suddenly as a kill, as far as a test can."""


@attrs.define
class Diary:
    """What an attempt noted, in a process that may be killed.

    Attributes:
        lasts: How many notes it takes before the process is killed; -1 for any number.
        killed: Whether it was.
        notes: What was noted, one after the other.
    """

    lasts: int = -1
    killed: bool = False
    notes: list[Mapping[str, Any]] = attrs.field(factory=list)

    def note(self, facts: Mapping[str, Any]) -> None:
        """Keep facts, or end suddenly."""
        if len(self.notes) == self.lasts:
            self.killed = True
            raise Killed
        self.notes.append(json.loads(json.dumps(dict(facts), allow_nan=False)))

    def record(self, attempt: Attempt) -> dict[str, Any]:
        """Return what a step is given to recover from."""
        notes = {key: value for one in self.notes for key, value in one.items()}
        return {"token": attempt.token, "number": attempt.number, "notes": notes}


def begun(
    diary: Diary | None = None,
    *,
    number: int = 1,
    earlier: Mapping[str, Any] | None = None,
    deadline: float | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Attempt:
    """Return an attempt.

    Args:
        diary: Where it notes things.
        number: Which one it is.
        earlier: The record of the attempt that it goes on with.
        deadline: Seconds of `time.monotonic` at which it must have ended.
        stopped: Says whether somebody wants it to end.
    """
    return Attempt(
        f"run-7f3a/step-1/{number}",
        number,
        deadline,
        earlier=earlier or {},
        note=(diary or Diary()).note,
        stopped=stopped or (lambda: False),
    )

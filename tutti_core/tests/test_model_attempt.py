"""An attempt at a step: how much time is left, and whether it may go on."""

from __future__ import annotations

import time

import pytest

from tutti_core import Attempt
from tutti_core.errors import StepStopped


def test_without_a_limit_it_may_go_on() -> None:
    """Nothing ends an attempt that nobody limits, and what it says goes nowhere."""
    attempt = Attempt("run/step/1")
    attempt.check()
    attempt.note({"sha": "abc"})
    attempt.say("going on")
    assert attempt.left is None


def test_what_is_left_is_counted_down() -> None:
    """A limit is told in seconds that are left, and never as fewer than none."""
    left = Attempt("t", deadline=time.monotonic() + 60).left
    assert left is not None
    assert 50 < left <= 60
    assert Attempt("t", deadline=time.monotonic() - 60).left == 0


def test_it_is_stopped_when_its_time_is_up() -> None:
    """Past its limit it says what to do about that."""
    with pytest.raises(StepStopped, match="time is up") as stopped:
        Attempt("t", deadline=time.monotonic()).check()
    assert "timeout_secs" in stopped.value.hint


def test_it_is_stopped_when_somebody_wants_it_to_end() -> None:
    """Being cancelled comes first: that is what a person did."""
    with pytest.raises(StepStopped, match="cancelled"):
        Attempt("t", deadline=time.monotonic(), stopped=lambda: True).check()


def test_its_variables_are_not_shown() -> None:
    """They may hold secrets."""
    assert "s3cret" not in repr(Attempt("t", env={"TOKEN": "s3cret"}))

"""When a pane is looked at, and when what was seen counts."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.reading import Evidence, Reading
from tutti_core.watching.confirming import WINDOW, Stand
from tutti_core.watching.pacing import (
    CEILING_SECS,
    SAMPLE_SECS,
    SILENT_SECS,
    TRAILING_SECS,
    Beat,
    Pace,
)

WORKING = Reading("working", confidence=0.9, evidence=(Evidence("live", "working"),))
IDLE = Reading("idle", confidence=0.6, confirmed=False, evidence=(Evidence("screen", "idle"),))
OWN_IDLE = Reading("idle", confidence=0.9, evidence=(Evidence("live", "idle"),))
LIMITED = Reading("rate_limited", evidence=(Evidence("screen", "rate_limited"),))
UNKNOWN = Reading("unknown")


@given(gaps=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=30))
def test_a_pane_is_due_soon_after_it_was_touched(gaps: list[float]) -> None:
    """It is due once it is silent, and before the ceiling whatever it goes on printing."""
    pace, now, first = Pace(), 100.0, 0.0
    for gap in gaps:
        now += gap
        if now >= pace.due:
            pace.looked(now)
        first = now if pace.due == inf else first
        pace.touched(now)
        assert pace.due == pytest.approx(min(now + TRAILING_SECS, first + CEILING_SECS))


def test_who_says_that_it_works_is_looked_at_once_a_second() -> None:
    """A spinner calls for no look of its own, and silence after it does."""
    pace = Pace()
    pace.looked(100.0)
    pace.sampled = True
    for frame in range(9):
        pace.touched(100.1 + frame / 10)
        assert pace.due > 100.1 + frame / 10 + 0.1
    assert pace.due == pytest.approx(100.0 + SAMPLE_SECS)
    pace.looked(101.0)
    pace.touched(101.1)
    assert pace.due == pytest.approx(101.1 + SILENT_SECS)


def test_who_is_often_silent_while_it_works_is_not_looked_at_more_for_it() -> None:
    """Its silence has to last longer each time; once it works no more, all is as before."""
    pace, now, looks = Pace(), 100.0, 0
    pace.looked(now)
    pace.sampled = True
    for beat in range(1000):
        now = 100.0 + beat / 100
        if beat % 40 == 0:  # four tenths of a second between two words
            pace.touched(now)
        if now >= pace.due or now >= 100.0 + looks + 1:
            pace.looked(now)
            pace.sampled = True
            looks += 1
    assert looks <= 13
    pace.sampled = False
    pace.looked(now)
    pace.sampled = True
    pace.touched(now)
    assert pace.due == pytest.approx(now + SILENT_SECS)


def test_its_own_word_is_looked_at_at_once() -> None:
    """A line in one of its own files calls for a look, even while it is sampled seldom."""
    pace = Pace()
    pace.looked(100.0)
    pace.sampled = True
    pace.touched(100.1)
    pace.word(100.1)
    assert pace.due == pytest.approx(100.1 + TRAILING_SECS)


@given(late=st.floats(0, 10_000))
def test_missed_beats_are_dropped(late: float) -> None:
    """However late it is, it falls once, and then not before its time has passed again."""
    beat = Beat(2.0, 100.0)
    assert beat.fell(100.0 + late)
    assert not beat.fell(100.0 + late)
    assert beat.due == pytest.approx(102.0 + late)


def test_busy_stands_at_once_and_idle_after_a_second_look() -> None:
    """Idle on the word of a screen alone has to hold; on the agent's own word it does at once."""
    stand = Stand()
    assert stand.see(WORKING, 0.0).state == "working"
    assert stand.see(IDLE, 1.0).state == "working"
    assert stand.again == pytest.approx(1.0 + WINDOW)
    assert stand.see(IDLE, 1.0 + WINDOW).state == "idle"
    assert stand.reading is not None
    assert stand.reading.confirmed
    assert stand.see(WORKING, 5.0).state == "working"
    assert stand.see(OWN_IDLE, 6.0).state == "idle"


@pytest.mark.parametrize("odd", [IDLE, LIMITED, UNKNOWN])
def test_a_half_drawn_screen_changes_nothing(odd: Reading) -> None:
    """What is seen for less than its window, between two looks that say otherwise, never stood."""
    stand = Stand()
    stand.see(WORKING, 0.0)
    for number in range(20):
        at = number * 0.5
        assert stand.see(odd, at).state == "working"
        assert stand.see(WORKING, at + 0.25).state == "working"


def test_nothing_is_built_on_the_first_look_at_an_idle_screen() -> None:
    """It is shown with its doubt until it has held."""
    stand = Stand()
    assert not stand.see(IDLE, 0.0).confirmed
    assert not stand.certain
    assert stand.see(IDLE, WINDOW).confirmed
    assert stand.certain


def test_who_stands_for_long_is_steady() -> None:
    """It counts from when the state began, not from the last look."""
    stand = Stand()
    for at in range(31):
        stand.see(WORKING, float(at))
        assert stand.steady(float(at)) == (at >= 30)

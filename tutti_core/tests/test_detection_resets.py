"""When a limit ends, from the words it is printed in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.resets import resets_at
from tutti_core.state.instants import MICROS, micros_of

NOW = micros_of("2026-11-22T14:00:00Z") / MICROS  # a Sunday


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("3pm (UTC)", "2026-11-22T15:00:00Z"),
        ("12:20pm (UTC)", "2026-11-23T12:20:00Z"),
        ("12am (UTC)", "2026-11-23T00:00:00Z"),
        ("at 23:30 UTC", "2026-11-22T23:30:00Z"),
        ("5pm (Europe/Berlin)", "2026-11-22T16:00:00Z"),
        ("Nov 24, 9am (UTC)", "2026-11-24T09:00:00Z"),
        ("Jan 2 at 9:30am (UTC)", "2027-01-02T09:30:00Z"),
        ("Tuesday 9am (UTC)", "2026-11-24T09:00:00Z"),
        ("in 2h 14m", "2026-11-22T16:14:00Z"),
        ("in 3 days 4 hours", "2026-11-25T18:00:00Z"),
        ("in 45 minutes", "2026-11-22T14:45:00Z"),
        ("1795361400", "2026-11-22T15:30:00Z"),
        ("2026-11-22T18:00:00+02:00", "2026-11-22T16:00:00Z"),
    ],
)
def test_what_is_printed(text: str, at: str) -> None:
    """Times of day, dates, spans and instants are all told."""
    assert resets_at(text, NOW) == micros_of(at) / MICROS


@pytest.mark.parametrize("text", ["", "soon", "3pm (Nowhere/Town)", "Feb 31, 9am (UTC)", "at 3"])
def test_what_cannot_be_told(text: str) -> None:
    """What does not say when is not guessed at."""
    assert resets_at(text, NOW) is None


@given(st.text(max_size=60) | st.from_regex(r"in \d{1,9} ?[dhms]|\w{3} \d\d, \d{1,2}[ap]m \(\w+\)"))
def test_any_words(text: str) -> None:
    """Nothing raises, and what ends, ends at some time."""
    found = resets_at(text, NOW)
    assert found is None or found > 0

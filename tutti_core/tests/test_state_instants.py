"""Instants as text: what is written sorts by time, and every RFC 3339 form is read."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.state.instants import is_stamp, micros_of, text_of

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
MOMENTS = st.datetimes(timezones=st.just(dt.timezone.utc))


def micros(moment: dt.datetime) -> int:
    """Count microseconds by the standard library's own arithmetic."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


@given(MOMENTS)
def test_text_is_what_the_standard_library_writes(moment: dt.datetime) -> None:
    """An instant is written as `datetime` would, always with six digits and ``Z``."""
    wanted = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    assert text_of(micros(moment)) == wanted
    assert is_stamp(wanted)


@given(MOMENTS, st.integers(-1439, 1439))
def test_every_offset_names_the_same_instant(moment: dt.datetime, minutes: int) -> None:
    """A time with an offset is read as the instant it names, at every edge of day and year."""
    sign, ahead = ("-" if minutes < 0 else "+"), abs(minutes)
    local = moment.isoformat(timespec="microseconds").replace("+00:00", "")

    read = micros_of(f"{local}{sign}{ahead // 60:02}:{ahead % 60:02}")

    assert read == micros(moment) - minutes * 60_000_000


@given(MOMENTS, MOMENTS)
def test_texts_sort_like_instants(one: dt.datetime, other: dt.datetime) -> None:
    """Comparing two texts is comparing two instants."""
    assert (text_of(micros(one)) < text_of(micros(other))) == (one < other)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22t09:30:00z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22 09:30:00-00:00", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22T09:30:00.5+05:30", "2026-11-22T04:00:00.500000Z"),
        ("2026-11-22T09:30:00.123456999Z", "2026-11-22T09:30:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("0000-02-29T12:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.5-23:59", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_forms_of_rfc_3339(text: str, same: str) -> None:
    """Short, long, lower-case, leap-second and far-off forms are read as their instant."""
    assert text_of(micros_of(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T09:30:00",
        "2026-11-22T09:30:00.Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z",
        "2026-11-22T09:30:61Z",
        "2026-11-22T09:30:00+24:00",
        "2026-11-22T09:30:00+01:60",
        "2026-11-22T09:30:00Z\n",
        "٢٠٢٦-11-22T09:30:00Z",
    ],
)
def test_what_is_not_a_time_is_refused(text: str) -> None:
    """A text that is not RFC 3339, or names no real day or hour, is an error and no stamp."""
    with pytest.raises(ValueError, match=r"RFC 3339|no such|day|month"):
        micros_of(text)
    assert not is_stamp(text)

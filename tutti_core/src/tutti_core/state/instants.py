"""Instants as text: RFC 3339 with microseconds, so that the order of texts is the order of time."""

from __future__ import annotations

import re
import time
from datetime import date
from functools import lru_cache

MICROS = 1_000_000
"""Microseconds in a second."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EARLIEST = (date.min.toordinal() - _EPOCH_DAY) * 86_400 * MICROS
_LATEST = (date.max.toordinal() + 1 - _EPOCH_DAY) * 86_400 * MICROS - 1
_GREGORIAN_CYCLE_DAYS = 146_097  # four hundred years

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)


def text_of(micros: int) -> str:
    """Write an instant the way the journal does.

    Args:
        micros: Microseconds since 1970-01-01 UTC; clamped to the years 1 to 9999.

    Returns:
        ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, always 27 characters.
    """
    seconds, fraction = divmod(min(max(micros, _EARLIEST), _LATEST), MICROS)
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z"


def micros_of(text: str) -> int:
    """Read an instant from any RFC 3339 form.

    Digits beyond the microsecond are cut off, which keeps "later than" exact for the whole
    microseconds of a journal.

    Args:
        text: Date and time with ``Z`` or an offset, and any number of fraction digits.

    Returns:
        Microseconds since 1970-01-01 UTC.

    Raises:
        ValueError: The text is not RFC 3339, or names a day or an hour that does not exist.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    # A leap second is written as second 60 and counts as the second after.
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"no such time of day: {text!r}")
    seconds = _day(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    fraction = int(f"{match[7] or ''}000000"[:6])
    return (seconds - _offset(match)) * MICROS + fraction


def is_stamp(text: str) -> bool:
    """Say whether a text is an instant exactly as `text_of` writes it.

    Args:
        text: Any text.

    Returns:
        True if the form is the journal's own and the day exists.
    """
    return _STAMP.fullmatch(text) is not None and _is_date(text[:10])


def _day(year: int, month: int, day: int) -> int:
    """Count the days since 1970; year 0 exists in RFC 3339 but not in `datetime.date`."""
    if year == 0:
        return _day(400, month, day) - _GREGORIAN_CYCLE_DAYS
    return date(year, month, day).toordinal() - _EPOCH_DAY


def _offset(match: re.Match[str]) -> int:
    """Give the seconds by which the local time of a match is ahead of UTC."""
    if match[8] is None:
        return 0
    hours, minutes = int(match[9]), int(match[10])
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset from UTC: {match[0]!r}")
    return (hours * 3600 + minutes * 60) * (-1 if match[8] == "-" else 1)


@lru_cache(maxsize=64)
def _is_date(text: str) -> bool:
    """Say whether ``YYYY-MM-DD`` exists; lines of one day ask the same question over and over."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

"""When a limit ends: from the words it is printed in to an instant."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone, tzinfo

DAY_SECS = 86_400.0
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"d": DAY_SECS, "h": 3600.0, "m": 60.0, "s": 1.0}

EPOCH = re.compile(r"\b(1[5-9]\d{8}|[23]\d{9})(\d{3})?\b")
SPAN = re.compile(
    r"(\d+(?:\.\d+)?)\s*(d|h|m|s)(?:ays?|(?:ou)?rs?|in(?:ute)?s?|ec(?:ond)?s?)?\b", re.IGNORECASE
)
CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::\d\d)?\s*(?P<half>[ap]\.?m\b)?", re.IGNORECASE
)
DATE = re.compile(
    rf"\b(?P<month>{'|'.join(MONTHS)})[a-z]*\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)",
    re.IGNORECASE,
)
WEEKDAY = re.compile(rf"\b({'|'.join(DAYS)})[a-z]*\b", re.IGNORECASE)
ZONE = re.compile(r"\(([A-Za-z][\w/+-]*)\)|\b(UTC|GMT)\b")
RFC = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")


def resets_at(text: str, now: float) -> float | None:
    """Return when a limit ends, as far as it can be told from what was printed.

    Args:
        text: Such as ``12:20pm (UTC)``, ``Nov 24, 9am``, ``in 2h 14m`` or an epoch.
        now: Epoch seconds when it was printed.

    Returns:
        Epoch seconds; None if the text does not say, or names a zone nobody knows. A time of day
        without a zone is this machine's.
    """
    text = text[:200]
    epoch = EPOCH.search(text)
    if epoch:
        return float(epoch[1])
    try:
        return _written(text, now) or _span(text, now) or _clock(text, now)
    except (ValueError, OverflowError, OSError):
        return None


def _written(text: str, now: float) -> float | None:
    found = RFC.search(text)
    if found is None:
        return None
    at = datetime.fromisoformat(found[0].replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=_here(now))).timestamp()


def _span(text: str, now: float) -> float | None:
    found = re.search(r"\bin\s+(.*)", text, re.IGNORECASE)
    parts = SPAN.findall(found[1]) if found else []
    return now + sum(float(count) * UNITS[unit.lower()] for count, unit in parts) if parts else None


def _clock(text: str, now: float) -> float | None:
    day, weekday, zone = DATE.search(text), WEEKDAY.search(text), _zone(text, now)
    rest = text[: day.start()] + text[day.end() :] if day else text
    clock = next((one for one in CLOCK.finditer(rest) if one["half"] or one["minute"]), None)
    if zone is None or (clock is None and day is None):
        return None
    today = datetime.fromtimestamp(now, zone)
    at = today.replace(hour=_hour(clock), minute=_minute(clock), second=0, microsecond=0)
    if day:
        return _on(at, day, now).timestamp()
    if weekday:
        at += timedelta(days=(DAYS.index(weekday[1].lower()) - at.weekday()) % 7)
        return (at if at.timestamp() > now else at + timedelta(days=7)).timestamp()
    return (at if at.timestamp() > now else at + timedelta(days=1)).timestamp()


def _on(at: datetime, day: re.Match[str], now: float) -> datetime:
    at = at.replace(month=MONTHS.index(day["month"].lower()) + 1, day=int(day["day"]))
    # It ends at some time to come: in January what is printed in December.
    return at if at.timestamp() > now - DAY_SECS else at.replace(year=at.year + 1)


def _hour(clock: re.Match[str] | None) -> int:
    if clock is None:
        return 0
    hour = int(clock["hour"])
    return hour % 12 + (12 if clock["half"][0] in "pP" else 0) if clock["half"] else hour


def _minute(clock: re.Match[str] | None) -> int:
    return int(clock["minute"] or 0) if clock else 0


def _zone(text: str, now: float) -> tzinfo | None:
    named = ZONE.search(text)
    if named is None:
        return _here(now)
    name = named[1] or named[2]
    if name in ("UTC", "GMT"):
        return timezone.utc
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _here(now: float) -> tzinfo:
    """Return this machine's own zone, as it is around an instant."""
    return timezone(timedelta(seconds=time.localtime(now).tm_gmtoff))

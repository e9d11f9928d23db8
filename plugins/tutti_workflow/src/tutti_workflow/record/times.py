"""Times as the journals write them."""

from __future__ import annotations

from datetime import datetime, timezone


def seconds_of(stamp: str) -> float:
    """Return a time as seconds since 1970-01-01 UTC; 0 for none.

    Args:
        stamp: The time, RFC 3339 in UTC as journals write it.
    """
    if not stamp:
        return 0.0
    return datetime.fromisoformat(stamp[:-1]).replace(tzinfo=timezone.utc).timestamp()


def ms_between(start: str, end: str) -> int:
    """Return the milliseconds between two times; 0 if one is missing.

    Args:
        start: The earlier one.
        end: The later one.
    """
    if not (start and end):
        return 0
    return max(0, round((seconds_of(end) - seconds_of(start)) * 1000))


def now() -> str:
    """Return this moment as journals write it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

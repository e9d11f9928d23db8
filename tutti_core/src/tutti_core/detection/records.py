"""Records of a feed: values by dotted path, conditions on them, and the instant of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ..state.instants import MICROS, micros_of
from .regions import pattern

Record = Mapping[str, Any]

FILLED = "*"
"""What a condition says instead of a value if any value will do, as long as there is one."""
LONGEST = 20_000
"""So many characters of a value are looked at by a pattern."""
DEEPEST = 4
"""So many lists in each other are looked into."""
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0
"""The years 2000 to 2100: what is no instant in between is none."""
MILLIS = 1e11
"""A number above it counts milliseconds: as seconds it would be beyond the year 5000."""


class Hit(NamedTuple):
    """What a pattern found in a record.

    Attributes:
        detail: What its group of that name matched, else all it matched.
        reset: What its group of that name matched, else nothing.
    """

    detail: str = ""
    reset: str = ""


def values(record: Any, path: str) -> list[Any]:
    """Return what stands at a dotted path, through lists too; empty if nothing does.

    Args:
        record: A record.
        path: Such as ``message.content.text``, which is the text of every block of a list.
    """
    found = record
    for number, key in enumerate(_keys(path)):
        if isinstance(found, list):
            return _through(found, _keys(path)[number:])
        if not isinstance(found, Mapping) or key not in found:
            return []
        found = found[key]
    return list(_flat([found]))


def texts(record: Any, path: str) -> list[str]:
    """Return the texts at a dotted path."""
    return [one for one in values(record, path) if isinstance(one, str)]


def meets(gate: Mapping[str, Any], record: Record) -> bool:
    """Return whether a record meets every condition of a gate.

    Args:
        gate: A table with `where`, `not` and `regex`, all by path.
        record: A record.
    """
    return (
        all(_is_one(values(record, path), one) for path, one in gate.get("where", {}).items())
        and not any(_is_one(values(record, path), one) for path, one in gate.get("not", {}).items())
        and all(
            _search(regex, texts(record, path)) is not None
            for path, regex in gate.get("regex", {}).items()
        )
    )


def unmet(gate: Mapping[str, Any], record: Record) -> str:
    """Return the first condition of a gate that a record does not meet, in words, or nothing.

    Args:
        gate: A table with `where`, `not` and `regex`, all by path.
        record: A record.
    """
    for path, wanted in gate.get("where", {}).items():
        if not _is_one(values(record, path), wanted):
            return f"{path} is {_shown(values(record, path))}, not {wanted!r}"
    for path, unwanted in gate.get("not", {}).items():
        if _is_one(values(record, path), unwanted):
            return f"{path} is {_shown(values(record, path))}"
    for path, regex in gate.get("regex", {}).items():
        if _search(regex, texts(record, path)) is None:
            return f"the pattern for {path} is not found"
    return ""


def hit_of(gate: Mapping[str, Any], record: Record) -> Hit:
    """Return what the patterns of a gate found in a record that meets it.

    Args:
        gate: A table with `regex` by path.
        record: A record.
    """
    found = Hit()
    for path, regex in gate.get("regex", {}).items():
        match = _search(regex, texts(record, path))
        if match is not None:
            named = match.groupdict()
            detail, reset = named.get("detail") or match[0], named.get("reset")
            found = Hit(found.detail or detail, found.reset or reset or "")
    return found


def instant(record: Record, path: str | None) -> float | None:
    """Return the instant of a record in epoch seconds, or None if it has none.

    Args:
        record: A record.
        path: Where it stands: RFC 3339, or seconds or milliseconds since 1970.
    """
    for value in values(record, path) if path else ():
        found = _seconds(value)
        if found is not None and EARLIEST < found < LATEST:
            return found
    return None


def is_before(record: Record, path: str | None, since: float | None) -> bool:
    """Return whether a record is of another launch: older than the session.

    Args:
        record: A record.
        path: Where its instant stands.
        since: When the session was made, if that is known.
    """
    at = instant(record, path)
    return at is not None and since is not None and at < since


def _through(found: Iterable[Any], keys: Iterable[str]) -> list[Any]:
    for key in keys:
        found = list(_below(found, key))
    return list(_flat(found))


def _below(found: Iterable[Any], key: str) -> Iterator[Any]:
    for one in _flat(found):
        if isinstance(one, Mapping) and key in one:
            yield one[key]


def _flat(found: Iterable[Any], deep: int = DEEPEST) -> Iterator[Any]:
    for one in found:
        if isinstance(one, list):
            yield from _flat(one, deep - 1) if deep else ()
        else:
            yield one


def _is_one(found: list[Any], wanted: Any) -> bool:
    if wanted == FILLED:
        return any(one not in ("", None) for one in found)
    accepted = wanted if isinstance(wanted, list) else [wanted]
    # True is 1 in Python, and is not in JSON.
    return any(one == good and type(one) is type(good) for one in found for good in accepted)


def _search(regex: str, found: list[str]) -> re.Match[str] | None:
    hits = (pattern(regex).search(one[:LONGEST]) for one in found)
    return next((hit for hit in hits if hit is not None), None)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        # What is too large to be divided is no instant, nor is what is not a number.
        return value / 1000 if MILLIS < value < MILLIS**2 else float(max(min(value, MILLIS), 0))
    try:
        return micros_of(value) / MICROS if isinstance(value, str) else None
    except ValueError:
        return None


def _shown(found: list[Any]) -> str:
    if not found:
        return "not there"
    text = repr(found[0])
    return text if len(text) <= 60 else f"{text[:59]}…"


@lru_cache(maxsize=1024)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))

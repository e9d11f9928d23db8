"""Looks into TOML values without trusting their shape: what is of another type is not there.

Wrong types are reported by the conversion; the checks that compare values see only right ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def table(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return the table below some names, or an empty one."""
    found: Any = data
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def tables(data: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the tables of an array of tables with their indexes."""
    found = data.get(name)
    for index, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield index, one


def text(data: Mapping[str, Any], name: str) -> str | None:
    """Return a text, or None."""
    found = data.get(name)
    return found if isinstance(found, str) else None


def texts(data: Mapping[str, Any], name: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of an array with their indexes."""
    found = data.get(name)
    for index, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, str):
            yield index, one


def number(data: Mapping[str, Any], name: str) -> float | None:
    """Return a number, or None."""
    found = data.get(name)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None

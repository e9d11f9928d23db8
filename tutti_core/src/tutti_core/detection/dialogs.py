"""Dialogs: what can be chosen in one, and which key gives which answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..model.reading import Option
from .regions import Parts, pattern

ANSWERS = ("allow", "always", "deny", "text")
"""``allow`` this once; ``always`` this and what is like it; ``deny`` it; ``text`` for the row that
takes words of one's own."""
MOST = 30
"""Options of a dialog that are kept."""


def options_of(part: Mapping[str, Any] | None, parts: Parts) -> tuple[Option, ...]:
    """Return the lines of a dialog that can be chosen.

    A conversation may have lists of its own: only the last run of lines counts, and a number that
    is not above the one before it begins another run.

    Args:
        part: The `[options]` part of a rule file, or None if it has none.
        parts: The screen.
    """
    if not part:
        return ()
    run: list[Option] = []
    then = part.get("then", "")
    for found in pattern(part["regex"]).finditer(parts.region(part.get("region", "modal"))):
        named = found.groupdict()
        key = f"{named['key']} {then}".strip() if named.get("key") else ""
        option = Option(key, " ".join((named.get("text") or "").split())[:200])
        if run and _begins_anew(run[-1].key, option.key):
            run = []
        run.append(option)
    return tuple(run[:MOST])


def answers_of(rule: Mapping[str, Any], options: Iterable[Option]) -> dict[str, str]:
    """Return what to press for each answer that a dialog offers.

    Args:
        rule: The rule that recognised it; each of its `answers` is a key, or behind a ``/`` a
            pattern for the text of the option; behind ``#/`` of one that its key only marks.
        options: What can be chosen.

    Returns:
        Keys by the answers; ``#N`` for the Nth option, which has none of its own.
    """
    found = {}
    for answer, said in rule.get("answers", {}).items():
        key = said
        if said.startswith(("/", "#/")):
            key = _chosen(said.partition("/")[2], options, walk=said.startswith("#"))
        if key:
            found[answer] = key
    return found


def _chosen(regex: str, options: Iterable[Option], *, walk: bool) -> str:
    """Return the key of the option that is meant; its place to go there, or where it has none."""
    for place, one in enumerate(options, 1):
        if pattern(regex).search(one.text):
            return f"#{place}" if walk or not one.key else one.key
    return ""


def _begins_anew(before: str, key: str) -> bool:
    if before.isdecimal() and key.isdecimal():
        return int(key) <= int(before)
    return before.isdecimal() != key.isdecimal()

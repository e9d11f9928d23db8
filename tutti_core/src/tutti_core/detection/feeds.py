"""Evidence from feeds: what hooks and the CLI itself wrote down, by the newest record of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.reading import Evidence, Observation
from .records import Record, hit_of, instant, is_before, meets, texts

WEAK = 0.5
"""At this confidence and below a piece of evidence speaks only when no other source does."""
SHORT = 200
"""So many characters of what was matched are shown."""

MOST_KNOWN = 1024
"""So many findings are remembered."""

_Found = tuple[Mapping[str, Any], Record] | None

# What was found, beside the rules and the records themselves: so their numbers stay theirs.
_memory: dict[tuple[int, int, float | None], tuple[object, object, _Found]] = {}


def from_feeds(rules: Mapping[str, Any], seen: Observation) -> Iterator[Evidence]:
    """Yield what the rules for feeds make of an observation: one piece for each feed at most.

    Args:
        rules: A rule file as `compile_rules` returns it.
        seen: What was seen.
    """
    for feed, own in rules.get("feed", {}).items():
        found = _known(own, seen.feeds.get(feed, ()), seen.started)
        if found is not None:
            yield _evidence(feed, *found, seen)


def decisive(
    rules: Sequence[Mapping[str, Any]], records: Sequence[Record], since: float | None
) -> tuple[Mapping[str, Any], Record] | None:
    """Return the newest record that a rule matches, with that rule, or None if there is none.

    Args:
        rules: The rules for one feed.
        records: Its records, the newest last.
        since: When the session was made; what is older is of another one.
    """
    for record in reversed(records):
        for rule in rules:
            if meets(rule, record):
                return None if is_before(record, rule.get("at"), since) else (rule, record)
    return None


def _known(
    rules: Sequence[Mapping[str, Any]], records: Sequence[Record], since: float | None
) -> _Found:
    """As `decisive`: for whoever looks again and again, and finds the very same records."""
    if not isinstance(records, tuple):
        return decisive(rules, records, since)
    key = (id(rules), id(records), since)
    if key not in _memory:
        if len(_memory) >= MOST_KNOWN:
            _memory.clear()
        _memory[key] = rules, records, decisive(rules, records, since)
    return _memory[key][2]


def age_of(record: Record, rule: Mapping[str, Any], now: float) -> float | None:
    """Return how old a record is in seconds, or None if it does not say.

    Args:
        record: The record.
        rule: A rule, which says where the instant stands.
        now: Epoch seconds.
    """
    at = instant(record, rule.get("at"))
    return None if at is None else max(0.0, now - at)


def text_at(said: str, record: Record) -> str:
    """Return what a rule says of a record: a text of its own, or what stands at a path.

    Args:
        said: A text, or a dotted path.
        record: The record.
    """
    found = texts(record, said) if " " not in said else []
    # A path to nothing is no text for people.
    return next(filter(None, found), "" if "." in said and " " not in said else said)


def _evidence(feed: str, rule: Mapping[str, Any], record: Record, seen: Observation) -> Evidence:
    hit, age = hit_of(rule, record), age_of(record, rule, seen.now)
    confidence, fades = rule.get("confidence", 0.9), rule.get("fades")
    if age is not None and fades is not None and age > fades:
        confidence = min(confidence, WEAK)
    said = text_at(rule["detail"], record) if "detail" in rule else hit.detail
    return Evidence(
        feed,
        rule["state"],
        rule.get("kind", ""),
        rule["id"],
        " ".join(said.split())[:SHORT],
        confidence,
        age,
        rule.get("priority", 0),
        " ".join(hit.reset.split())[:SHORT],
        fades=fades,
    )

"""Why a rule spoke or did not: every rule of a runtime, held against what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..model.reading import Observation
from .evidence import Gate, gates, parts_of
from .feeds import age_of, decisive
from .records import unmet
from .regions import Parts

SHOWN = 60
"""So many characters of a long pattern are shown."""


class Tried(NamedTuple):
    """One rule, and what became of it.

    Attributes:
        source: The part of the rule file it stands in: ``title``, ``screen``, ``piece``, or
            the name of a feed.
        rule: Its identifier.
        state: The state it stands for.
        kind: The kind of answer that state needs, empty if none.
        region: The part of the screen it looks at; empty for a feed.
        priority: Its priority.
        outcome: ``spoke``; ``matched`` but an earlier rule spoke; ``nearly`` all of it matched but
            one condition; ``no``.
        why: What it matched, or the first condition that was not met.
        origin: The file that changed or added it; empty if it is the runtime's own.
    """

    source: str
    rule: str
    state: str
    kind: str
    region: str
    priority: int
    outcome: str
    why: str
    origin: str = ""


def explain(rules: Mapping[str, Any] | None, seen: Observation) -> list[Tried]:
    """Return every rule for feeds, titles and screens in order, with why it spoke or did not.

    Args:
        rules: A rule file as `compile_rules` returns it; None where there is none.
        seen: What was seen.
    """
    if rules is None:
        return []
    fed = [tried for feed, own in rules.get("feed", {}).items() for tried in _fed(feed, own, seen)]
    return fed + [
        tried for source, parts in parts_of(rules, seen) for tried in _all(rules, source, parts)
    ]


def _fed(feed: str, rules: Sequence[Mapping[str, Any]], seen: Observation) -> Iterator[Tried]:
    records = tuple(seen.feeds.get(feed, ()))
    spoke = decisive(rules, records, seen.started)
    for rule in rules:
        outcome, why = _heard(rule, records, spoke, seen)
        kind, priority = rule.get("kind", ""), rule.get("priority", 0)
        said = (rule["id"], rule["state"], kind, "", priority, outcome, why, rule.get("from", ""))
        yield Tried(feed, *said)


def _heard(
    rule: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    spoke: tuple[Mapping[str, Any], Mapping[str, Any]] | None,
    seen: Observation,
) -> tuple[str, str]:
    """Return what became of a rule for a feed, by the newest record that it matches."""
    if not records:
        return "no", "nothing was written down"
    mine = decisive([rule], records, seen.started)
    if mine is None:
        why = unmet(rule, records[-1])
        return "no", f"none of {len(records)} records; the last: {why or 'it is of another launch'}"
    age = age_of(mine[1], rule, seen.now)
    told = "it does not say when" if age is None else f"{age:.1f} seconds ago"
    if spoke is not None and spoke[0] is rule:
        return "spoke", told
    return "matched", f"{told}; but {spoke[0]['id'] if spoke else 'another'} spoke later"


def _all(rules: Mapping[str, Any], source: str, parts: Parts) -> Iterator[Tried]:
    first = ""
    for rule in rules[source]:
        tried = _tried(rule, source, parts, first)
        first = first or (rule["id"] if tried.outcome == "spoke" else "")
        yield tried


def _tried(rule: Mapping[str, Any], source: str, parts: Parts, first: str) -> Tried:
    region = rule.get("region", "screen")
    text = parts.region(region)
    met = list(gates(rule, text))
    shut = [gate for gate in met if not gate.open]
    if shut:
        near = len(shut) == 1 and any(gate.open and gate.name != "none" for gate in met)
        outcome, why = "nearly" if near or _half(shut) else "no", _missing(shut[0], text, region)
    else:
        outcome = "matched" if first else "spoke"
        why = f"{_found(met)}{f'; but {first} spoke first' if first else ''}"
    return Tried(
        source,
        rule["id"],
        rule["state"],
        rule.get("kind", ""),
        region,
        rule.get("priority", 0),
        outcome,
        why,
        rule.get("from", ""),
    )


def _half(shut: list[Gate]) -> bool:
    """Return whether all that is missing is a part of what must be there."""
    return len(shut) == 1 and bool(shut[0].detail)


def _found(met: list[Gate]) -> str:
    by_name = {gate.name: gate.detail for gate in met}
    return repr(next(by_name[name] for name in ("regex", "any", "all") if name in by_name))


def _missing(gate: Gate, text: str, region: str) -> str:
    if not text:
        return f"{region} is empty" if region != "screen" else "there is nothing"
    if gate.name == "all":
        return f"all: {next(word for word in gate.wanted if word not in text)!r} is not there"
    if gate.name == "none":
        return f"none: {gate.detail!r} is there"
    if gate.name == "any":
        return f"any: none of {', '.join(map(repr, gate.wanted))} is there"
    return f"regex: {_short(gate.wanted[0])} is not found"


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= SHOWN else f"{pattern[: SHOWN - 1]}…"

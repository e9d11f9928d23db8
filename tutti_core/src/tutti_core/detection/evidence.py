"""Evidence from rules: the live-status file, feeds, the title and the screen, each by its part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..model.reading import Evidence, Observation, Option
from .dialogs import answers_of, options_of
from .feeds import from_feeds
from .regions import SPOKEN, Parts, pattern, rows_of

ERRORS = ("auth_failed", "rate_limited", "provider_down")
STARTING_SECS = 60.0
WAITS = 40
"""Priority of a live-status file that says the agent waits: below a dialog that is recognised, so
that the screen can say better what for, and above one that only looks like some dialog."""


def gather(rules: Mapping[str, Any], seen: Observation) -> list[Evidence]:
    """Return what a runtime's rules make of an observation.

    Args:
        rules: A rule file as `compile_rules` returns it.
        seen: What was seen.
    """
    found = [*_live(rules.get("live"), seen), *from_feeds(rules, seen)]
    for source, parts in parts_of(rules, seen):
        found += _first(rules, source, parts)
    return found


def parts_of(rules: Mapping[str, Any], seen: Observation) -> Iterator[tuple[str, Parts]]:
    """Yield what rules look at, with the name of the rules that do: the title, the screen.

    A screen that may be only a piece of one is looked at by the rules for pieces too.

    Args:
        rules: A rule file as `compile_rules` returns it.
        seen: What was seen.
    """
    if seen.title is not None:
        yield "title", Parts([seen.title])
    if seen.screen is not None:
        composer = rules.get("composer") or {}
        rows, cursor, whole = rows_of(seen.screen.text), seen.screen.cursor, seen.screen.whole
        parts = Parts(rows, composer, rules.get("marks"), cursor, whole)
        yield "screen", parts
        if not whole and rules.get("piece"):
            yield "piece", parts


class Gate(NamedTuple):
    """One condition of a rule, held against a text.

    Attributes:
        name: ``all``, ``any``, ``none`` or ``regex``.
        wanted: The words, or the pattern.
        open: Whether the rule may pass.
        detail: What was found: what opens it, or for ``none`` what shuts it.
        reset: When a limit ends, if the pattern has a group of that name.
    """

    name: str
    wanted: tuple[str, ...]
    open: bool
    detail: str
    reset: str = ""


def gates(rule: Mapping[str, Any], text: str) -> Iterator[Gate]:
    """Yield the conditions of a rule, each held against a text when it is asked for.

    Args:
        rule: A rule of a compiled rule file.
        text: The region that the rule looks at.
    """
    for name, opens in (("all", all), ("any", any), ("none", _nothing)):
        wanted = tuple(rule.get(name, ()))
        if wanted:
            hits = [word for word in wanted if word in text]
            yield Gate(name, wanted, opens([word in hits for word in wanted]), (*hits, "")[0])
    if "regex" in rule:
        hit = pattern(rule["regex"]).search(text)
        found = (_group(hit, "detail") or _line(hit[0]), _group(hit, "reset")) if hit else ("", "")
        yield Gate("regex", (rule["regex"],), hit is not None, *found)


def matched(rule: Mapping[str, Any], parts: Parts) -> str | None:
    """Return what a rule matched in a screen or a title, or None if it does not match."""
    found = _held(rule, parts)
    return None if found is None else _shown(found)


def _held(rule: Mapping[str, Any], parts: Parts) -> Mapping[str, Gate] | None:
    """Return the conditions of a rule by name if all of them are met."""
    found: dict[str, Gate] = {}
    for gate in gates(rule, parts.region(rule.get("region", "screen"))):
        if not gate.open:
            return None
        found[gate.name] = gate
    return found


def _shown(found: Mapping[str, Gate]) -> str:
    return next(found[name].detail for name in ("regex", "any", "all") if name in found)


def _first(rules: Mapping[str, Any], source: str, parts: Parts) -> Iterator[Evidence]:
    """Yield what the first rule that matches says; if that explains a rest, what rests too."""
    explained = False
    for rule in rules[source]:
        found = None if explained and rule["state"] != "idle" else _held(rule, parts)
        if found is not None:
            chosen = rules.get("options") if "answers" in rule else None
            options = options_of(chosen, parts)
            yield _evidence(rule, "screen" if source == "piece" else source, found, options)
            if explained or not _explains(rule):
                return
            explained = True


def _explains(rule: Mapping[str, Any]) -> bool:
    """Return whether a rule says why an agent is quiet, which may be over while it is quiet."""
    return rule["state"] in ERRORS and not rule.get("kind") and rule.get("priority", 0) <= 0


def _evidence(
    rule: Mapping[str, Any], source: str, found: Mapping[str, Gate], options: tuple[Option, ...]
) -> Evidence:
    return Evidence(
        source,
        rule["state"],
        rule.get("kind", ""),
        rule["id"],
        rule.get("detail", _shown(found)),
        rule.get("confidence", 0.9),
        priority=rule.get("priority", 0),
        resets=found["regex"].reset if "regex" in found else "",
        options=options,
        answers=answers_of(rule, options),
        spoken=source != "title" and is_spoken(rule),
    )


def is_spoken(rule: Mapping[str, Any]) -> bool:
    """Return whether what a rule for screens matches may stand in the conversation."""
    return rule.get("region", "screen").partition(":")[0] in SPOKEN


def _live(live: Mapping[str, Any] | None, seen: Observation) -> Iterator[Evidence]:
    if live is None or seen.live is None:
        return
    word = seen.live.get(live["state"])
    age = None if seen.live_at is None else max(0.0, seen.now - seen.live_at)
    if word is None and "missing" in live and _young(seen):
        yield Evidence("live", live["missing"], "", "missing", confidence=0.9, age=age)
    state = live["states"].get(word) if isinstance(word, str) else None
    if state is None:
        return
    wanted = seen.live.get(live.get("kind", ""), "")
    kind = live.get("kinds", {}).get(wanted, "dialog") if state == "waiting" else ""
    priority = WAITS if state == "waiting" else 0
    yield Evidence("live", state, kind, str(word), str(wanted or word), 0.99, age, priority)


def _young(seen: Observation) -> bool:
    return seen.started is not None and seen.now - seen.started < STARTING_SECS


def _nothing(found: Iterable[bool]) -> bool:
    return not any(found)


def _group(hit: re.Match[str], name: str) -> str:
    return _line(hit.groupdict().get(name) or "")


def _line(text: str) -> str:
    return " ".join(text.replace("│", " ").split())[:200]

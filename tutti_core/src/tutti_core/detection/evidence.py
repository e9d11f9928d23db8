"""Evidence from rules: the live-status file, the title and the screen, each by its own part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..model.reading import Evidence, Observation
from .regions import region, rows_of

WEAK = 0.5


def gather(rules: Mapping[str, Any], seen: Observation) -> list[Evidence]:
    """Return what a runtime's rules make of an observation.

    Args:
        rules: A rule file as `compile_rules` returns it.
        seen: What was seen.
    """
    found = [*_live(rules.get("live"), seen)]
    if seen.title is not None:
        found += _first(rules["title"], "title", [seen.title])
    if seen.screen is not None:
        found += _first(rules["screen"], "screen", rows_of(seen.screen.text))
    return found


def matched(rule: Mapping[str, Any], rows: Sequence[str]) -> str | None:
    """Return what a rule matched in a screen or a title, or None if it does not match."""
    text = region(rows, rule.get("region", "screen"))
    if not all(word in text for word in rule.get("all", ())):
        return None
    hits = [word for word in rule.get("any", ()) if word in text]
    if (rule.get("any") and not hits) or any(word in text for word in rule.get("none", ())):
        return None
    if "regex" not in rule:
        return str((hits or rule["all"])[0])
    hit = pattern(rule["regex"]).search(text)
    return _detail(hit) if hit else None


@lru_cache(maxsize=1024)
def pattern(regex: str) -> re.Pattern[str]:
    """Return a compiled pattern, compiled when it is first needed."""
    return re.compile(regex)


def _first(rules: Any, source: str, rows: Sequence[str]) -> Iterator[Evidence]:
    for rule in rules:
        hit = matched(rule, rows)
        if hit is not None:
            confidence = rule.get("confidence", 0.9)
            kind, name = rule.get("kind", ""), rule["id"]
            yield Evidence(source, rule["state"], kind, name, rule.get("detail", hit), confidence)
            return


def _live(live: Mapping[str, Any] | None, seen: Observation) -> Iterator[Evidence]:
    word = seen.live.get(live["state"]) if live and seen.live else None
    state = live["states"].get(word) if live and isinstance(word, str) else None
    if live is None or seen.live is None or state is None:
        return
    wanted = seen.live.get(live.get("kind", ""), "")
    kind = live.get("kinds", {}).get(wanted, "dialog") if state == "waiting" else ""
    age = None if seen.live_at is None else max(0.0, seen.now - seen.live_at)
    yield Evidence("live", state, kind, str(word), str(wanted or word), 0.99, age)


def _detail(hit: re.Match[str]) -> str:
    named = hit.groupdict().get("detail")
    return " ".join((named or hit.group(0)).split())[:200]

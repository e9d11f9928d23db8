"""How full an agent's context is, always in percent used: what is left is turned round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.reading import Observation
from .records import Record, meets, texts, values
from .regions import Parts, pattern

MOST = 1e12
"""What is said to be more is no count of tokens."""


def context_of(
    rules: Mapping[str, Any] | None, seen: Observation, shown: Mapping[str, Parts]
) -> int | None:
    """Return how full the context is, in percent used, or None if nothing says so.

    What a feed counted is exact; else what the title or the screen says counts.

    Args:
        rules: A rule file as `compile_rules` returns it, or None if there is none.
        seen: What was seen.
        shown: The title and the screen, cut into parts.
    """
    for part in (rules or {}).get("context", ()):
        found = _counted(part, seen) if "feed" in part else _printed(part, shown)
        if found is not None:
            return found
    return None


def _counted(part: Mapping[str, Any], seen: Observation) -> int | None:
    for record in reversed(seen.feeds.get(part["feed"], ())):
        if meets(part, record):
            return _percent(_used(part, record), _window(part, record, seen))
    return None


def _used(part: Mapping[str, Any], record: Record) -> float:
    found = [value for path in part["used"] for value in values(record, path)]
    return float(sum(value for value in found if _is_count(value)))


def _window(part: Mapping[str, Any], record: Record, seen: Observation) -> float:
    said = part.get("window", 0)
    for value in values(record, said) if isinstance(said, str) else [said]:
        if _is_count(value) and value > 0:
            return float(value)
    for model in _models(part.get("model", ()), record, seen):
        for regex, size in part.get("windows", {}).items():
            if pattern(regex).search(model):
                return float(size)
    return 0.0


def _models(paths: Sequence[str], record: Record, seen: Observation) -> Iterator[str]:
    """Yield what the model is called, by the record itself or by another feed.

    What another calls it may say more of it, such as its window; it may also be of a model that
    was left since.
    """
    own = [text for path in paths if ":" not in path for text in texts(record, path)]
    for path in paths:
        feed, colon, inner = path.partition(":")
        if colon:
            others = (
                text for one in reversed(seen.feeds.get(feed, ())) for text in texts(one, inner)
            )
            told = next(filter(None, others), "")
            yield from [told] if not own or told.startswith(tuple(own)) else ()
        else:
            yield from texts(record, path)


def _printed(part: Mapping[str, Any], shown: Mapping[str, Parts]) -> int | None:
    parts = shown.get(part["source"])
    text = parts.region(part.get("region", "screen")) if parts else ""
    hit = pattern(part["regex"]).search(text)
    if hit is None:
        return None
    named = hit.groupdict()
    left = named.get("used") is None
    try:
        number = float(named["left"] if left else named["used"])
    except (KeyError, TypeError, ValueError):
        return None
    return _percent(100 - number if left else number, 100)


def _percent(used: float, window: float) -> int | None:
    # What is more than full has another window than the one that is known.
    return round(used / window * 100) if 0 <= used <= window and window > 0 else None


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < MOST and not isinstance(value, bool)

"""Turns: the proof that one began, that it ended, and what the agent said in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..model.reading import Observation
from .records import Record, instant, is_before, meets, texts


class Mark(NamedTuple):
    """A turn begins or ends here.

    Attributes:
        at: When, in epoch seconds; None if its record does not say.
        text: What it is about: the prompt that was taken, as far as it was written down.
        feed: Name of the feed that says so.
    """

    at: float | None
    text: str
    feed: str


class Turns(NamedTuple):
    """What the feeds of an agent know of its turns, since its launch.

    Attributes:
        begun: Prompts that were taken, in order of time.
        ended: Ends of turns, in order of time; nothing is an end that no rule calls so.
        answer: What the agent has said since the last prompt, in the feed that has its words;
            without what it did. Empty if it said nothing, or nothing has its words, or the prompt
            itself is no longer in what was read: it is whole, or it is not given.

    Two feeds may tell of one moment a little apart: what came first is known within a feed only.
    """

    begun: tuple[Mark, ...] = ()
    ended: tuple[Mark, ...] = ()
    answer: str = ""


def turns(rules: Mapping[str, Any] | None, seen: Observation) -> Turns:
    """Return what the feeds of an agent know of its turns.

    Each feed that has marks gives its own: a prompt that both hooks and the transcript wrote down
    is in `begun` twice.

    Args:
        rules: A rule file as `compile_rules` returns it, or None if there is none.
        seen: What was seen.
    """
    part = (rules or {}).get("turn")
    if not part:
        return Turns()
    begun = _marks(part["begin"], seen)
    return Turns(begun, _marks(part["end"], seen), _answer(part, seen))


def last_begun(rules: Mapping[str, Any] | None, seen: Observation) -> float | None:
    """Return when a turn began last, by the feeds of an agent, since its launch; None if none did.

    Args:
        rules: A rule file as `compile_rules` returns it, or None if there is none.
        seen: What was seen.
    """
    times = (mark.at for mark in turns(rules, seen).begun if mark.at is not None)
    return max(times, default=None)


def answer_to(rules: Mapping[str, Any] | None, seen: Observation, prompt: str) -> str:
    """Return what the agent said to one prompt, until the next.

    Args:
        rules: A rule file as `compile_rules` returns it, or None if there is none.
        seen: What was seen.
        prompt: The prompt, or its beginning; the last one with that text counts.

    Returns:
        Its words, or nothing if the prompt is not among what was written down.
    """
    part = (rules or {}).get("turn")
    return _answer(part, seen, prompt) if part and _bare(prompt) else ""


def _marks(gates: Sequence[Mapping[str, Any]], seen: Observation) -> tuple[Mark, ...]:
    found = [mark for feed, own in _by_feed(gates) for mark in _in_feed(feed, own, seen)]
    return tuple(sorted(found, key=lambda mark: mark.at or 0.0))


def _in_feed(feed: str, gates: Sequence[Mapping[str, Any]], seen: Observation) -> Iterator[Mark]:
    for record in seen.feeds.get(feed, ()):
        gate = _first(gates, record)
        if gate is not None and not is_before(record, gate.get("at"), seen.started):
            yield Mark(instant(record, gate.get("at")), _text(gate, record), feed)


def _answer(part: Mapping[str, Any], seen: Observation, prompt: str = "") -> str:
    for feed, gates in _by_feed(part["answer"]):
        begins = [gate for gate in part["begin"] if gate["feed"] == feed]
        said = _said(gates, begins, feed, seen, prompt)
        if said:
            return "\n\n".join(said)
    return ""


def _said(
    gates: Sequence[Mapping[str, Any]],
    begins: Sequence[Mapping[str, Any]],
    feed: str,
    seen: Observation,
    prompt: str,
) -> list[str]:
    """Return the texts since the last prompt, or since the last one of that text until the next."""
    found: list[str] = []
    heard = False
    for record in seen.feeds.get(feed, ()):
        gate = _first(begins, record)
        if gate is not None:
            mine = not prompt or _same(_text(gate, record), prompt)
            heard = mine and not is_before(record, gate.get("at"), seen.started)
            found = [] if mine else found
        elif heard:
            told = _first(gates, record)
            found += [] if told is None else texts(record, told["text"])
    return [text.strip() for text in found if text.strip()]


def _first(gates: Iterable[Mapping[str, Any]], record: Record) -> Mapping[str, Any] | None:
    return next((gate for gate in gates if meets(gate, record)), None)


def _text(gate: Mapping[str, Any], record: Record) -> str:
    return "\n".join(texts(record, gate["text"])) if "text" in gate else ""


def _same(taken: str, prompt: str) -> bool:
    """Return whether what was taken is a prompt: either may have been cut, and blanks differ."""
    one, other = _bare(taken), _bare(prompt)
    return bool(one) and (one.startswith(other) or other.startswith(one))


def _bare(text: str) -> str:
    return "".join(text.split())


def _by_feed(
    gates: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for gate in gates:
        found.setdefault(gate["feed"], []).append(gate)
    yield from found.items()

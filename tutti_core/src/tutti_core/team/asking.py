"""What a person can do about an agent that asks; on the path of ``tt status``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.reading import Reading

MOST = 5
"""So many choices are named by their keys; more are looked up with `tt answer AGENT`."""


def name_of(key: str, place: int) -> str:
    """Return what a choice is called: its key, without what is pressed behind it, or its number.

    Args:
        key: Its key; empty if it has none of its own.
        place: Its place, from 0.
    """
    return key.partition(" ")[0] or str(place + 1)


def way_of(agent: str, kind: str, answers: Collection[str] = (), keys: Sequence[str] = ()) -> str:
    """Return the command that answers what an agent asks.

    Args:
        agent: The agent.
        kind: What it waits to be told, one of `KINDS`.
        answers: The answers by meaning that its dialog has.
        keys: What chooses each of the choices.
    """
    if kind == "trust" and "allow" in answers:
        return f"tt trust {agent}"
    if kind != "trust" and answers and kind == "permission":
        return f"tt answer {agent} {'|'.join(answers)}"
    if kind != "trust" and keys:
        named = [name_of(key, place) for place, key in enumerate(keys)]
        return f"tt answer {agent} {'|'.join(named) if len(named) <= MOST else named[0] + '|…'}"
    if kind != "trust" and answers:
        return f"tt answer {agent} {'|'.join(answers)}"
    return f"tt attach {agent}"


def way_for(agent: str, reading: Reading) -> str:
    """Return the command that answers what an agent asks, by its reading.

    Args:
        agent: The agent.
        reading: How it is.
    """
    keys = [one.key for one in reading.options]
    return way_of(agent, reading.kind, tuple(reading.answers), keys)

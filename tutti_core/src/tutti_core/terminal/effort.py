"""How much time of the processor an agent has used, and what it started has."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from . import proctable

_USER, _ENDED = slice(11, 13), slice(13, 15)
"""Fields 14 to 17 of a stat file, see proc(5): its own time, and that of its ended children."""


class Effort(NamedTuple):
    """Time of the processor, in seconds.

    Attributes:
        own: What the process itself has used.
        others: What everybody has whom it started, those included that have ended.
    """

    own: float
    others: float


def efforts(pids: Collection[int]) -> dict[int, Effort]:
    """Return what some processes and their offspring have used.

    Args:
        pids: Their numbers.

    Returns:
        By number; whoever is not there, or cannot be asked, is missing.
    """
    everybody = proctable.table() if pids else {}
    children: dict[int, list[int]] = {}
    for one in everybody.values():
        children.setdefault(one.parent, []).append(one.pid)
    return {pid: found for pid in pids if (found := _effort(pid, children)) is not None}


def _effort(pid: int, children: Mapping[int, list[int]]) -> Effort | None:
    mine = _spent(pid)
    if mine is None:
        return None
    own, others = mine
    met, left = {pid}, list(children.get(pid, ()))
    while left:
        one = left.pop()
        if one not in met:
            met.add(one)
            others += sum(_spent(one) or ())
            left += children.get(one, ())
    return Effort(own, others)


def _spent(pid: int) -> tuple[float, float] | None:
    """Return the time a process and its ended children have used, in seconds; None if unknown."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        return sum(map(int, fields[_USER])) / ticks, sum(map(int, fields[_ENDED])) / ticks
    except (OSError, ValueError, IndexError):
        return None

"""Which step waits for which: resolution of `depends_on`, cycles, waves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Common


class Tangle(Exception):
    """What is wrong with the `depends_on` of a workflow.

    Attributes:
        faults: Places of steps, from 0, each with what is wrong there.
    """

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__(faults[0][1])
        self.faults = tuple(faults)


def needs_of(commons: Sequence[Common]) -> list[frozenset[int]]:
    """Return for each step the places of those it waits for.

    A step that does not say waits for the one before it.

    Args:
        commons: The steps, in order.

    Raises:
        Tangle: If a step waits for none that there is, for itself, or in a circle.
    """
    ids = {common.id: place for place, common in enumerate(commons) if common.id is not None}
    faults: list[tuple[int, str]] = []
    needs: list[frozenset[int]] = []
    for place, common in enumerate(commons):
        if common.depends_on is None:
            needs.append(frozenset({place - 1} if place else ()))
            continue
        found = []
        for entry in common.depends_on:
            target, fault = _target(entry, place, ids, len(commons))
            if fault is None and target in found:
                fault = f"names step {target + 1} twice"
            if fault:
                faults.append((place, fault))
            else:
                found.append(target)
        needs.append(frozenset(found))
    if not faults:
        faults = [(circle[0], _said(circle, commons)) for circle in circles(needs)]
    if faults:
        raise Tangle(faults)
    return needs


def _target(
    entry: int | str, place: int, ids: dict[str, int], total: int
) -> tuple[int, str | None]:
    if isinstance(entry, str) and entry in ids:
        target = ids[entry]
    elif isinstance(entry, int) and 1 <= entry <= total:
        target = entry - 1
    elif isinstance(entry, int):
        return -1, f"there is no step {entry}: they are numbered from 1 to {total}"
    else:
        known = ", ".join(sorted(ids)) or "none has one"
        return -1, f"no step has the id {entry!r} (ids here: {known})"
    return target, "a step cannot wait for itself" if target == place else None


def circles(needs: Sequence[frozenset[int]]) -> Iterator[list[int]]:
    """Yield circles of steps that wait for each other, each step in one of them at most.

    Args:
        needs: For each step the places of those it waits for.

    Yields:
        The places along a circle, from its first step on.
    """
    left = _tangled(needs, set(range(len(needs))))
    while left:
        trail = [min(left)]
        while (after := min(needs[trail[-1]] & left)) not in trail:
            trail.append(after)
        circle = trail[trail.index(after) :]
        first = circle.index(min(circle))
        yield circle[first:] + circle[:first]
        left = _tangled(needs, left - set(circle))


def _tangled(needs: Sequence[frozenset[int]], left: set[int]) -> set[int]:
    """Return those of some steps that can never begin."""
    while ready := {place for place in left if not needs[place] & left}:
        left = left - ready
    return left


def _said(circle: list[int], commons: Sequence[Common]) -> str:
    names = [commons[place].id or f"step {place + 1}" for place in [*circle, circle[0]]]
    return f"waits in a circle: {' waits for '.join(names)}"


def waves(needs: Sequence[frozenset[int]]) -> list[list[int]]:
    """Return the steps in waves, each step in the first one in which it can begin.

    Args:
        needs: For each step the places of those it waits for, without circles.
    """
    level: dict[int, int] = {}
    left = set(range(len(needs)))
    found: list[list[int]] = []
    while left:
        ready = sorted(place for place in left if needs[place] <= level.keys())
        found.append(ready)
        level.update(dict.fromkeys(ready, len(found)))
        left -= set(ready)
    return found


def with_needs(needs: Sequence[frozenset[int]], wanted: set[int]) -> set[int]:
    """Return some steps and all that they wait for, at any distance.

    Args:
        needs: For each step the places of those it waits for.
        wanted: The places of the steps.
    """
    found: set[int] = set()
    open_ = set(wanted)
    while open_:
        found |= open_
        open_ = {far for place in open_ for far in needs[place]} - found
    return found


def with_dependents(needs: Sequence[frozenset[int]], changed: set[int]) -> set[int]:
    """Return some steps and all that wait for them, at any distance.

    Args:
        needs: For each step the places of those it waits for.
        changed: The places of the steps.
    """
    found = set(changed)
    while more := {place for place, need in enumerate(needs) if need & found} - found:
        found |= more
    return found

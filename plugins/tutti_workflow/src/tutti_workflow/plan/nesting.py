"""Workflows within workflows: which nest each other in a circle, and how deep they may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Workflow

NESTS = "workflow"
"""The type of the step that runs another workflow, and its key that names it."""
DEEPEST = 8
"""How many workflows may be within each other."""


def cycles(flows: Sequence[Workflow]) -> Iterator[tuple[int, int, str]]:
    """Yield the steps with which a workflow would come back to itself, and those of none there is.

    Args:
        flows: All workflows.

    Yields:
        Place of the workflow, place of the step, and what is wrong.
    """
    inner = {flow.name: [name for _, name in _nested(flow)] for flow in flows}
    for place, flow in enumerate(flows):
        for number, name in _nested(flow):
            if name not in inner:
                known = ", ".join(sorted(inner))
                yield place, number, f"there is no workflow {name!r} (workflows here: {known})"
                continue
            way = _way(name, flow.name, inner)
            if way:
                said = " runs ".join([flow.name, *way])
                yield place, number, f"it would never end: {said}"


def _nested(flow: Workflow) -> list[tuple[int, str]]:
    """Return the places of steps that run another workflow, with its name where that is plain."""
    steps = [(n, raw.get(NESTS)) for n, raw in enumerate(flow.step) if raw.get("type") == NESTS]
    return [(n, name) for n, name in steps if isinstance(name, str) and "{{" not in name]


def _way(start: str, goal: str, inner: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from one workflow to another, both included; empty if none."""
    trails, seen = [[start]], {start}
    while trails:
        trail = trails.pop(0)
        if trail[-1] == goal:
            return trail
        for name in inner.get(trail[-1], ()):
            if name not in seen:
                seen.add(name)
                trails.append([*trail, name])
    return []

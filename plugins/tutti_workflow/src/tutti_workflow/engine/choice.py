"""Which steps begin next: a pure question, asked whenever anything has changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..model import GOES_ON
from ..plan.resolve import Node


def startable(
    nodes: Sequence[Node],
    status: Mapping[str, str],
    running: Collection[str],
    due: Mapping[str, float],
    now: float,
    most: int,
) -> list[Node]:
    """Return the steps that may begin now, in the order of the file.

    Args:
        nodes: The steps of the plan.
        status: How each is, by key.
        running: Keys of those under way.
        due: Until when, in seconds of a clock, a step waits for its next attempt.
        now: That clock.
        most: How many may run at once.
    """
    held = {node.holds for node in nodes if node.key in running}
    room = most - len(running)
    found: list[Node] = []
    for node in nodes:
        if len(found) >= room:
            break
        ready = status[node.key] == "pending" and node.key not in running
        if not ready or due.get(node.key, 0.0) > now or (node.holds and node.holds in held):
            continue
        if all(status.get(key) in GOES_ON for key in node.needs):
            found.append(node)
            held.add(node.holds)
    return found

"""Who starts after whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def waves(depends_on: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Group agents so that each comes after everything it depends on.

    Args:
        depends_on: For each agent, in the order of the file, the agents it needs. Agents that are
            not among the keys are taken as being there already.

    Returns:
        Groups whose members are independent of each other, in the order of the file.

    Raises:
        ValueError: If some agents depend on each other in a circle.
    """
    left = dict(depends_on)
    groups: list[list[str]] = []
    while left:
        group = [name for name, needs in left.items() if not _pending(needs, left)]
        if not group:
            raise ValueError(f"agents depend on each other in a circle: {', '.join(left)}")
        groups.append(group)
        left = {name: needs for name, needs in left.items() if name not in group}
    return groups


def _pending(needs: Iterable[str], left: Mapping[str, object]) -> bool:
    return any(need in left for need in needs)

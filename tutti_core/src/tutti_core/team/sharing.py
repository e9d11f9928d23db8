"""Which agents share a folder or a branch, and what they get in each other's way with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.arrangement import Agent, Arrangement

_WILD = frozenset("*?[{")


def shared(team: Arrangement, about: Collection[str] | None = None) -> tuple[str, ...]:
    """Return in words who shares what with whom, a line for each folder and each branch.

    Args:
        team: The arrangement.
        about: Only what one of these agents shares; all of it if None.
    """
    names = {one.name for one in team.agent} if about is None else set(about)
    here = [one for one in team.agent if not team.worktree_of(one)]
    lines = [_folder(here)] if len(here) > 1 and _any(here, names) else []
    return (*lines, *(_branch(*group) for group in _on_one_branch(team) if _any(group[1], names)))


def _any(agents: list[Agent], names: Collection[str]) -> bool:
    return any(one.name in names for one in agents)


def _folder(agents: list[Agent]) -> str:
    said = f"{_named(agents)} work in one folder, yours: they share its files, index and branch"
    pairs = [f"{a.name} and {b.name}" for a, b in combinations(agents, 2) if _overlap(a, b)]
    return said + (f"; scopes overlap of {', of '.join(pairs)}" if pairs else "")


def _on_one_branch(team: Arrangement) -> Iterator[tuple[str, list[Agent]]]:
    groups: dict[str, list[Agent]] = {}
    for agent in team.agent:
        if team.worktree_of(agent):
            groups.setdefault(team.branch_of(agent), []).append(agent)
    return ((branch, group) for branch, group in groups.items() if len(group) > 1)


def _branch(branch: str, agents: list[Agent]) -> str:
    return (
        f"{_named(agents)} are to be on branch {branch}, and git lets one worktree at a time be on"
        " it: whoever is first has it until tt down --clean"
    )


def _named(agents: list[Agent]) -> str:
    *most, last = (one.name for one in agents)
    return f"{', '.join(most)} and {last}"


def _overlap(one: Agent, other: Agent) -> bool:
    """Return whether two agents may be meant to work on one file; without a scope nobody knows."""
    if not one.scope or not other.scope:
        return False
    mine, theirs = _leading(one.scope), _leading(other.scope)
    short = min(len(mine), len(theirs))
    return mine[:short] == theirs[:short]


def _leading(scope: str) -> list[str]:
    """Return the folders a glob begins with, up to its first wildcard."""
    parts = [part for part in scope.split("/") if part not in ("", ".")]
    wild = (number for number, part in enumerate(parts) if _WILD & set(part))
    return parts[: next(wild, len(parts))]

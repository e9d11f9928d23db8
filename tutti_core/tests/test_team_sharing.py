"""Who shares what with whom is said once, and only where it is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutti_core.model.arrangement import Agent, Arrangement, Workspace
from tutti_core.team.sharing import shared


def team(*agents: Agent) -> Arrangement:
    """Return a team."""
    return Arrangement(Path("/w"), Workspace("w"), agent=agents)


def test_agents_with_trees_of_their_own_share_nothing() -> None:
    """One in the user's folder shares it with no other agent."""
    assert shared(team(Agent("a"), Agent("b"), Agent("c", worktree=False))) == ()


def test_those_in_one_folder_are_named_once() -> None:
    """However many pairs they make; not where it is about somebody else."""
    found = team(*(Agent(name, worktree=False) for name in "abc"), Agent("d"))
    (line,) = shared(found)
    assert line == "a, b and c work in one folder, yours: they share its files, index and branch"
    assert shared(found, ["d"]) == ()
    assert shared(found, ["d", "b"]) == (line,)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("src/**", "src/api/**", True),
        ("src/api", "/src/api/x.py", True),
        ("**", "docs", True),
        ("src/*", "src/*", True),
        ("src/api/**", "src/web/**", False),
        ("src/api", "src/api2", False),
    ],
)
def test_scopes_that_overlap_are_named(one: str, other: str, overlap: bool) -> None:
    """In one folder; in worktrees of their own it is what merging is for."""
    (line,) = shared(
        team(Agent("a", worktree=False, scope=one), Agent("b", worktree=False, scope=other))
    )
    assert ("; scopes overlap of a and b" in line) is overlap
    assert shared(team(Agent("a", scope=one), Agent("b", scope=other))) == ()


def test_those_on_one_branch_are_named() -> None:
    """Also where one has it by its name; whoever has no worktree is on no branch of its own."""
    found = team(
        Agent("a", branch="x"), Agent("b", branch="x"), Agent("c", branch="x", worktree=False)
    )
    (line,) = shared(found)
    assert line.startswith("a and b are to be on branch x, and git lets one worktree at a time")
    assert len(shared(team(Agent("a"), Agent("b", branch="tutti/a")))) == 1

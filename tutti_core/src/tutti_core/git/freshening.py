"""Starts a worktree anew from the workspace's current commit, as long as nothing is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import GitError

if TYPE_CHECKING:
    from .worktrees import Tree, Worktrees


def freshen(trees: Worktrees, agent: str) -> Tree:
    """Bring a worktree to the workspace's current commit.

    The branch is only ever moved forward, so that no commit can be lost; a tree in which something
    would be lost is left alone.

    Args:
        trees: The worktrees of the workspace.
        agent: The agent's name.

    Returns:
        The tree as it is now.

    Raises:
        GitError: It has uncommitted work, or commits that the workspace does not have.
    """
    tree = trees.inspect(agent)
    target = trees.git.head(trees.root)
    if tree is None or target is None or tree.head == target:
        return tree or trees.ensure(agent, f"tutti/{agent}")
    if tree.dirty:
        raise GitError(
            f"the worktree of {agent} has uncommitted work, so it is not started anew",
            hint=f"commit or discard it in {tree.path}",
        )
    ahead = trees.git.run("rev-list", "--count", f"{target}..{tree.head}").strip()
    if ahead != "0":
        raise GitError(
            f"the worktree of {agent} has {ahead} commits that the workspace does not have, "
            "so it is not started anew",
            hint=f"merge {tree.branch} first, or go on without --fresh-worktree",
        )
    trees.git.run("merge", "--ff-only", "--quiet", target, cwd=tree.path)
    return trees.inspect(agent) or tree

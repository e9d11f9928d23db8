"""Starts a worktree anew from the workspace's current commit, as long as nothing is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import GitError
from .locking import repository_lock

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
        GitError: It has uncommitted work, is on no branch, or has commits that the workspace does
            not have.
    """
    with repository_lock(trees.git.common, f"starting the worktree of {agent} anew"):
        return _freshened(trees, agent)


def _freshened(trees: Worktrees, agent: str) -> Tree:
    tree = trees.inspect(agent)
    target = trees.git.head(trees.root)
    if tree is None:
        raise GitError(f"{agent} has no worktree to start anew", hint=f"tt up {agent}")
    if target is None or tree.head == target:
        return tree
    if tree.branch is None:
        raise GitError(
            f"the worktree of {agent} is on no branch, so it is not started anew",
            hint=f"finish what is under way in {tree.path}",
        )
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
    # An ignored file, such as somebody's .env, would be overwritten without a word otherwise.
    words = ("merge", "--ff-only", "--no-overwrite-ignore", "--quiet", target)
    trees.git.run(*words, cwd=tree.path)
    return trees.inspect(agent) or tree

"""Where an agent works: the workspace itself, or its own worktree, in the same folder of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import GitError

if TYPE_CHECKING:
    from ..git.worktrees import Tree as Worktree
    from ..git.worktrees import Worktrees
    from ..model.arrangement import Agent
    from .context import Context


class Tree(NamedTuple):
    """Where an agent works.

    Attributes:
        cwd: Absolute path of the folder it starts in.
        worktree: Absolute path of its worktree, or None when it works in the workspace itself.
        branch: The branch it is on, or None.
        warnings: What the user should know.
    """

    cwd: Path
    worktree: str | None = None
    branch: str | None = None
    warnings: tuple[str, ...] = ()

    def saying(self, remark: str) -> Tree:
        """Return it with one more thing to know; an empty remark is none."""
        return self._replace(warnings=(*self.warnings, *([remark] if remark else [])))


def place(context: Context, agent: Agent, *, fresh: bool, keep: bool = False) -> Tree:
    """Return where an agent works, making its worktree if it has one.

    Args:
        context: The workspace.
        agent: The agent.
        fresh: Whether its worktree must start from the workspace's current commit; what is in it
            is kept for `tt undo`. Where that cannot be and the arrangement alone wishes it, the
            tree is left as it is, and that is said.
        keep: Whether the tree is left as it is whatever the arrangement wishes.

    Raises:
        GitError: If the worktree cannot be had; the user's own tree is never used instead.
    """
    if not context.arrangement.worktree_of(agent):
        return Tree(context.root)
    from ..git.worktrees import Worktrees

    _need_repository(context.root)
    trees = Worktrees(context.root, context.places.worktrees)
    tree = trees.ensure(agent.name, context.arrangement.branch_of(agent))
    made = tree.created
    warnings: tuple[str, ...] = ()
    if (fresh or agent.fresh_worktree) and not made and not keep:
        tree, warnings = _anew(context, trees, tree, agent, insist=fresh)
    if tree.dirty and not made and not warnings:
        warnings = ("goes on in its worktree, which has uncommitted work",)
    if made and tree.undo:
        warnings = (f"its worktree was gone and is new; {way_back(tree.undo)}",)
    cwd = _same_folder(trees, tree.path)
    return Tree(cwd, str(tree.path), tree.branch, warnings)


def exclude(context: Context) -> None:
    """Keep tutti's own folder out of the user's commits, without touching a file of theirs.

    Raises:
        GitError: If that cannot be done, though there is a repository.
    """
    from ..git.repo import main_root
    from ..git.worktrees import Worktrees

    if shutil.which("git") is not None and main_root(context.root) is not None:
        Worktrees(context.root, context.places.worktrees).exclude()


def _need_repository(root: Path) -> None:
    from ..git.repo import main_root

    if main_root(root) is None:
        raise GitError(
            f"{root} is not in a git repository, so no worktree can be made",
            hint="git init and a first commit, or worktree = false under [defaults]",
        )


def way_back(undo: str) -> str:
    """Return in words how to have again what an act took away, by the id of its undo entry."""
    return f"tt undo restore {undo} brings back what was there"


def _anew(
    context: Context, trees: Worktrees, tree: Worktree, agent: Agent, *, insist: bool
) -> tuple[Worktree, tuple[str, ...]]:
    from ..git.freshening import freshen

    command = f"tt up {agent.name}" + (" --fresh-worktree" if insist else "")
    try:
        done = freshen(trees, agent.name, context.arrangement.branch_of(agent), command=command)
    except GitError as error:
        if insist:
            raise
        return tree, (error.message,)
    said = [done.kept] if done.kept else []
    said += [f"starts anew; {way_back(done.undo)}"] if done.undo else []
    return done.tree, tuple(said)


def _same_folder(trees: Worktrees, path: Path) -> Path:
    """Return the folder of a worktree that answers to the workspace's own folder.

    A workspace may be one folder of a larger repository; its agents start where a person would.

    Raises:
        GitError: If a link leads out of the worktree there.
    """
    below = trees.root.resolve().relative_to(trees.git.top())
    folder = (path / below).resolve()
    if not folder.is_relative_to(path.resolve()):
        raise GitError(
            f"{path / below} leads out of the worktree, to {folder}",
            hint="replace the link there by a folder",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GitError(f"{folder} cannot be made: {error.strerror or error}") from error
    return folder

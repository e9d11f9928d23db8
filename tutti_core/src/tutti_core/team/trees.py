"""Where an agent works: the workspace itself, or its own worktree, in the same folder of it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import GitError

if TYPE_CHECKING:
    from ..git.tree import Tree as Worktree
    from ..git.worktrees import Worktrees
    from ..model.launch import LaunchRequest
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


def place(context: Context, wanted: LaunchRequest, *, fresh: bool, keep: bool = False) -> Tree:
    """Return where an agent works, making its worktree if it has one.

    Args:
        context: The workspace.
        wanted: What is to be started.
        fresh: Whether its worktree must start from the workspace's current commit; what is in it
            is kept for `tt undo`. Where that cannot be and the arrangement alone wishes it, the
            tree is left as it is, and that is said.
        keep: Whether the tree is left as it is whatever the arrangement wishes.

    Raises:
        GitError: If the worktree cannot be had; the user's own tree is never used instead.
    """
    agent = wanted.agent
    if not context.arrangement.worktree_of(agent):
        return Tree(context.root, warnings=_beside_the_user(context.root))
    from ..git.worktrees import Worktrees

    _need_repository(context.root)
    trees = Worktrees(context.root, context.places.worktrees)
    plan = _resolved(context, trees, wanted)
    tree = trees.ensure(agent.name, plan.branch, base=plan.base, folders=plan.folders)
    made = tree.created
    warnings: tuple[str, ...] = ()
    if (fresh or agent.fresh_worktree) and not made and not keep:
        tree, warnings = _anew(trees, tree, agent.name, plan, insist=fresh)
    elif not made and trees.git.dirty(tree.path):
        warnings = ("goes on in its worktree, which has uncommitted work",)
    if made and tree.undo:
        warnings = (f"its worktree was gone and is new; {way_back(tree.undo)}",)
    warnings = (*warnings, *_missing(tree, plan))
    cwd = _same_folder(trees, tree.path)
    return Tree(cwd, str(tree.path), tree.branch, warnings)


def _beside_the_user(root: Path) -> tuple[str, ...]:
    """Return what to know before an agent works in the user's own folder."""
    from ..git.repo import Git, main_root

    # Who needs nothing of git is not kept from starting by it.
    with suppress(GitError):
        if main_root(root) is not None and Git(root).dirty(root, new_files=False):
            return ("works in your own folder, in which you have uncommitted changes",)
    return ()


def exclude(context: Context) -> None:
    """Keep tutti's own folder out of the user's commits, without touching a file of theirs.

    Raises:
        GitError: If that cannot be done, though there is a repository.
    """
    from ..git.repo import main_root
    from ..git.worktrees import Worktrees

    if shutil.which("git") is not None and main_root(context.root) is not None:
        Worktrees(context.root, context.places.worktrees).exclude()


def pass_over(context: Context, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Keep what a CLI leaves in the repository out of the user's commits, where there is one.

    Args:
        context: The workspace.
        patterns: Ignore patterns.

    Returns:
        What the user should know: that it could not be done, which is no reason not to start.
    """
    try:
        _ignore(context, patterns)
    except GitError as error:
        return (f"{', '.join(patterns)} will show in git status: {error.message}",)
    return ()


def _ignore(context: Context, patterns: tuple[str, ...]) -> None:
    from ..git.repo import Git, main_root

    if patterns and shutil.which("git") is not None and main_root(context.root) is not None:
        git = Git(context.root)
        for pattern in patterns:
            git.exclude(pattern)


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


class _Plan(NamedTuple):
    """How a worktree is made, as git needs it."""

    branch: str
    base: str | None
    folders: tuple[str, ...]


def _resolved(context: Context, trees: Worktrees, wanted: LaunchRequest) -> _Plan:
    planned = wanted.tree
    branch = planned.branch or context.arrangement.branch_of(wanted.agent)
    folders = tuple(str(_below(trees) / folder) for folder in planned.folders)
    return _Plan(branch, planned.base, folders)


def _anew(
    trees: Worktrees, tree: Worktree, agent: str, plan: _Plan, *, insist: bool
) -> tuple[Worktree, tuple[str, ...]]:
    from ..git.freshening import freshen

    command = f"tt up {agent}" + (" --fresh-worktree" if insist else "")
    branch, base, folders = plan
    try:
        done = freshen(trees, agent, branch, base=base, folders=folders, command=command)
    except GitError as error:
        if insist:
            raise
        return tree, (error.message,)
    said = [done.kept] if done.kept else []
    said += [f"starts anew; {way_back(done.undo)}"] if done.undo else []
    return done.tree, tuple(said)


def _missing(tree: Worktree, plan: _Plan) -> tuple[str, ...]:
    """Return what of a sparse worktree is not as the arrangement has it."""
    from ..git.making import part_of

    if not plan.folders:
        return ()
    there = part_of(tree.path)
    if not set(plan.folders) <= set(there):
        what = f"only {', '.join(there)}" if there else "the whole repository"
        return (f"its worktree has {what}, as it was made; tt up --fresh-worktree makes it anew",)
    lost = [folder for folder in plan.folders if not (tree.path / folder).is_dir()]
    return (f"{', '.join(lost)} is not in the commit its worktree was made from",) if lost else ()


def _same_folder(trees: Worktrees, path: Path) -> Path:
    """Return the folder of a worktree that answers to the workspace's own folder.

    A workspace may be one folder of a larger repository; its agents start where a person would.

    Raises:
        GitError: If a link leads out of the worktree there.
    """
    below = _below(trees)
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


def _below(trees: Worktrees) -> Path:
    """Return where the workspace lies in its repository."""
    return trees.root.resolve().relative_to(trees.git.top())

"""Starts a worktree anew from the workspace's current commit, all that was in it being kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..errors import GitError
from ..undoing.entry import RefChange
from .clearing import Removed, taken_away
from .locking import repository_lock
from .making import check_free, part_of, start_of
from .moving import carry, move_refs, tip
from .objects import Store
from .reviving import put_back
from .site import Site
from .stock import ignored_items

if TYPE_CHECKING:
    from .tree import Tree
    from .worktrees import Worktrees

_KEPT_BRANCHES = "auto/"


class Freshened(NamedTuple):
    """A worktree after it was to be started anew.

    Attributes:
        tree: The tree as it is now.
        undo: The id of the undo entry that brings back what was there; empty if nothing went.
        kept: Why it was left as it is; empty if it was started anew.
    """

    tree: Tree
    undo: str = ""
    kept: str = ""


def freshen(
    trees: Worktrees,
    agent: str,
    branch: str,
    *,
    base: str | None = None,
    folders: Sequence[str] = (),
    command: str = "tt up --fresh-worktree",
) -> Freshened:
    """Bring the worktree of an agent to the commit it starts from, on its branch.

    What was in it is kept first, but for what git ignores, which stays in the tree.

    Args:
        trees: The worktrees of the workspace.
        agent: The agent's name.
        branch: The branch it is to be on.
        base: Branch, tag or commit to start from; the workspace's current commit if it is None.
        folders: The folders to check out; none for the whole repository.
        command: What was asked for, for the undo entry.

    Raises:
        GitError: There is none, it is locked, or what is in it cannot be kept.
    """
    with repository_lock(trees.git.common, f"starting the worktree of {agent} anew") as busy:
        way = _Way(branch, base, tuple(folders), command, busy)
        done = _freshened(trees, trees.survey(agent), way)
    trees.bench.trash.empty()
    return done


class _Way(NamedTuple):
    """What was asked for, and the descriptor of the repository's lock."""

    branch: str
    base: str | None
    folders: tuple[str, ...]
    command: str
    busy: int


def _freshened(trees: Worktrees, site: Site, way: _Way) -> Freshened:
    if not site.whole:
        raise GitError(f"{site.agent} has no worktree to start anew", hint=f"tt up {site.agent}")
    tree, target, branch = trees.look(site), start_of(trees.git, way.base), way.branch
    if tree.branch and tree.branch != branch and tree.branch.startswith(_KEPT_BRANCHES):
        return Freshened(tree, kept=f"its worktree is on {tree.branch}, which is kept as it is")
    # A change that git was told not to look at is one, and a merge would write over it.
    settled = tree.branch == branch and not trees.worth(site.agent)
    settled = settled and part_of(site.path) == tuple(sorted(set(way.folders)))
    if target is None or (settled and tree.head == target):
        return Freshened(tree)
    if settled and _moved_on(trees, site, target):
        return Freshened(trees.glance(trees.survey(site.agent)))
    return _anew(trees, site, target, way)


def _moved_on(trees: Worktrees, site: Site, target: str) -> bool:
    """Move a tree forward in which nothing was done; quick, and nothing goes."""
    # To merge what it is ahead of already would succeed, and leave it where it is.
    behind = trees.git.attempt("merge-base", "--is-ancestor", "HEAD", target, cwd=site.path)
    if behind.code:
        return False
    with suppress(GitError):
        # An ignored file, such as somebody's .env, would be overwritten without a word otherwise.
        words = ("merge", "--ff-only", "--no-overwrite-ignore", "--quiet", target)
        trees.git.run(*words, cwd=site.path)
        return True
    return False


def _anew(trees: Worktrees, site: Site, target: str, way: _Way) -> Freshened:
    git, branch, command = trees.git, way.branch, way.command
    check_free(git, branch, site.path)
    there = tip(git, f"refs/heads/{branch}")
    ref = RefChange(f"refs/heads/{branch}", there, target)
    refs = (ref,) if there not in (None, target) else ()
    names = _names(trees, target)
    ignored = sorted(ignored_items(Store(git, site.registered[1], site.path)))
    stuck = [item for item in ignored if _collides(item, names)]
    loose = [one for one in ignored if one not in stuck]
    with taken_away(trees.bench, site, command, refs=refs, always=stuck) as gone:
        move_refs(git, refs, command)
        try:
            place = trees.survey(site.agent)
            trees.make(place, branch, way.busy, base=target, folders=way.folders)
        except GitError as error:
            raise _as_it_was(trees, gone, loose, error) from error
        if gone.moved:
            carry(gone.moved, site.path, loose)
    return Freshened(trees.glance(trees.survey(site.agent)), gone.undo)


def _as_it_was(trees: Worktrees, gone: Removed, loose: list[str], error: GitError) -> GitError:
    """Put the tree back in the place of the one that could not be made, and tell of both."""
    entry = trees.undo.get(gone.undo)
    try:
        back = put_back(trees, entry, f"tt, after {entry.command} failed")
        if gone.moved and back.path:
            carry(gone.moved, back.path, loose)
    except GitError as stuck:
        said = f"{error.message}; what was there is kept, and was not put back: {stuck.message}"
        return GitError(said, hint=f"tt undo restore {entry.id}")
    return GitError(f"{error.message}; the tree is as it was", hint=error.hint)


def _names(trees: Worktrees, commit: str) -> frozenset[str]:
    args = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    return frozenset(trees.git.run(*args).split("\0"))


def _collides(item: str, names: frozenset[str]) -> bool:
    """Return whether a commit has something where an ignored item is, above it or below it."""
    place = item.rstrip("/")
    parts = place.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return any(name in names for name in above) or any(
        name.startswith(f"{place}/") for name in names
    )

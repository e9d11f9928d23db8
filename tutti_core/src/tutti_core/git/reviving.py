"""Taking back what an undo entry tells of; what is there now is kept first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import GitError
from ..undoing.entry import RefChange, UndoEntry
from .clearing import Removed, drop, taken_away
from .entries import entry_of
from .listing import read_list
from .locking import repository_lock
from .moving import carry, move_refs, tip
from .names import check_agent, check_branch
from .objects import Store
from .process import failure
from .restoring import Kept, attach, fill, read_snapshot
from .site import Site, stranger
from .snapshot import pin

if TYPE_CHECKING:
    from .worktrees import Worktrees

_HEADS = "refs/heads/"
_SECONDS = 600.0


class Revived(NamedTuple):
    """What was put back.

    Attributes:
        path: The worktree; None if the entry was of refs alone.
        refs: The refs that were moved back.
        undo: The id of the undo entry of this very act.
    """

    path: Path | None
    refs: tuple[RefChange, ...]
    undo: str


def revive(trees: Worktrees, entry: UndoEntry, *, command: str = "tt undo restore") -> Revived:
    """Put back the worktree and the refs that an act has taken away or moved.

    The tree there is now, and the commits its branch is on by now, are kept first: this act has an
    undo entry of its own.

    Args:
        trees: The worktrees of the workspace.
        entry: The entry of that act.
        command: What was asked for.

    Raises:
        GitError: Something stands in the way; then everything is as it was.
    """
    with repository_lock(trees.git.common, f"restoring {entry.id}"):
        done = put_back(trees, entry, command)
    trees.bench.trash.empty()
    return done


def put_back(trees: Worktrees, entry: UndoEntry, command: str) -> Revived:
    """Do what `revive` does, for whoever holds the repository's lock already."""
    check_agent(entry.agent)
    back = _tree_back if entry.tree else _refs_back
    return back(trees, entry, command)


def branch_off(trees: Worktrees, entry: UndoEntry, branch: str) -> str:
    """Make a new branch of what an act has taken away; no tree is touched.

    Args:
        trees: The worktrees of the workspace.
        entry: The entry of that act.
        branch: The branch, which must not exist.

    Returns:
        The commit it is on: the one the worktree stood on, or one on top of it with what was not
        committed. What git ignored is not in it.

    Raises:
        GitError: The branch cannot be made.
    """
    check_branch(trees.git, branch)
    with repository_lock(trees.git.common, f"making {branch}"):
        commit = _committed(trees, entry)
        move_refs(trees.git, [RefChange(_HEADS + branch, None, commit)], f"undo of {entry.id}")
    return commit


def export_tree(trees: Worktrees, entry: UndoEntry, folder: Path) -> Path:
    """Write the files that a worktree held into a folder; nothing of git is in it.

    Args:
        trees: The worktrees of the workspace.
        entry: The entry of the act that took the worktree away.
        folder: The folder; it must be empty or not exist.

    Raises:
        GitError: It cannot be written, or there was no worktree.
    """
    kept = _kept(trees, entry)
    folder = folder.resolve()
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise GitError(f"{folder} is not an empty folder", hint="Name one that is not there yet.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GitError(f"{folder} cannot be made: {error.strerror or error}") from error
    fill(trees.git, kept, folder).unlink(missing_ok=True)
    return folder


def planned_moves(trees: Worktrees, entry: UndoEntry) -> tuple[RefChange, ...]:
    """Return the refs that taking an act back would move.

    Args:
        trees: The worktrees of the workspace.
        entry: The entry of that act.

    Raises:
        GitError: A branch is in use elsewhere.
    """
    wanted = {one.ref: one.before for one in entry.refs}
    if entry.tree and entry.tree.branch and entry.tree.head:
        wanted[_HEADS + entry.tree.branch] = entry.tree.head
    now = {ref: tip(trees.git, ref) for ref in wanted}
    moves = [RefChange(ref, now[ref], to) for ref, to in wanted.items() if now[ref] != to]
    _refuse_used(trees, entry, {*wanted})
    return tuple(moves)


def _refuse_used(trees: Worktrees, entry: UndoEntry, refs: set[str]) -> None:
    """Refuse to move a branch under the feet of whoever works on it in another tree."""
    own = trees.survey(entry.agent).path if entry.tree else None
    for tree in read_list(trees.git):
        if tree.branch and _HEADS + tree.branch in refs and tree.path != own:
            raise GitError(
                f"branch {tree.branch} is checked out in {tree.path}",
                hint=f"tt undo restore {entry.id} --branch NEW-NAME, or --to FOLDER",
            )


def _refs_back(trees: Worktrees, entry: UndoEntry, command: str) -> Revived:
    moves = planned_moves(trees, entry)
    if not moves:
        raise GitError(f"{entry.id}: everything is where it was before", hint="tt undo list")
    leaving = [one.before for one in moves if one.before]
    trash, commit = pin(trees.git, entry.agent, leaving, command) if leaving else ("", "")
    what = f"{', '.join(one.ref for one in moves)} back to where {entry.command} found them"
    with trees.undo.act(
        command, what=what, agent=entry.agent, refs=moves, trash=trash, commit=commit,
        undoes=entry.id,
    ) as noted:  # fmt: skip
        move_refs(trees.git, moves, command)
    return Revived(None, moves, noted.id)


def _tree_back(trees: Worktrees, entry: UndoEntry, command: str) -> Revived:
    kept = _kept(trees, entry)
    site = trees.survey(entry.agent)
    if site.taken and not site.empty and not site.whole:
        raise stranger(site)
    moves = planned_moves(trees, entry)
    folder = trees.bench.trash.stage(entry.agent)
    try:
        _detached(trees, entry, folder)
        index = fill(trees.git, kept, folder)
        with _away(trees, site, entry, moves, command) as (undo, gone):
            move_refs(trees.git, moves, command)
            _into_place(trees, entry, kept, folder, index, site.path)
            if gone and gone.moved:
                # What is too large to be kept goes from tree to tree as long as there is one.
                large = [one["path"] for one in kept.about["unkept"]]
                large += [one.path for one in gone.snapshot.stock.unkept]
                carry(gone.moved, site.path, large)
    finally:
        trees.bench.trash.seal(folder.parent)
        _forget(trees, folder)
    return Revived(site.path, moves, undo)


@contextmanager
def _away(
    trees: Worktrees, site: Site, entry: UndoEntry, moves: tuple[RefChange, ...], command: str
) -> Iterator[tuple[str, Removed | None]]:
    """Take away the tree that is there now, if any, for the act of the block."""
    if site.entry and not site.taken:
        drop(trees.bench, site, command)
        site = site._replace(entry=None, admin=None)
    if site.entry:
        with taken_away(trees.bench, site, command, refs=moves, undoes=entry.id) as gone:
            yield gone.undo, gone
        return
    leaving = [one.before for one in moves if one.before]
    trash, commit = pin(trees.git, entry.agent, leaving, command) if leaving else ("", "")
    what = f"the worktree of {entry.agent} made again as it was before {entry.command}"
    with trees.undo.act(
        command, what=what, agent=entry.agent, refs=moves, trash=trash, commit=commit,
        undoes=entry.id,
    ) as noted:  # fmt: skip
        yield noted.id, None


def _detached(trees: Worktrees, entry: UndoEntry, folder: Path) -> None:
    """Let git make a worktree without files and without running a hook."""
    start = (entry.tree.head if entry.tree else None) or trees.git.head(trees.root) or "HEAD"
    args = ("worktree", "add", "--quiet", "--no-checkout", "--detach", "--", str(folder), start)
    answer = trees.git.attempt("-c", "core.hooksPath=/dev/null", *args, timeout=_SECONDS)
    if answer.code:
        raise failure(args, answer)


def _into_place(
    trees: Worktrees, entry: UndoEntry, kept: Kept, folder: Path, index: Path, path: Path
) -> None:
    from ..state.files import write_atomic

    if path.is_dir():
        path.rmdir()
    trees.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    trees.records.adopt(entry.agent, path, (entry.tree and entry.tree.branch) or "")
    admin = attach(trees.git, kept, folder, index)
    # From here on git has it in its place, gone for an instant: a crash leaves nothing in the way.
    write_atomic(admin / "gitdir", os.fsencode(f"{path}/.git\n"), mode=0o644)
    folder.rename(path)


def _forget(trees: Worktrees, folder: Path) -> None:
    from .entries import erase

    admin = entry_of(trees.git.common, folder)
    if admin:
        erase(trees.git.common, admin)


def _kept(trees: Worktrees, entry: UndoEntry) -> Kept:
    if not entry.tree or not entry.commit:
        raise GitError(f"{entry.id} is of no worktree", hint=f"tt undo show {entry.id}")
    return read_snapshot(trees.git, entry.commit)


def _committed(trees: Worktrees, entry: UndoEntry) -> str:
    if not entry.tree:
        before = [one.before for one in entry.refs if one.before]
        if len(before) != 1:
            raise GitError(f"{entry.id} is of {len(before)} commits, and a branch has one")
        return before[0]
    kept = _kept(trees, entry)
    ignored = frozenset(kept.about["ignored"])
    from .stock import item_of

    files = {
        path: blob
        for path, blob in kept.below("tree").items()
        if item_of(path, ignored) is None and ".git" not in path.lower().split("/")
    }
    store = Store(trees.git, trees.git.common, trees.root)
    tree, head = store.write_tree(files), entry.tree.head
    if head and store.run("rev-parse", f"{head}^{{tree}}").strip() == tree:
        return head
    text = f"What was not committed in the worktree of {entry.agent}\n\nUndo entry {entry.id}.\n"
    return store.write_commit(tree, [head] if head else [], text)

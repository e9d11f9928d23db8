"""Listing what can be undone, and undoing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tutti_core import (
    Lock,
    RefChange,
    Undo,
    UndoEntry,
    Worktrees,
    branch_off,
    export_tree,
    planned_moves,
    revive,
)
from tutti_core.errors import ConfigError, UsageError

from .files import changed, files_back

if TYPE_CHECKING:
    from tutti_core import Context

LOCK_SECS = 300.0


@attrs.frozen
class UndoneRequest:
    """What `undone` takes: nothing."""


@attrs.frozen
class Undone:
    """What `undone` answers.

    Attributes:
        entries: The undo entries, newest first.
        damaged: Files in the place of an entry that cannot be read as one.
    """

    entries: tuple[UndoEntry, ...]
    damaged: tuple[str, ...] = ()


@attrs.frozen
class RestoreRequest:
    """What `undo` takes.

    Attributes:
        id: The id of the entry, a part of it that no other has, or ``last``.
        to: A folder to write the files of a worktree into; nothing else is touched then.
        branch: A new branch to make of it; nothing else is touched then.
        dry_run: Whether to only say what would be done.
    """

    id: str
    to: str | None = None
    branch: str | None = None
    dry_run: bool = False


@attrs.frozen
class Restored:
    """What `undo` answers.

    Attributes:
        id: The id of the entry.
        what: What was taken back.
        done: What was done, or with a dry run would be, one sentence each.
        path: Where the worktree or the files are; None if there were none.
        refs: The refs that were moved.
        undo: The id of the entry that takes this act back; empty if nothing was touched.
        dry_run: Whether nothing was done.
    """

    id: str
    what: str
    done: tuple[str, ...]
    path: str | None = None
    refs: tuple[RefChange, ...] = ()
    undo: str = ""
    dry_run: bool = False


def undone(context: Context, _: UndoneRequest) -> Undone:
    """List what can be undone.

    Args:
        context: The workspace.
    """
    undo = Undo(context.root)
    return Undone(tuple(undo.entries()), tuple(str(path) for path in undo.damaged()))


def restore(context: Context, request: RestoreRequest) -> Restored:
    """Bring back what an act took away; what is there now is kept first.

    Args:
        context: The workspace.
        request: What, and how.

    Raises:
        TuttiError: Something stands in the way; then everything is as it was.
    """
    if request.to and request.branch:
        raise UsageError("--to and --branch are two ways; choose one")
    entry = Undo(context.root).get(request.id)
    trees = Worktrees(context.root, context.places.worktrees)
    if request.dry_run:
        return _plan(context, trees, entry, request)
    if request.to:
        folder = export_tree(trees, entry, Path(request.to))
        return Restored(entry.id, entry.what, (f"its files are in {folder}",), str(folder))
    if request.branch:
        commit = branch_off(trees, entry, request.branch)
        said = f"branch {request.branch} has it, at {commit[:12]}"
        ref = RefChange(f"refs/heads/{request.branch}", None, commit)
        return Restored(entry.id, entry.what, (said,), refs=(ref,))
    return _in_place(context, trees, entry)


def _in_place(context: Context, trees: Worktrees, entry: UndoEntry) -> Restored:
    command = f"tt undo restore {entry.id}"
    if entry.files:
        back = files_back(context.root, entry, command)
        if not entry.tree and not entry.refs:
            done = tuple(f"{path} is as it was" for path in back.paths)
            return Restored(entry.id, entry.what, done, undo=back.undo)
    with Lock(context.places.lock(f"agent-{entry.agent}"), timeout=LOCK_SECS, purpose=command):
        _refuse_running(context, entry)
        found = revive(trees, entry, command=command)
    done = tuple(_moved(one) for one in found.refs)
    done += (f"the worktree of {entry.agent} is as it was",) if found.path else ()
    path = str(found.path) if found.path else None
    return Restored(entry.id, entry.what, done, path, found.refs, found.undo)


def _plan(
    context: Context, trees: Worktrees, entry: UndoEntry, request: RestoreRequest
) -> Restored:
    if request.to or request.branch:
        said = f"{request.to or request.branch} would be made, and nothing else touched"
        return Restored(entry.id, entry.what, (said,), request.to, dry_run=True)
    moves = planned_moves(trees, entry)
    done = [f"{path} would be as it was" for path in changed(context.root, entry)]
    done += [_moved(one).replace(" is ", " would be ", 1) for one in moves]
    if entry.tree:
        now = trees.inspect(entry.agent)
        there = "the tree that is there now would be kept, and " if now else ""
        done.append(f"{there}the worktree of {entry.agent} would be as it was")
        _refuse_running(context, entry)
    path = entry.tree.path if entry.tree else None
    return Restored(entry.id, entry.what, tuple(done), path, moves, dry_run=True)


def _refuse_running(context: Context, entry: UndoEntry) -> None:
    """Refuse to exchange the tree under the feet of a running agent."""
    sessions = context.host.list(str(context.root)) if entry.tree else ()
    if any(one.agent == entry.agent and not one.dead for one in sessions):
        raise ConfigError(
            f"{entry.agent} is at work in its worktree, so it is not exchanged",
            hint=f"tt down {entry.agent}, then again; or restore with --to FOLDER, --branch NAME",
        )


def _moved(change: RefChange) -> str:
    name = change.ref.removeprefix("refs/heads/")
    return f"{name} is at {change.after[:12]}" if change.after else f"{name} is gone"

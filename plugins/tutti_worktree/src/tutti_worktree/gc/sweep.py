"""Removing what nobody needs, each thing looked at again at the moment it goes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from tutti_core import Lock, RefChange, Undo, Worktrees, move_refs, pin, retire, tip, unkept
from tutti_core.errors import GitError, TuttiError

from .items import Item
from .look import look, needed, place, runs
from .sizes import seconds_of

if TYPE_CHECKING:
    from tutti_core import Context

LOCK_SECS = 30.0


@attrs.frozen
class GcRequest:
    """What `gc` takes.

    Attributes:
        older_than: How long what was taken away is kept: ``30d``, ``12h``, ``2w``.
        dry_run: Whether to only say what would go.
    """

    older_than: str = "30d"
    dry_run: bool = False


@attrs.frozen
class GcResponse:
    """What `gc` answers.

    Attributes:
        items: All that tutti made and keeps, with what goes and why the rest stays.
        freed: Bytes on the disk that went, or with a dry run would go.
        dry_run: Whether nothing was removed.
    """

    items: tuple[Item, ...]
    freed: int
    dry_run: bool

    @property
    def ok(self) -> bool:
        """Whether all went that was to go."""
        return not any(one.error for one in self.items)


def gc(
    context: Context, request: GcRequest, progress: Callable[[Item], None] | None = None
) -> GcResponse:
    """Remove what nobody needs any more.

    Args:
        context: The workspace.
        request: What may go.
        progress: Told of each thing as soon as it is gone, or is not.
    """
    seconds = seconds_of(request.older_than)
    found = [*look(context, seconds), *runs(context)]
    if not request.dry_run:
        # Trees first: a branch can only go when no tree is on it.
        found = [_swept(context, one, progress) for one in found]
        found += _freed_branches(context, found, seconds, progress)
    freed = sum(one.size for one in found if one.goes and not one.error)
    return GcResponse(tuple(found), freed, request.dry_run)


def _freed_branches(
    context: Context,
    found: list[Item],
    seconds: float,
    progress: Callable[[Item], None] | None,
) -> list[Item]:
    """Remove the branches on which only trees were that have just gone."""
    gone = {one.name for one in found if one.goes}
    if not any(one.kind == "tree" and one.goes for one in found):
        return []
    again = [one for one in look(context, seconds) if one.kind == "branch" and one.goes]
    return [_swept(context, one, progress) for one in again if one.name not in gone]


def _swept(context: Context, item: Item, progress: Callable[[Item], None] | None) -> Item:
    if not item.goes:
        return item
    try:
        done = REMOVERS[item.kind](context, item)
    except (TuttiError, OSError) as error:
        done = attrs.evolve(item, error=str(error))
    if progress:
        progress(done)
    return done


def _tree(context: Context, item: Item) -> Item:
    trees = Worktrees(context.root, context.places.worktrees)
    lock = context.places.lock(f"agent-{item.name}")
    with Lock(lock, timeout=LOCK_SECS, purpose="tt gc"):
        running = {one.agent: one.dead for one in context.host.list(str(context.root))}
        why = needed(context, trees, item.name, running, time.time())
        if why:
            raise GitError(f"{item.name} was looked at again, and stays: {why}")
        gone = retire(context, item.name, "tt gc")
    return attrs.evolve(item, undo=gone.undo, remark=unkept(gone)) if gone else item


def _branch(context: Context, item: Item) -> Item:
    trees = Worktrees(context.root, context.places.worktrees)
    ref = f"refs/heads/{item.name}"
    commit = tip(trees.git, ref)
    if commit is None:
        return item
    trash, kept = pin(trees.git, "gc", [commit], f"branch {item.name}, removed by tt gc")
    change = RefChange(ref, commit, None)
    what = f"branch {item.name}, at {commit[:12]}"
    with Undo(context.root).act(
        "tt gc", what=what, agent="gc", refs=(change,), trash=trash, commit=kept
    ) as entry:
        move_refs(trees.git, [change], "gc")
        trees.branches.forget(item.name)
    return attrs.evolve(item, undo=entry.id)


def _session(context: Context, item: Item) -> Item:
    verb = context.plugins.verbs()["down"]
    done = verb.run(context, verb.request(agents=(item.name,)))
    if not done.ok:
        raise GitError(f"{item.name} could not be closed: {done.results[0].detail}")
    return item


def _entry(context: Context, item: Item) -> Item:
    undo = Undo(context.root)
    entry = undo.get(item.name)
    if entry.trash:
        _drop_ref(context, entry.trash)
    undo.forget([entry])
    return item


def _trash(context: Context, item: Item) -> Item:
    if item.name.startswith("refs/"):
        _drop_ref(context, item.name)
        return item
    path = place(context, item.name)
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise GitError(f"{path} cannot be removed: somebody else's file, or a mount, is in it")
    return item


def _log(context: Context, item: Item) -> Item:
    place(context, item.name).unlink(missing_ok=True)
    return item


def _run(context: Context, item: Item) -> Item:
    verb = context.plugins.verbs()["prune_runs"]
    verb.run(context, verb.request(runs=(item.name,)))
    return item


def _drop_ref(context: Context, ref: str) -> None:
    if not ref.startswith("refs/tutti/trash/"):
        raise GitError(f"{ref} is not a ref that tutti made; it was not touched")
    git = Worktrees(context.root, context.places.worktrees).git
    commit = tip(git, ref)
    if commit:
        move_refs(git, [RefChange(ref, commit, None)], "gc")


REMOVERS: dict[str, Callable[[Context, Item], Item]] = {
    "tree": _tree,
    "branch": _branch,
    "session": _session,
    "undo": _entry,
    "trash": _trash,
    "log": _log,
    "run": _run,
}

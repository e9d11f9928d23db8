"""Taking a worktree away, after all that would go with it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.entries import erase
from tutti_core.git.repo import Git
from tutti_core.git.site import Site, locked, some
from tutti_core.git.snapshot import Snapshot, changed_since, take
from tutti_core.git.trash import Trash
from tutti_core.git.worth import held, staged
from tutti_core.undoing.entry import LostTree, RefChange, Unkept
from tutti_core.undoing.store import Undo


class Bench(NamedTuple):
    """What is needed to take worktrees of one workspace away.

    Attributes:
        git: The repository.
        trash: Where folders go.
        undo: Where is written down what went.
    """

    git: Git
    trash: Trash
    undo: Undo


class Removed(NamedTuple):
    """A worktree that was taken away.

    Attributes:
        undo: The id of its undo entry.
        snapshot: What it held.
        moved: Where its folder is until it is deleted; None if it had none.
    """

    undo: str
    snapshot: Snapshot
    moved: Path | None


@contextmanager
def taken_away(
    bench: Bench,
    site: Site,
    command: str,
    *,
    refs: tuple[RefChange, ...] = (),
    always: Collection[str] = (),
    undoes: str = "",
) -> Iterator[Removed]:
    """Take a worktree away, then let the block do what else belongs to the act.

    The order makes a crash at any instant harmless: what it holds is kept in a ref; that is
    written down; its folder goes in one step, and comes back if anything in it has changed; git
    forgets it; and when the block has ended the folder is given to be deleted.

    Args:
        bench: The repository and where things go.
        site: A worktree that is tutti's.
        command: What was asked for.
        refs: The refs that the block moves; the commits they are on now are kept.
        always: Paths to keep whatever their size.
        undoes: The id of the undo entry that this act takes back.

    Raises:
        GitError: It is locked, cannot be kept whole, or changed meanwhile; then it is where it was.
    """
    entry, admin = site.registered
    if entry.locked is not None:
        raise locked(entry.path, entry.locked)
    also = [one.before for one in refs if one.before]
    snapshot = take(bench.git, site.agent, site.path, admin, also=also, always=always)
    with bench.undo.act(
        command, what=told(site, snapshot), agent=site.agent, trash=snapshot.ref,
        commit=snapshot.commit, refs=refs, unkept=_named(snapshot), undoes=undoes,
        tree=LostTree(shown(site.path), entry.branch, entry.head),
    ) as noted:  # fmt: skip
        moved = _move_away(bench, site, snapshot)
        erase(bench.git.common, admin)
        yield Removed(noted.id, snapshot, moved)
        if moved:
            bench.trash.seal(moved)


def drop(bench: Bench, site: Site, command: str) -> str:
    """Make git forget a worktree whose folder is gone, and no other.

    Args:
        bench: The repository and where things go.
        site: A place where nothing is, or an empty folder, but which git has in its list.
        command: What was asked for.

    Returns:
        The id of the undo entry, if git still held anything of it; else nothing.

    Raises:
        GitError: The entry is locked, or what it holds cannot be kept.
    """
    entry, admin = site.registered
    if entry.locked is not None:
        raise locked(entry.path, entry.locked)
    if held(bench.git, admin, entry.head) or staged(bench.git, admin, entry.head):
        with taken_away(bench, site, command) as removed:
            return removed.undo
    if site.taken:
        site.path.rmdir()
    erase(bench.git.common, admin)
    return ""


def told(site: Site, snapshot: Snapshot) -> str:
    """Return in one sentence what goes with a worktree."""
    stock = snapshot.stock
    there = [path for path in (*stock.raw, *stock.gone) if not stock.is_ignored(path)]
    changed = sorted({*there, *snapshot.staged})
    words = [f"changes in {some([shown(path) for path in changed])}"] if changed else []
    words += [f"{what} under way" for what in snapshot.underway]
    words += [f"{snapshot.lone} commits of its own"] if snapshot.lone else []
    words += (
        [f"ignored {some([shown(path) for path in sorted(stock.ignored)])}"]
        if stock.ignored
        else []
    )
    branch = site.entry.branch if site.entry else None
    where = f"on {branch}" if branch else "with a detached HEAD"
    return f"the worktree of {site.agent} {where}: {'; '.join(words) or 'nothing uncommitted'}"


def shown(path: Path | str) -> str:
    """Return a path as people can be shown it, whatever bytes it has."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _named(snapshot: Snapshot) -> tuple[Unkept, ...]:
    return tuple(one._replace(path=shown(one.path)) for one in snapshot.stock.unkept)


def _move_away(bench: Bench, site: Site, snapshot: Snapshot) -> Path | None:
    if not site.path.is_dir():
        return None
    moved = bench.trash.take(site.path)
    try:
        _refuse_change(site, snapshot, moved)
    except BaseException:
        bench.trash.give_back(moved, site.path)
        raise
    return moved


def _refuse_change(site: Site, snapshot: Snapshot, moved: Path) -> None:
    changed = changed_since(snapshot.stock, moved)
    if changed:
        raise GitError(
            f"{site.path} was changed while it was being taken away: {some(changed)}",
            hint="Stop whatever works in it, then try again.",
        )

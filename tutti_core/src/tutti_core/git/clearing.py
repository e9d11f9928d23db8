"""Taking a worktree away, after asking what would go with it."""

from __future__ import annotations

import shlex
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.listing import Entry
from tutti_core.git.repo import Git
from tutti_core.git.site import Site, some, stranger
from tutti_core.git.trash import Trash
from tutti_core.git.worth import contents, contents_of_moved, held, leftovers, staged

_INITIALIZING = "initializing"


def refuse_loss(git: Git, site: Site) -> tuple[str, ...]:
    """Refuse to take away a worktree that holds anything git could not give back.

    Args:
        git: Its repository.
        site: A whole worktree.

    Returns:
        The ignored files, which do not count.

    Raises:
        GitError: Something would be lost; the message names it.
    """
    entry, admin = site.registered
    if entry.locked is not None:
        raise _locked(entry)
    found = contents(git, site.path)
    words = [f"changes in {some(found.changed)}"] if found.changed else []
    words += held(git, admin, entry.head)
    if words:
        raise GitError(
            f"{site.path} would take with it {'; '.join(words)}; it was not touched",
            hint="Commit or push that, or remove it yourself, then retire the worktree again.",
        )
    return found.ignored


def remove(git: Git, site: Site, trash: Trash) -> None:
    """Take a whole worktree away; its branch stays.

    The folder goes first, in one step: at any crash it is whole in one place or the other.

    Args:
        git: Its repository.
        site: A worktree for which `refuse_loss` had no objection.
        trash: Where the folder goes; whoever calls empties it.

    Raises:
        GitError: The folder cannot be moved, or it changed meanwhile and was put back.
    """
    entry, admin = site.registered
    moved = trash.take(site.path)
    try:
        _refuse_change(git, site.path, moved, admin)
    except BaseException:
        trash.give_back(moved, site.path)
        raise
    trash.seal(moved)
    _forget(git, entry)


def discard(git: Git, site: Site, trash: Trash) -> None:
    """Take a half-made worktree away, if nothing is in it but what git put there.

    Args:
        git: Its repository.
        site: A worktree that was never finished.
        trash: Where the folder goes; whoever calls empties it.

    Raises:
        GitError: Somebody put something in it, or it is no worktree of this repository.
    """
    if not site.whole:
        raise stranger(site)
    entry, admin = site.registered
    commit = entry.head or _tip(git, site)
    words = [*leftovers(git, site.path, commit), *held(git, admin, entry.head)]
    if words:
        raise GitError(
            f"{site.path} was never finished, and holds what git did not put there: {some(words)}",
            hint="Keep what you need of it, then: "
            f"git worktree remove --force --force {shlex.quote(str(site.path))}",
        )
    trash.seal(trash.take(site.path))
    _unlock(git, entry)
    _forget(git, entry)


def drop(git: Git, site: Site) -> None:
    """Make git forget a worktree whose folder is gone, and no other.

    Args:
        git: Its repository.
        site: A place where nothing is, or an empty folder, but which git has in its list.

    Raises:
        GitError: The entry is locked, or holds what exists nowhere else.
    """
    entry, admin = site.registered
    kept = held(git, admin, entry.head)
    paths = staged(git, admin, entry.head)
    kept += [f"staged changes in {some(paths)}"] if paths else []
    if kept:
        raise GitError(
            f"the folder {site.path} is gone, but git still holds of it {'; '.join(kept)}",
            hint=_rescue(site),
        )
    if site.half_made:
        _unlock(git, entry)
    elif entry.locked is not None:
        raise _locked(entry)
    if site.taken:
        site.path.rmdir()
    _forget(git, entry)


def _refuse_change(git: Git, path: Path, moved: Path, admin: Path) -> None:
    changed = contents_of_moved(git, moved, admin)
    if changed:
        raise GitError(
            f"{path} was changed while it was being retired: {some(changed)}",
            hint="Stop whatever works in it, then retire it again.",
        )


def _forget(git: Git, entry: Entry) -> None:
    # Not prune: that would also drop the user's own trees on a disk that is not mounted. With
    # the folder gone this removes git's entry and nothing else; never with --force.
    git.run("worktree", "remove", str(entry.path))


def _unlock(git: Git, entry: Entry) -> None:
    # Git locks an entry with this word while it makes it; a killed git leaves it behind.
    if entry.locked == _INITIALIZING:
        git.run("worktree", "unlock", str(entry.path))


def _locked(entry: Entry) -> GitError:
    reason = f" ({entry.locked})" if entry.locked else ""
    return GitError(
        f"{entry.path} is locked{reason}; it was not touched",
        hint=f"If the lock is not needed: git worktree unlock {shlex.quote(str(entry.path))}",
    )


def _tip(git: Git, site: Site) -> str | None:
    if site.record is None or not git.branch_exists(site.record.branch):
        return None
    return git.run("rev-parse", "--verify", f"refs/heads/{site.record.branch}^{{commit}}")


def _rescue(site: Site) -> str:
    path = shlex.quote(str(site.path))
    link = shlex.quote(f"gitdir: {site.admin}")
    return (
        f"To get it back: mkdir -p {path} && echo {link} > {path}/.git"
        f" && git -C {path} restore .  (or, to give it up: git worktree remove {path})"
    )

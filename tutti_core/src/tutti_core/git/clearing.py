"""Taking a worktree away, after asking what would go with it."""

from __future__ import annotations

import shlex
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.entries import erase
from tutti_core.git.repo import Git
from tutti_core.git.site import Site, locked, some
from tutti_core.git.trash import Trash
from tutti_core.git.worth import contents, contents_of_moved, held, staged


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
        raise locked(entry.path, entry.locked)
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
    _, admin = site.registered
    moved = trash.take(site.path)
    try:
        _refuse_change(git, site.path, moved, admin)
    except BaseException:
        trash.give_back(moved, site.path)
        raise
    trash.seal(moved)
    erase(git.common, admin)


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
    if entry.locked is not None:
        raise locked(entry.path, entry.locked)
    if site.taken:
        site.path.rmdir()
    erase(git.common, admin)


def _refuse_change(git: Git, path: Path, moved: Path, admin: Path) -> None:
    changed = contents_of_moved(git, moved, admin)
    if changed:
        raise GitError(
            f"{path} was changed while it was being retired: {some(changed)}",
            hint="Stop whatever works in it, then retire it again.",
        )


def _rescue(site: Site) -> str:
    path = shlex.quote(str(site.path))
    link = shlex.quote(f"gitdir: {site.admin}")
    return (
        f"To get it back: mkdir -p {path} && echo {link} > {path}/.git"
        f" && git -C {path} restore .  (or, to give it up: git worktree remove {path})"
    )

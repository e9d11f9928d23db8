"""Clearing what a killed ``git worktree add`` left: git itself stumbles over it, and never does."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.entries import erase, link_of, noted_path
from tutti_core.git.repo import Git
from tutti_core.git.site import Site, locked, some, stranger
from tutti_core.git.trash import Trash
from tutti_core.git.worth import held, leftovers, staged

SETTLED = 2.0
"""Seconds after which such a file cannot be a living git's: it keeps them for milliseconds."""

_PAUSE = 0.05
_INITIALIZING = "initializing"  # git locks an entry with this word while it makes it
_OF_GIT = frozenset(
    {
        "HEAD",
        "HEAD.lock",
        "ORIG_HEAD",
        "commondir",
        "config.worktree",
        "gitdir",
        "index",
        "index.lock",
        "info",
        "locked",
        "logs",
        "refs",
        "reftable",
    }
)


def clear(git: Git, site: Site, trash: Trash) -> None:
    """Take away a worktree that was never finished, if only git put something in it.

    Call it under the repository's lock. It asks git for no list of worktrees: an entry that was
    cut off at the wrong instant makes git refuse to give one.

    Args:
        git: The repository.
        site: A place for which tutti's record says that its making was begun, not ended.
        trash: Where the folder goes.

    Raises:
        GitError: There is something in it that did not come from git; nothing was touched.
    """
    entries = list(_entries(git.common, site))
    words = [word for entry in entries for word in _of_value(git, entry)]
    if site.taken:
        _check_link(git, site, entries)
    commit = _commit(git, site, entries)
    _refuse(site, entries, words + _put_there(git, site.path, commit))
    if site.taken:
        _throw_away(git, site, entries, commit, trash)
    for entry in entries:
        erase(git.common, entry)
    _unlock_branch(git, site)


def clear_staging(git: Git, trash: Trash) -> None:
    """Forget worktrees that a killed tt was putting together; their snapshots have all of them.

    Args:
        git: The repository.
        trash: The folder they were put together in.
    """
    for entry in sorted((git.common / "worktrees").glob("*")):
        path = noted_path(entry)
        if path and path.is_relative_to(trash.folder.resolve()):
            erase(git.common, entry)


def _put_there(git: Git, path: Path, commit: str | None) -> list[str]:
    return list(leftovers(git, path, commit)) if path.exists() else []


def _throw_away(
    git: Git, site: Site, entries: list[Path], commit: str | None, trash: Trash
) -> None:
    moved = trash.take(site.path)
    try:
        _refuse(site, entries, _put_there(git, moved, commit))
    except BaseException:
        trash.give_back(moved, site.path)
        raise
    trash.seal(moved)
    trash.empty()


def _refuse(site: Site, entries: list[Path], words: list[str]) -> None:
    if words:
        path = shlex.quote(str(site.path))
        command = f"git worktree remove --force --force {path}" if entries else f"rm -r {path}"
        raise GitError(
            f"{site.path} was never finished, and holds what git did not put there: {some(words)}",
            hint=f"Keep what you need of it, then: {command}",
        )


def _entries(common: Path, site: Site) -> Iterator[Path]:
    """Find git's entries for a place: those that name it, and those cut off before any name."""
    for entry in sorted((common / "worktrees").glob(f"{site.agent}*")):
        if entry.name.removeprefix(site.agent).strip("0123456789"):
            continue
        named = noted_path(entry)
        if named == site.path or (named is None and _unborn(entry)):
            yield entry


def _unborn(entry: Path) -> bool:
    # Somebody else's git may be making an entry of that name this very moment.
    names = {item.name for item in entry.iterdir()} if entry.is_dir() else {"?"}
    return names <= _OF_GIT and _abandoned(entry)


def _of_value(git: Git, entry: Path) -> list[str]:
    """Return what git's entry of an unfinished worktree holds beyond what making it puts there."""
    path = noted_path(entry)
    with suppress(FileNotFoundError):
        reason = (entry / "locked").read_text("utf-8", "replace").strip()
        if path and reason != _INITIALIZING:
            raise locked(path, reason)
    head = _head(git, entry)
    paths = staged(git, entry, head) if head else ()
    return held(git, entry, head) + ([f"staged changes in {some(paths)}"] if paths else [])


def _head(git: Git, entry: Path) -> str | None:
    args = (f"--git-dir={entry}", "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return git.run(*args, cwd=git.common, check=False) or None


def _commit(git: Git, site: Site, entries: list[Path]) -> str | None:
    """Return the commit that was being checked out, where that can be known."""
    heads = [head for head in (_head(git, entry) for entry in entries) if head]
    return heads[0] if heads else _tip(git, site)


def _tip(git: Git, site: Site) -> str | None:
    ref = f"refs/heads/{site.record.branch}^{{commit}}" if site.record else ""
    return git.run("rev-parse", "--verify", "--quiet", ref, check=False) or None


def _check_link(git: Git, site: Site, entries: list[Path]) -> None:
    """Refuse a folder that is anything but the beginning of a worktree of this repository."""
    link = site.path / ".git"
    if site.path.is_symlink() or not site.path.is_dir() or link.is_symlink():
        raise stranger(site)
    if not link.exists() or (link.is_file() and link.stat().st_size == 0):
        return
    target = link_of(site.path)
    # One that names another living entry is somebody's tree, moved here.
    if target is None or target.parent != git.common / "worktrees":
        raise stranger(site)
    if target not in entries and target.exists():
        raise stranger(site)


def _unlock_branch(git: Git, site: Site) -> None:
    """Remove the lock that a killed git left on the branch it was making."""
    if site.record is None:
        return
    lock = git.common / "refs" / "heads" / f"{site.record.branch}.lock"
    if _abandoned(lock):
        said = lock.read_text("ascii", "replace").strip()
        tip = _tip(git, site)
        if said == "" or tip in (None, said):
            lock.unlink()


def _abandoned(path: Path) -> bool:
    """Wait until something goes away, or is older than any git would keep it."""
    while True:
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:
            return False
        if not 0 <= age < SETTLED:
            return True
        time.sleep(_PAUSE)

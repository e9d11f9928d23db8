"""Git's own folders for linked worktrees, ``<common>/worktrees/<id>``, as files."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

_DEBRIS = "tutti-debris"


def noted_path(entry: Path) -> Path | None:
    """Return the worktree that an entry is for, as a real path; None if it does not say."""
    try:
        said = os.fsdecode((entry / "gitdir").read_bytes()).rstrip("\n")
    except OSError:
        return None
    return Path(os.path.realpath(entry / said)).parent if said else None


def entry_of(common: Path, path: Path) -> Path | None:
    """Find the entry of a worktree.

    Args:
        common: The folder all worktrees share.
        path: The worktree, as a real path.

    Returns:
        The entry; None if no one names that worktree.
    """
    entries = sorted((common / "worktrees").glob("*"))
    return next((entry for entry in entries if noted_path(entry) == path), None)


def link_of(path: Path) -> Path | None:
    """Return the entry that the ``.git`` file of a worktree names; None if it is no such file."""
    try:
        said = os.fsdecode((path / ".git").read_bytes())
    except OSError:
        return None
    mark, _, target = said.partition(": ")
    return Path(os.path.realpath(path / target.rstrip("\n"))) if mark == "gitdir" else None


def names_itself(path: Path) -> bool:
    """Return whether a folder is a linked worktree whose entry names it in turn."""
    entry = link_of(path)
    return entry is not None and noted_path(entry) == path


def erase(common: Path, entry: Path) -> None:
    """Make git forget one worktree, whose folder is gone, and no other.

    ``git worktree prune`` would also forget the user's trees on a disk that is not mounted, and
    ``git worktree remove``, killed half-way, leaves an entry that git cannot read. This one goes
    in one step.

    Args:
        common: The folder all worktrees share.
        entry: One of its entries; whoever calls has asked what it holds.
    """
    debris = common / _DEBRIS
    debris.mkdir(mode=0o700, exist_ok=True)
    entry.rename(debris / f"{entry.name}-{os.urandom(4).hex()}")
    shutil.rmtree(debris, ignore_errors=True)
    # Git removes this one too when the last tree goes, so that nothing tells one was there.
    with suppress(OSError):
        (common / "worktrees").rmdir()

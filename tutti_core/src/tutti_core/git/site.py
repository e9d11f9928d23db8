"""The place of one agent's worktree, and whose it is."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.entries import entry_of, link_of
from tutti_core.git.listing import Entry, linked
from tutti_core.git.records import Record, Records
from tutti_core.git.repo import Git

_SHOWN = 5


class Site(NamedTuple):
    """What is known of the place where an agent's worktree belongs.

    Attributes:
        agent: The agent.
        path: The place, its parents as real paths.
        entry: Git's line for it, if any.
        admin: Git's own folder for it, if any.
        record: What tutti wrote down of it, if anything.
    """

    agent: str
    path: Path
    entry: Entry | None
    admin: Path | None
    record: Record | None

    @property
    def taken(self) -> bool:
        """Whether something is there, be it a dangling link."""
        return os.path.lexists(self.path)

    @property
    def empty(self) -> bool:
        """Whether an empty folder is there."""
        return self.path.is_dir() and not self.path.is_symlink() and not any(self.path.iterdir())

    @property
    def linked(self) -> bool:
        """Whether it is a worktree of this repository: each names the other."""
        known = self.entry is not None and self.admin is not None
        return known and link_of(self.path) == self.admin

    @property
    def whole(self) -> bool:
        """Whether it is a worktree of this repository that tutti made, to the end."""
        return self.record is not None and self.record.created_at is not None and self.linked

    @property
    def registered(self) -> tuple[Entry, Path]:
        """Git's line and git's folder for it.

        Raises:
            GitError: Git does not know it.
        """
        if self.entry is None or self.admin is None:
            raise stranger(self)
        return self.entry, self.admin


def survey(git: Git, home: Path, records: Records, agent: str) -> Site:
    """Find out what is where an agent's worktree belongs; reads only.

    Args:
        git: The repository.
        home: The folder of all agents' worktrees, as a real path.
        records: What tutti made.
        agent: The agent.
    """
    path = home / agent
    entry = next((entry for entry in linked(git) if entry.path == path), None)
    admin = entry_of(git.common, path) if entry else None
    return Site(agent, path, entry, admin, records.read().get(agent))


def stranger(site: Site) -> GitError:
    """Return the error that says what is in the place, and why it is not tutti's to touch."""
    found, remedy = _description(site)
    return GitError(f"{site.path} {found}; it was not touched", hint=remedy)


def locked(path: Path, reason: str) -> GitError:
    """Return the error for a worktree that somebody locked."""
    return GitError(
        f"{path} is locked{f' ({reason})' if reason else ''}; it was not touched",
        hint=f"If the lock is not needed: git worktree unlock {shlex.quote(str(path))}",
    )


def some(names: tuple[str, ...] | list[str]) -> str:
    """Return a list a person can read: the first few, and how many more."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _description(site: Site) -> tuple[str, str]:
    path = shlex.quote(str(site.path))
    away = f"Move it away, or rename the agent {site.agent}."
    if site.path.is_symlink():
        return f"is a link to {os.path.realpath(site.path)}, not a worktree", away
    if not site.path.is_dir():
        return "is not a folder", away
    if (site.path / ".git").is_dir():
        return "is a repository of its own", away
    if site.entry and not site.record:
        on = f"on branch {site.entry.branch}" if site.entry.branch else "with a detached HEAD"
        found = f"is a worktree of this repository ({on}) that tutti has no record of making"
        return found, f"Keep it elsewhere: git worktree move {path} NEW-PLACE"
    if site.entry or link_of(site.path):
        found = f"does not match git's list of worktrees: its .git names {link_of(site.path)}"
        return found, f"If the repository was moved: git worktree repair {path}. {away}"
    names = sorted(item.name for item in site.path.iterdir())
    return f"is a folder that git knows nothing of, with {some(names) or 'nothing'} in it", away


def ailment(site: Site) -> tuple[str, str]:
    """Return what is wrong with a worktree, and what mends it; two empty texts if nothing is.

    Args:
        site: What is where it belongs.
    """
    if site.entry and site.entry.locked is not None:
        found = locked(site.path, site.entry.locked)
        return found.message, found.hint
    if site.whole:
        return "", ""
    if site.taken and not site.empty and site.record and site.record.created_at:
        found = stranger(site)
        return found.message, found.hint
    if site.record and site.record.created_at is None:
        return f"{site.path} was never finished", f"tt up {site.agent} makes it anew"
    if site.entry:
        return f"{site.path} is gone, and git still lists it", f"tt up {site.agent} makes it anew"
    return f"{site.path} is gone", f"tt up {site.agent} makes it anew"

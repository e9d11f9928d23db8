"""Trees that are ours and do not look it: of a repository that was moved, or without a record."""

from __future__ import annotations

import os
from pathlib import Path

from tutti_core.git.entries import link_of, noted_path
from tutti_core.git.repo import Git
from tutti_core.git.site import Site

_HEADS = "ref: refs/heads/"


def mend(git: Git, site: Site, branch: str) -> bool:
    """Let git and a tree of ours name each other again, after their repository was moved.

    Args:
        git: The repository.
        site: The place of the tree.
        branch: The branch that tutti makes for that agent.

    Returns:
        Whether anything was changed.
    """
    if site.linked or site.entry is not None:
        return False
    if _moved_along(git, site, branch):
        git.run("worktree", "repair", "--", str(site.path))
        return True
    return not site.taken and _led_here(git, site)


def adoptable(site: Site, branch: str) -> bool:
    """Return whether a tree without a record can only be one that tutti made.

    It is where tutti puts the tree of that agent, git and it agree on that, nobody has locked it,
    and it is on the branch that tutti makes for that agent.

    Args:
        site: The place of the tree.
        branch: That branch.
    """
    if site.record is not None or not site.linked or site.entry is None:
        return False
    return site.entry.branch == branch and site.entry.locked is None


def _moved_along(git: Git, site: Site, branch: str) -> bool:
    """Return whether a tree and git's entry name each other where neither is any more.

    In a copy of a repository both places are still there: those trees are the first one's.
    """
    link = link_of(site.path)
    if link is None or link.parent.name != "worktrees" or link.exists():
        return False
    admin = git.common / "worktrees" / link.name
    noted = noted_path(admin)
    if noted is None or noted.exists() or noted.parts[-3:] != site.path.parts[-3:]:
        return False
    return site.record is not None or _head(admin) == _HEADS + branch


def _led_here(git: Git, site: Site) -> bool:
    """Lead the entry of a tree that is gone to where it would be, if our record names it."""
    from tutti_core.state.files import write_atomic

    for admin in sorted((git.common / "worktrees").glob("*")):
        noted = noted_path(admin)
        known = noted is not None and site.record is not None and not noted.exists()
        if known and site.record and str(noted) == site.record.path and noted != site.path:
            write_atomic(admin / "gitdir", os.fsencode(f"{site.path}/.git\n"), mode=0o644)
            return True
    return False


def _head(admin: Path) -> str:
    try:
        return (admin / "HEAD").read_text("utf-8", "replace").strip()
    except OSError:
        return ""

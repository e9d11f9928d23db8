"""Taking an agent's worktree away: first what plugins have to do in it, then the tree itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .record import read_record, write_record

if TYPE_CHECKING:
    from ..git.tree import Retired
    from .context import Context

SHOWN = 5
"""So many things that were not kept are named, and the rest is counted."""


def retire(context: Context, name: str, command: str) -> Retired | None:
    """Take an agent's worktree away, with a way back; the caller holds the agent's lock.

    Args:
        context: The workspace.
        name: The agent's name.
        command: What the user typed, for the undo entry.

    Returns:
        What became of it, or None if there was none.

    Raises:
        TuttiError: If a plugin, or git, keeps it from going. It is still there then.
    """
    from ..git.worktrees import Worktrees

    trees = Worktrees(context.root, context.places.worktrees)
    if not os.path.lexists(context.places.worktrees / name):
        return None
    site = trees.survey(name)
    if site.whole:
        context.plugins.leave(context, name, site.path)
    retired = trees.retire(name, command=command)
    if read_record(context.places.agent(name)):
        write_record(context.root, name, {"worktree_path": None})
    return retired


def unkept(retired: Retired) -> str:
    """Return in words what went with a worktree and was not kept; empty if all was.

    Args:
        retired: The worktree that was taken away.
    """
    if not retired.unkept:
        return ""
    said = [f"{one.path} ({one.size >> 20} MiB)" for one in retired.unkept[:SHOWN]]
    more = len(retired.unkept) - SHOWN
    return f"not kept: {', '.join(said)}" + (f" and {more} more" if more > 0 else "")

"""A worktree as it is found, and as it was when it was taken away."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tutti_core.undoing.entry import Unkept


class Tree(NamedTuple):
    """The worktree of an agent.

    Attributes:
        path: Its folder, as a real path.
        branch: The branch it is really on; None when HEAD is detached.
        head: The commit it stands on; None before the first.
        dirty: Whether it has changes or new files; None when nobody looked.
        behind_head: Whether the root stands on another commit.
        created: Whether this very call made it.
        undo: The id of the undo entry with what git still held of one whose folder was gone.
    """

    path: Path
    branch: str | None
    head: str | None
    dirty: bool | None
    behind_head: bool
    created: bool = False
    undo: str = ""


class Retired(NamedTuple):
    """A worktree that was taken away.

    Attributes:
        path: Where it was.
        branch: The branch it was on, which is still there; None when HEAD was detached.
        head: The commit it stood on.
        undo: The id of the undo entry that brings it back; empty if there was nothing of it.
        unkept: What went with it and was not kept.
    """

    path: Path
    branch: str | None
    head: str | None
    undo: str = ""
    unkept: tuple[Unkept, ...] = ()

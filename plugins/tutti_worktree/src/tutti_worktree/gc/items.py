"""What there is that could go, and whether it does."""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen
class Item:
    """One thing that tutti made, or keeps.

    Attributes:
        kind: What it is.
        name: An agent's name, a branch, the id of an undo entry or of a run, or a file.
        size: Bytes on the disk; 0 where git shares them.
        goes: Whether it is to be removed.
        reason: Why it goes, or stays.
        undo: The id of the undo entry that brings it back, once it is gone.
        error: Why it could not be removed.
        remark: What of it is not kept by that entry.
    """

    kind: Literal["tree", "branch", "session", "undo", "trash", "log", "run"]
    name: str
    size: int
    goes: bool
    reason: str
    undo: str = ""
    error: str = ""
    remark: str = ""

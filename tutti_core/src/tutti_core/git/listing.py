"""What git itself says of the worktrees of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tutti_core.git.process import failure
from tutti_core.git.repo import Git

_USAGE = 129


class Entry(NamedTuple):
    """One worktree in git's list.

    Attributes:
        path: Its folder, as a real path.
        head: The commit it stands on; None before the first, or when half made.
        branch: The branch it is on; None when detached.
        locked: Why it is locked (empty when nobody said why); None when it is not.
        prunable: Why git would forget it, such as a missing folder; None when it would not.
    """

    path: Path
    head: str | None = None
    branch: str | None = None
    locked: str | None = None
    prunable: str | None = None


def read_list(git: Git) -> list[Entry]:
    """Return every worktree git knows of, the main one first, in one call."""
    args = ("worktree", "list", "--porcelain")
    answer, mark = git.attempt(*args, "-z"), "\0"
    if answer.code == _USAGE:  # git before 2.36
        answer, mark = git.attempt(*args), "\n"
    if answer.code:
        raise failure(args, answer)
    return list(parse(answer.out, mark))


def linked(git: Git) -> list[Entry]:
    """Return the linked worktrees of a repository: all but the main one."""
    return read_list(git)[1:]


def parse(text: str, mark: str) -> Iterator[Entry]:
    """Read ``git worktree list --porcelain``.

    Args:
        text: What git printed.
        mark: What ends a line of it: NUL with ``-z``.

    Yields:
        The entries, in git's order.
    """
    for block in text.split(mark * 2):
        pairs = [line.partition(" ")[::2] for line in block.strip(mark).split(mark)]
        said = dict(pairs)
        if "worktree" in said:
            yield Entry(
                Path(os.path.realpath(said["worktree"])),
                # All zeros before the first commit, and while the tree is being made.
                head=said["HEAD"] if said.get("HEAD", "").strip("0") else None,
                branch=said.get("branch", "").removeprefix("refs/heads/") or None,
                locked=said.get("locked"),
                prunable=said.get("prunable"),
            )

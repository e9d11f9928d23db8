"""Small moves that are each one step: refs from a commit to another, files from tree to tree."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tutti_core.git.process import failure
from tutti_core.git.repo import Git
from tutti_core.undoing.entry import RefChange


def tip(git: Git, ref: str) -> str | None:
    """Return the object that a ref is on; None if there is no such ref."""
    args = ("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
    return git.run(*args, check=False) or None


def move_refs(git: Git, changes: Iterable[RefChange], why: str) -> None:
    """Move refs, all or none, and only if each still is where it was seen.

    Args:
        git: The repository.
        changes: Where they are and where they go; what they leave must be kept already.
        why: One line for their logs.

    Raises:
        GitError: Somebody has moved one meanwhile; none was moved.
    """
    lines = [_line(change) for change in changes]
    if lines:
        args = ("update-ref", "-m", f"tutti: {why}", "--stdin")
        answer = git.attempt(*args, feed="".join(lines).encode())
        if answer.code:
            raise failure(args, answer)


def carry(source: Path, target: Path, items: Iterable[str]) -> None:
    """Move files and folders from one tree to another that has nothing in their places.

    Args:
        source: The tree they are in.
        target: The tree they go to.
        items: Their paths; folders end in ``/``.
    """
    for item in items:
        start, end = source / item, target / item
        if os.path.lexists(start) and not os.path.lexists(end):
            end.parent.mkdir(parents=True, exist_ok=True)
            start.rename(end)


def _line(change: RefChange) -> str:
    if change.before is None:
        return f"create {change.ref} {change.after}\n"
    if change.after is None:
        return f"delete {change.ref} {change.before}\n"
    return f"update {change.ref} {change.after} {change.before}\n"

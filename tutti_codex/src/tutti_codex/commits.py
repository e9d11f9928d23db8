"""What of a repository a sandboxed agent must be able to write so that it can commit.

Codex keeps an agent from writing anything of git's, in its sandbox, because what stands in hooks
and settings would be run outside of it. Commits need neither: objects, branches, their logs and
what belongs to the worktree are enough.
"""

from __future__ import annotations

from pathlib import Path

SHARED = ("objects", "refs", "logs")


def writable(worktree: Path) -> list[Path]:
    """Return the folders a commit writes in; none unless it is a worktree beside the main one.

    In the main worktree they cannot be told from the folder with the hooks.

    Args:
        worktree: Absolute path of the folder the agent works in.
    """
    own = _pointed(worktree / ".git", "gitdir:", worktree)
    shared = _pointed(own / "commondir", "", own) if own else None
    if own is None or shared is None:
        return []
    return [own, *(shared / name for name in SHARED if (shared / name).is_dir())]


def _pointed(pointer: Path, mark: str, base: Path) -> Path | None:
    """Return the folder that a file names, if there is such a file and such a folder."""
    try:
        text = pointer.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    place = (base / text.removeprefix(mark).strip()).resolve()
    return place if text.startswith(mark) and place.is_dir() else None

"""Putting files back that an act changed or removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from tutti_core import FileCopy, Undo, UndoEntry
from tutti_core.errors import StateError


class FilesBack(NamedTuple):
    """Files that were put back.

    Attributes:
        paths: The files.
        undo: The id of the undo entry of this very act.
    """

    paths: tuple[str, ...]
    undo: str


def changed(root: Path, entry: UndoEntry) -> tuple[str, ...]:
    """Return the files of an entry that are not as they were.

    Args:
        root: Absolute path of the workspace.
        entry: The entry.
    """
    undo = Undo(root)
    return tuple(one.path for one in entry.files if undo.copy(root / one.path).sha256 != one.sha256)


def files_back(root: Path, entry: UndoEntry, command: str) -> FilesBack:
    """Put files back; what is in their places now is kept first.

    Args:
        root: Absolute path of the workspace.
        entry: The entry of the act that changed them.
        command: What was asked for.

    Raises:
        StateError: A copy is gone, or a file cannot be written.
    """
    undo = Undo(root)
    wanted = [(one, undo.content(one) if one.sha256 else None) for one in entry.files]
    now = tuple(undo.copy(root / one.path) for one in entry.files)
    paths = tuple(one.path for one in entry.files)
    what = f"{', '.join(paths)} as they were before {entry.command}"
    with undo.act(command, what=what, agent=entry.agent, files=now, undoes=entry.id) as noted:
        for one, content in wanted:
            _put(root / one.path, one, content)
    return FilesBack(paths, noted.id)


def _put(path: Path, kept: FileCopy, content: bytes | None) -> None:
    try:
        if content is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        draft.write_bytes(content)
        draft.chmod(kept.mode)
        draft.replace(path)
    except OSError as error:
        raise StateError(f"cannot write {path}: {error.strerror or error}") from error

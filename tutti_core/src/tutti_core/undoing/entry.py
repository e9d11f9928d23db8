"""One undo entry: what an act was about to take away, and where all of it still is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import StateError


class RefChange(NamedTuple):
    """A ref that an act moves.

    Attributes:
        ref: Its full name, such as ``refs/heads/tutti/api``.
        before: The commit it was on; None if it did not exist.
        after: The commit the act puts it on; None if the act removes it.
    """

    ref: str
    before: str | None
    after: str | None


class FileCopy(NamedTuple):
    """A file that an act changes or removes.

    Attributes:
        path: The file, absolute or relative to the workspace.
        sha256: The digest of what was in it; None if there was no file.
        where: The copy, relative to ``.tutti/undo``; empty if there was no file.
        mode: Its permissions.
    """

    path: str
    sha256: str | None
    where: str = ""
    mode: int = 0o600


class Unkept(NamedTuple):
    """Something that goes and of which there is no copy.

    Attributes:
        path: What it is, relative to the tree; folders end in ``/``.
        size: Bytes.
        why: Why it was not kept.
    """

    path: str
    size: int
    why: str


class LostTree(NamedTuple):
    """The worktree that an act takes away.

    Attributes:
        path: Where it was.
        branch: The branch it was on; None when HEAD was detached.
        head: The commit it stood on; None before the first.
    """

    path: str
    branch: str | None
    head: str | None


class UndoEntry(NamedTuple):
    """What an act was about to take away, and where all of it still is.

    Attributes:
        id: Its name; ids sort by time.
        time: When it was written, RFC 3339.
        command: What was asked for, such as ``tt down --clean api``.
        actor: Who asked.
        agent: The agent it is about; empty if none.
        what: One sentence for people.
        state: ``begun`` (and never heard of again, if tt was killed), ``done``, ``failed``.
        error: Why it failed.
        refs: The refs it moves.
        trash: The ref that holds what went; empty if none was needed.
        commit: The commit that ref was made with.
        tree: The worktree it takes away.
        files: The files it changes or removes.
        unkept: What goes without a copy.
        undoes: The id of the entry that this act takes back; empty if none.
    """

    id: str
    time: str
    command: str
    actor: str
    agent: str
    what: str
    state: str = "begun"
    error: str = ""
    refs: tuple[RefChange, ...] = ()
    trash: str = ""
    commit: str = ""
    tree: LostTree | None = None
    files: tuple[FileCopy, ...] = ()
    unkept: tuple[Unkept, ...] = ()
    undoes: str = ""


def to_json(entry: UndoEntry) -> dict[str, Any]:
    """Return an entry as JSON knows it."""
    return {
        **entry._asdict(),
        "refs": [one._asdict() for one in entry.refs],
        "tree": entry.tree._asdict() if entry.tree else None,
        "files": [one._asdict() for one in entry.files],
        "unkept": [one._asdict() for one in entry.unkept],
    }


def from_json(found: Any, where: str) -> UndoEntry:
    """Read an entry.

    Args:
        found: What `to_json` gave.
        where: The file it is from, for errors.

    Raises:
        StateError: It is not an entry.
    """
    try:
        return _entry(found)
    except (AttributeError, KeyError, TypeError) as error:
        raise StateError(f"{where} is not an undo entry: {error!r}") from error


def _entry(found: Mapping[str, Any]) -> UndoEntry:
    # Keys that a newer tt added are passed over.
    known = {key: value for key, value in found.items() if key in UndoEntry._fields}
    return UndoEntry(**known)._replace(
        refs=tuple(RefChange(**one) for one in found.get("refs", ())),
        tree=LostTree(**found["tree"]) if found.get("tree") else None,
        files=tuple(FileCopy(**one) for one in found.get("files", ())),
        unkept=tuple(Unkept(**one) for one in found.get("unkept", ())),
    )

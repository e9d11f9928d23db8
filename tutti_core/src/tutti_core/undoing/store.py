"""The undo entries of a workspace: `.tutti/undo/<id>.json`, each written before its act.

    with Undo(root).act("tt land", what="main takes 3 commits of api", refs=[...]):
        ...  # the act itself

Killed at any instant, tt leaves the entry in the state ``begun``: the act may have happened or
not, and the way back is known in both cases.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import StateError, UsageError
from ..state.disk import explained
from ..state.files import JsonFile, write_atomic
from .entry import FileCopy, UndoEntry, from_json, to_json

_ID = re.compile(r"\d{8}-\d{6}-\d{6}[0-9a-f]{2}", re.ASCII)


class Undo:
    """The undo entries of one workspace.

    Args:
        root: Absolute path of the workspace.

    Attributes:
        folder: Where they are, one file each; ``files/`` below it has copies of files.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".tutti" / "undo"

    @contextmanager
    def act(self, command: str, *, what: str, **known: Any) -> Iterator[UndoEntry]:
        """Write an entry down, then let the block do what the entry tells of.

        Args:
            command: What was asked for.
            what: One sentence for people.
            known: Other fields of the `UndoEntry`.

        Yields:
            The entry. Once the block has ended it is marked ``done``, or ``failed`` if it raised;
            a failed act may have been done in part, so that its entry stays.

        Raises:
            StateError: The entry cannot be written; the block is not entered.
        """
        entry = self.begin(command, what=what, **known)
        try:
            yield entry
        except BaseException as error:
            with suppress(StateError):
                self.settle(entry, "failed", str(error) or type(error).__name__)
            raise
        self.settle(entry, "done")

    def begin(self, command: str, *, what: str, **known: Any) -> UndoEntry:
        """Write an entry down; when this returns, not even a power failure can lose it.

        Args:
            command: What was asked for.
            what: One sentence for people.
            known: Other fields of the `UndoEntry`.

        Raises:
            StateError: It cannot be written.
        """
        from ..state.instants import text_of

        now = time.time_ns() // 1000
        given = {"actor": _actor(), "agent": "", **known}
        name = _new_id(now)
        entry = UndoEntry(id=name, time=text_of(now), command=command, what=what, **given)
        self._write(entry)
        return entry

    def settle(self, entry: UndoEntry, state: str, error: str = "") -> UndoEntry:
        """Write down how an act ended.

        Args:
            entry: Its entry.
            state: ``done`` or ``failed``.
            error: Why it failed.

        Raises:
            StateError: It cannot be written.
        """
        ended = entry._replace(state=state, error=error)
        self._write(ended)
        return ended

    def copy(self, path: Path) -> FileCopy:
        """Keep what is in a file, for an act that will change or remove it.

        Args:
            path: The file; it need not exist.

        Raises:
            StateError: It cannot be read, or the copy cannot be written.
        """
        with explained("read", path):
            try:
                data, mode = path.read_bytes(), path.stat().st_mode & 0o7777
            except FileNotFoundError:
                return FileCopy(self._shown(path), None)
        digest = hashlib.sha256(data).hexdigest()
        if not (self.folder / "files" / digest).exists():
            write_atomic(self.folder / "files" / digest, data)
        return FileCopy(self._shown(path), digest, f"files/{digest}", mode)

    def content(self, kept: FileCopy) -> bytes:
        """Return what was in a file that was kept.

        Raises:
            StateError: The copy is gone, or is not what it was.
        """
        path = self.folder / kept.where
        with explained("read", path):
            data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != kept.sha256:
            raise StateError(f"{path} is no longer what was in {kept.path}")
        return data

    def entries(self) -> list[UndoEntry]:
        """Return all entries that can be read, newest first."""
        found = []
        for path in sorted(self.folder.glob("*.json"), reverse=True):
            with suppress(StateError):
                found.append(self._read(path))
        return found

    def damaged(self) -> list[Path]:
        """Return the files in the place of an entry that cannot be read as one."""
        bad = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                self._read(path)
            except StateError:
                bad.append(path)
        return bad

    def get(self, name: str) -> UndoEntry:
        """Return one entry.

        Args:
            name: Its id, or a part of it that no other has; ``last`` is the newest.

        Raises:
            UsageError: There is no such entry, or more than one.
            StateError: It cannot be read.
        """
        if name == "last":
            fitting = sorted(path.stem for path in self.folder.glob("*.json"))[-1:]
        else:
            fitting = [path.stem for path in self.folder.glob("*.json") if name in path.stem]
        if name in fitting:
            fitting = [name]
        if len(fitting) != 1 or not name:
            many = f"{len(fitting)} undo entries have {name!r} in their id"
            raise UsageError(many if fitting else f"no undo entry {name!r}", hint="tt undo list")
        return self._read(self.folder / f"{fitting[0]}.json")

    def forget(self, entries: Iterable[UndoEntry]) -> None:
        """Remove entries, and the copies of files that no other entry needs.

        Args:
            entries: What to remove; whoever calls has removed their trash refs.

        Raises:
            StateError: A file cannot be removed.
        """
        gone = list(entries)
        names = {entry.id for entry in gone}
        left = {
            one.where for entry in self.entries() if entry.id not in names for one in entry.files
        }
        copies = {one.where for entry in gone for one in entry.files if one.where} - left
        for path in (*(self.folder / f"{name}.json" for name in names), *map(self._copy, copies)):
            with explained("remove", path):
                path.unlink(missing_ok=True)

    def _copy(self, where: str) -> Path:
        # Whatever an edited entry says, nothing outside of the folder of copies is removed.
        return self.folder / "files" / Path(where).name

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _read(self, path: Path) -> UndoEntry:
        entry = from_json(JsonFile(path).read({}), str(path))
        if entry.id != path.stem or not _ID.fullmatch(entry.id):
            raise StateError(f"{path} is not an undo entry: it says its id is {entry.id!r}")
        return entry

    def _write(self, entry: UndoEntry) -> None:
        JsonFile(self.folder / f"{entry.id}.json").write(to_json(entry))


def _new_id(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(seconds))
    return f"{stamp}-{rest:06d}{os.urandom(1).hex()}"


def _actor() -> str:
    agent = os.environ.get("TUTTI_AGENT", "")
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = str(os.getuid())
    return f"agent {agent} of {user}" if agent else user

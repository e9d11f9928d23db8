"""A file that holds the last of everything a pane prints, bounded on disk by itself.

tmux hands the output to a small shell script that ends with the pane. It is no process of the
agent's: neither has the other's signals, and a script that is stopped or gone stops no agent.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..state.disk import explained

if TYPE_CHECKING:
    from ..model.session import Session

MOST_BYTES = 4_000_000
"""Size after which a part of a ring is full; it may exceed this by the 1 MiB between two looks."""

LAG_SECONDS = 5.0
"""How far a ring may be behind what its session last printed."""

_SCRIPT = str(Path(__file__).with_name("ring.sh"))


def arm(target: str, file: str) -> list[str]:
    """Return the tmux command that lets a pane's output be kept.

    Args:
        target: The pane, exactly.
        file: Absolute path of the file; `<file>.1` will hold what came before it.
    """
    words = ["exec", "/bin/sh", shlex.quote(_SCRIPT), shlex.quote(file), str(MOST_BYTES)]
    # tmux takes # for a format and % for a part of the date.
    shell = " ".join(words).replace("#", "##").replace("%", "%%")
    return ["pipe-pane", "-O", "-t", target, shell]


def is_lost(session: Session, file: Path) -> bool:
    """Say whether a live agent's output no longer reaches its ring, so that it wants to be rearmed.

    Args:
        session: The agent's session, as listed just now.
        file: The ring.
    """
    if session.dead:
        return False
    return not session.piped or session.activity > _written(file) + LAG_SECONDS


class Tail:
    """Reads a ring: first all it holds, then what is added.

    Args:
        file: The present part of the ring; the one before it is `<file>.1`.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._file: BinaryIO | None = None

    def __enter__(self) -> Tail:
        """Begin to read."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._let_go()

    def read(self) -> bytes:
        """Return what has been added since the last time; the first time, all there is.

        Raises:
            StateError: A part is there and cannot be read.
        """
        with explained("read", self._path):
            return self._begin() if self._file is None else self._added(self._file)

    def _added(self, file: BinaryIO) -> bytes:
        found = file.read()
        if _inode(self._path) in (None, _of(file)):
            return found
        # It is the part before by now, and nobody writes to it any more.
        found += file.read()
        self._let_go()
        return found + self._open()

    def _begin(self) -> bytes:
        # The present one first: if it becomes the one before in between, both are the same file.
        present = self._open()
        before = self._path.with_name(f"{self._path.name}.1")
        try:
            with before.open("rb") as file:
                same = self._file is not None and _of(file) == _of(self._file)
                return present if same else file.read() + present
        except FileNotFoundError:
            return present

    def _open(self) -> bytes:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return b""
        return self._file.read()

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _of(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None

"""An agent's readable log: pieces of its screen, each below a line that says when and why.

The form is the contract's, so that other tools can read it: ``--- <time> [<status>] <why> ---``,
then lines. A file that would become too large becomes ``<file>.1`` first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..state.disk import explained, make_private, write_all
from ..state.instants import micros_of, text_of
from ..state.rotating import make_room

MOST_BYTES = 4 * 1024 * 1024
"""A log and the part before it hold at most so much each."""

_HEAD = re.compile(r"--- (\S+) \[([^\]]*)\](?: (.*))? ---")
_LIKE_HEAD = re.compile(r" *--- \S+ \[.* ---")


class Piece(NamedTuple):
    """Some of what an agent showed.

    Attributes:
        at: When it was taken, as the journal writes times; empty for lines without a head.
        status: The contract's word for how the agent was then.
        why: Why it was taken, in a few words.
        lines: The lines.
    """

    at: str
    status: str
    why: str
    lines: tuple[str, ...]


class Logbook:
    """The readable log of one agent; one at a time writes it, under the agent's own lock.

    Args:
        path: The file.
        most: Bytes it may hold before it is moved.
    """

    def __init__(self, path: Path, most: int = MOST_BYTES) -> None:
        self.path = path
        self._most = most

    def add(self, piece: Piece) -> None:
        """Add a piece at the end; of one that is larger than a whole file the end is kept.

        Raises:
            StateError: It cannot be written.
        """
        data = _written(piece, self._most)
        with explained("write", self.path):
            make_private(self.path.parent)
            make_room(self.path, self._most, len(data))
            fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                write_all(fd, _line_end(fd) + data)
            finally:
                os.close(fd)

    def pieces(self) -> list[Piece]:
        """Return what both parts of the log hold, oldest first; nothing if there is none.

        Raises:
            StateError: A part is there and cannot be read.
        """
        before = self.path.with_name(f"{self.path.name}.1")
        return [piece for part in (before, self.path) for piece in _read(part)]

    def exists(self) -> bool:
        """Return whether anything was ever written."""
        return self.path.exists()


def _written(piece: Piece, most: int) -> bytes:
    status = " ".join(piece.status.replace("]", " ").split())
    why = f" {' '.join(piece.why.split())}" if piece.why.strip() else ""
    head = f"--- {piece.at} [{status}]{why} ---\n".encode("utf-8", "replace")
    rows = [_guarded(line).encode("utf-8", "replace") + b"\n" for line in piece.lines]
    return head + b"".join(_last(rows, most - len(head)))


def _last(rows: list[bytes], most: int) -> Iterator[bytes]:
    """Yield the last rows that fit, after a line that says how many did not."""
    first, size = len(rows), 0
    while first and size + len(rows[first - 1]) <= most - 80:
        first -= 1
        size += len(rows[first])
    if first and sum(map(len, rows)) > most:
        yield f"… {first} lines before this were too many to keep\n".encode()
        yield from rows[first:]
    else:
        yield from rows


def _guarded(line: str) -> str:
    """Return a line in a form that cannot be taken for a head, or for two lines."""
    flat = line.replace("\r", " ").replace("\n", " ")
    return f" {flat}" if _LIKE_HEAD.fullmatch(flat) else flat


def _line_end(fd: int) -> bytes:
    """Return what ends a line that an earlier writer could not finish."""
    size = os.fstat(fd).st_size
    return b"" if size == 0 or os.pread(fd, 1, size - 1) == b"\n" else b"\n"


def _read(path: Path) -> Iterator[Piece]:
    with explained("read", path):
        try:
            text = path.read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return
    at, status, why = "", "", ""
    lines: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        head = _HEAD.fullmatch(line)
        if head is None:
            lines.append(line[1:] if line[:1] == " " and _LIKE_HEAD.fullmatch(line) else line)
            continue
        yield from _piece(at, status, why, lines)
        at, status, why, lines = _time(head[1]), head[2], head[3] or "", []
    yield from _piece(at, status, why, lines)


def _time(text: str) -> str:
    """Return a time as the journal writes it, whoever wrote it."""
    try:
        return text_of(micros_of(text))
    except ValueError:
        return ""


def _piece(at: str, status: str, why: str, lines: Sequence[str]) -> Iterator[Piece]:
    if at or any(lines):
        yield Piece(at, status, why, tuple(lines))

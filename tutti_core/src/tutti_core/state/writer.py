"""The end of a journal where lines are added; everything here expects the lock to be held."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tutti_core.state.disk import sync_data, sync_folder, write_all
from tutti_core.state.instants import MICROS, micros_of, text_of
from tutti_core.state.lines import assemble
from tutti_core.state.scan import last_in
from tutti_core.state.segments import archive_for, archives_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Stamp(NamedTuple):
    """What the journal gives a line.

    Attributes:
        seq: Its number.
        timestamp: Its time, RFC 3339.
    """

    seq: int
    timestamp: str


class Writer:
    """Adds lines to the active file, and rotates it when it is full.

    Args:
        path: The active file.
        rotate_bytes: The size in bytes that no file of several lines exceeds.
        clock: Gives seconds since 1970-01-01 UTC.
    """

    def __init__(self, path: Path, rotate_bytes: int, clock: Callable[[], float]) -> None:
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._clock = clock
        self._seq = 0
        self._micros = 0
        # How the active file looked when this writer last left it. While it still looks so, nobody
        # else wrote, and the last number and time are known without reading.
        self._left: tuple[int, ...] | None = None

    def write(self, bodies: Sequence[bytes], *, durable: bool) -> list[Stamp]:
        """Add lines.

        Args:
            bodies: Encoded records.
            durable: Whether to return only when they are on the disk itself.

        Returns:
            The number and the time of each.
        """
        page = _Page(self._path)
        try:
            self._orient(page)
            stamps = [self._add(page, body) for body in bodies]
            page.flush()
            if durable:
                sync_data(page.fd)
            self._left = page.look()
        finally:
            page.close()
        return stamps

    def _orient(self, page: _Page) -> None:
        """Learn the last number and time, and end a line that a crash has torn."""
        left, self._left = self._left, None
        if left is not None and left == page.look():
            return
        self._seq, self._micros = _last_stamp(self._path, page.fd)
        if page.size and os.pread(page.fd, 1, page.size - 1) != b"\n":
            page.add(b"\n")

    def _add(self, page: _Page, body: bytes) -> Stamp:
        """Number, date and add one line."""
        micros = max(int(self._clock() * MICROS), self._micros + 1)
        stamp = Stamp(self._seq + 1, text_of(micros))
        line = assemble(*stamp, body)
        if page.size and page.size + len(line) > self._rotate_bytes:
            page.turn(stamp.timestamp)
        page.add(line)
        self._seq, self._micros = stamp.seq, micros
        return stamp


class _Page:
    """The active file, opened for adding.

    Attributes:
        fd: The open file; nothing is written anywhere but at its end.
        size: Its size in bytes, with what is still to be flushed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = bytearray()
        self._open()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        self.fd = os.open(self._path, flags, 0o600)
        self.size = os.fstat(self.fd).st_size
        self._is_new = self.size == 0

    def close(self) -> None:
        """Close the file; what was not flushed is dropped."""
        os.close(self.fd)

    def look(self) -> tuple[int, ...]:
        """Tell this file and its content from any other."""
        status = os.fstat(self.fd)
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def add(self, data: bytes) -> None:
        """Take bytes for the next flush."""
        self._pending += data
        self.size += len(data)

    def flush(self) -> None:
        """Write what was added, in one go."""
        if not self._pending:
            return
        write_all(self.fd, self._pending)
        self._pending.clear()
        if self._is_new:
            sync_folder(self._path.parent)
            self._is_new = False

    def turn(self, stamp: str) -> None:
        """Move the file aside, under the time of the line that found no room, and start anew."""
        self.flush()
        # A durable line promises that all before it are safe too, and nobody syncs an archive.
        sync_data(self.fd)
        self._path.rename(archive_for(self._path, stamp))
        os.close(self.fd)
        self._open()


def _last_stamp(path: Path, fd: int) -> tuple[int, int]:
    """Read the last number and time of a journal, in microseconds; zeros if it has no line."""
    record = last_in(fd, unended=True)
    for archive in reversed(archives_of(path)) if record is None else ():
        with archive.open("rb") as file:
            record = last_in(file.fileno())
        if record is not None:
            break
    return (record["seq"], micros_of(record["timestamp"])) if record else (0, 0)

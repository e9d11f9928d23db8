"""The journal: an append-only file of JSON lines that many processes write and read at once."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tutti_core.errors import StateError
from tutti_core.state.disk import explained, sync_data
from tutti_core.state.instants import micros_of, text_of
from tutti_core.state.lines import encode
from tutti_core.state.lock import Lock
from tutti_core.state.scan import Found, after_seq, after_stamp, last_record, resume, walk
from tutti_core.state.segments import opened
from tutti_core.state.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tutti_core.state.scan import Past

_ROTATE_BYTES = 64 * 1024 * 1024


class Cursor(NamedTuple):
    """Where a follower is. Only ``seq`` matters; the rest makes the next poll cheap.

    Attributes:
        seq: The number of the last record that was delivered.
        inode: The file in which it stands; 0 when unknown.
        offset: The offset in bytes behind it.
        seen: Inode and size of the active file before the last poll; None asks for another look.
    """

    seq: int
    inode: int = 0
    offset: int = 0
    seen: tuple[int, int] | None = None


class Journal:
    """Records on disk, each numbered and dated, none ever changed or lost.

    Every line is a JSON object that begins with ``seq`` (1, 2, 3, ... without a gap) and
    ``timestamp`` (RFC 3339 in UTC, strictly increasing), both given under a lock, so that they
    hold across processes, crashes and rotations. Readers take no lock.

    Args:
        path: The active file, made with the first record; its lock is the same name with ``.lock``
            added.
        rotate_bytes: The active file is moved to a dated name before it exceeds this.
        clock: Gives seconds since 1970-01-01 UTC; when it errs, the times still increase.

    Attributes:
        skipped: How many bad lines the reads of this object have passed over so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        rotate_bytes: int = _ROTATE_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.skipped = 0
        self._writer = Writer(path, rotate_bytes, clock)
        self._lock = Lock(path.with_name(f"{path.name}.lock"), purpose=f"writing {path.name}")

    def __repr__(self) -> str:
        """Show the file."""
        return f"Journal({str(self.path)!r})"

    def append(self, record: Mapping[str, Any], *, durable: bool = False) -> dict[str, Any]:
        """Add one record. When this returns, no crash of any process can lose it.

        Args:
            record: JSON fields, up to 1 MiB; ``seq`` and ``timestamp`` are not among them.
            durable: Return only when not even a power failure can lose it, nor any before it.

        Returns:
            The record with its ``seq`` and ``timestamp``.

        Raises:
            StateError: The record is not acceptable (then nothing was written), or the file or its
                lock cannot be used.
        """
        return self.append_many([record], durable=durable)[0]

    def append_many(
        self, records: Iterable[Mapping[str, Any]], *, durable: bool = False
    ) -> list[dict[str, Any]]:
        """Add records in a row, with nobody else's in between.

        Args:
            records: As for `append`. All are checked before the first is written.
            durable: As for `append`, for all of them at the cost of one.

        Returns:
            The records with their ``seq`` and ``timestamp``.

        Raises:
            StateError: As for `append`. A crash may leave the first few of them.
        """
        rows = list(records)
        bodies = [encode(row) for row in rows]
        if not bodies:
            return []
        with self._lock, explained("write", self.path):
            stamps = self._writer.write(bodies, durable=durable)
        return [
            {"seq": seq, "timestamp": timestamp, **row}
            for (seq, timestamp), row in zip(stamps, rows, strict=True)
        ]

    def sync(self) -> None:
        """Make everything appended so far, by anybody, survive a power failure.

        Raises:
            StateError: The file cannot be written to the disk.
        """
        with self._lock, explained("sync", self.path), opened(self.path) as file:
            if file is not None:
                sync_data(file.fileno())

    def read(
        self, *, after_seq: int | None = None, after: str | None = None, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Read records in order, from the start or from behind a cursor.

        The cursor is found by bisection: its cost does not grow with the journal. Bad lines are
        passed over and counted in `skipped`.

        Args:
            after_seq: Only records with a greater number.
            after: Only records later than this RFC 3339 time, in any of its forms.
            limit: At most so many records.

        Returns:
            An iterator, up to the end that the journal has when the iterator gets there.

        Raises:
            StateError: Both cursors are given, or the time is not RFC 3339, or, while iterating,
                a file cannot be read.
        """
        return islice(self._good(walk(self.path, _past(after_seq, after))), limit)

    def last(self) -> dict[str, Any] | None:
        """Read the last record.

        Returns:
            The record, or None if there is none.

        Raises:
            StateError: A file cannot be read.
        """
        with explained("read", self.path):
            return last_record(self.path)

    def follow(self, after_seq: int | None = None) -> Cursor:
        """Begin to follow the journal with `poll`.

        Args:
            after_seq: The number of the last record already known, 0 for none; without it, the
                last one there is.

        Returns:
            The cursor for the first poll.
        """
        if after_seq is None:
            last = self.last()
            after_seq = last["seq"] if last else 0
        return Cursor(after_seq)

    def poll(self, cursor: Cursor, limit: int | None = None) -> tuple[list[dict[str, Any]], Cursor]:
        """Read what is new since a cursor; one ``stat`` when nothing is.

        Args:
            cursor: What `follow` or the last poll gave. ``Cursor(seq)`` is one too, so that a
                number is all that must be kept over a restart.
            limit: At most so many records; the next poll goes on from there.

        Returns:
            The new records, whole and each once, and the cursor for the next poll.

        Raises:
            StateError: A file cannot be read.
        """
        with explained("read", self.path):
            seen = _look(self.path)
            if seen == cursor.seen:
                return [], cursor
            found = resume(self.path, cursor.seq, cursor.inode, cursor.offset)
            return self._collect(found, cursor._replace(seen=seen), limit)

    def _collect(
        self, found: Iterable[Found], cursor: Cursor, limit: int | None
    ) -> tuple[list[dict[str, Any]], Cursor]:
        """Take the records of a poll, and move the cursor behind them."""
        records: list[dict[str, Any]] = []
        seq, place, offset, seen = cursor
        for record, inode, end in found:
            if limit is not None and len(records) >= limit:
                seen = None
                break
            place, offset = inode, end
            if record is None:
                self.skipped += 1
                continue
            records.append(record)
            seq = record["seq"]
        return records, Cursor(seq, place, offset, seen)

    def _good(self, found: Iterator[Found]) -> Iterator[dict[str, Any]]:
        """Give the records, count the rest."""
        with explained("read", self.path):
            for record, _, _ in found:
                if record is None:
                    self.skipped += 1
                else:
                    yield record


def _past(seq: int | None, time_text: str | None) -> Past:
    """Make the question whether a record lies behind a cursor."""
    if time_text is None:
        return after_seq(seq or 0)
    if seq is not None:
        raise StateError("a journal is read after a number or after a time, not both")
    try:
        return after_stamp(text_of(micros_of(time_text)))
    except ValueError as problem:
        raise StateError(
            f"this cursor is not a time: {problem}",
            hint="write it as in 2026-11-22T09:30:00Z, or use the number of the last record",
        ) from problem


def _look(path: Path) -> tuple[int, int]:
    """Give inode and size of the active file, zeros when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_ino, status.st_size

"""Finding lines in a journal: by bisection on byte offsets, and from the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from tutti_core.state.lines import decode
from tutti_core.state.segments import View, inode_at, inode_of, opened, view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Record = dict[str, Any]
    Past = Callable[[Record], bool]

_GRAIN = 4096  # bytes: below this, reading on is cheaper than another jump
_WINDOW = 8192  # bytes: the first look at the end of a file; most last lines are in it


class Found(NamedTuple):
    """A line of a journal.

    Attributes:
        record: What it says, or None for a line that is torn or foreign.
        inode: The file it stands in.
        end: The offset in bytes behind it.
    """

    record: Record | None
    inode: int
    end: int


def after_seq(seq: int) -> Past:
    """Make the question whether a record has a greater number than this one."""
    return lambda record: bool(record["seq"] > seq)


def after_stamp(stamp: str) -> Past:
    """Make the question whether a record is later than this time, as `text_of` writes it."""
    return lambda record: bool(record["timestamp"] > stamp)


def walk(path: Path, past: Past) -> Iterator[Found]:
    """Go through a journal from a cursor to its end, also when it is rotated under way.

    Args:
        path: The journal's active file.
        past: Whether a record lies behind the cursor; once true along the journal, always true.

    Yields:
        The records behind the cursor, and the bad lines met on the way.
    """
    while True:
        last = 0
        with view(path) as files:
            for found in _lines_past(files, past):
                last = found.record["seq"] if found.record else last
                yield found
            inode = inode_of(files.active)
        if inode_at(path) == inode:
            return
        past = after_seq(last) if last else past


def resume(path: Path, seq: int, inode: int, offset: int) -> Iterator[Found]:
    """Go on where a follower stopped, or search the place if that file is not the active one.

    Args:
        path: The journal's active file.
        seq: The number of the last record known.
        inode: The file in which it stood.
        offset: The offset behind it.

    Yields:
        The records behind it, and the bad lines met on the way.
    """
    with opened(path) as file:
        here = inode_of(file) == inode
        for found in lines(file, offset) if file and here else ():
            # Numbers have no gap: anything but the next one means that this is not the place.
            if found.record and found.record["seq"] != seq + 1:
                here = False
                break
            seq += found.record is not None
            yield found
    if not here:
        yield from walk(path, after_seq(seq))


def lines(file: BinaryIO, start: int) -> Iterator[Found]:
    """Go through the whole lines of one file; text behind the last line break is not one yet.

    Args:
        file: An open segment.
        start: The offset of a line's first byte.

    Yields:
        Every line, good or bad.
    """
    inode, end = inode_of(file), start
    file.seek(start)
    for line in file:
        if not line.endswith(b"\n"):
            return
        end += len(line)
        yield Found(decode(line), inode, end)


def last_record(path: Path) -> Record | None:
    """Read the last record of a journal.

    Args:
        path: The journal's active file.

    Returns:
        The record, or None if there is none.
    """
    with view(path) as files:
        for index in reversed(range(files.total)):
            with files.opened(index) as file:
                record = last_in(file.fileno()) if file else None
            if record is not None:
                return record
    return None


def last_in(fd: int, *, unended: bool = False) -> Record | None:
    """Read the last record of one file, from its end and no further than needed.

    Args:
        fd: An open segment.
        unended: Whether a last line without its line break counts.

    Returns:
        The record, or None if the file has none.
    """
    size, window = os.fstat(fd).st_size, _WINDOW
    while True:
        start = max(0, size - window)
        pieces = os.pread(fd, size - start, start).split(b"\n")
        # The first piece may be the end of a longer line, the last one is behind the last break.
        whole = pieces[1 if start else 0 : None if unended else -1]
        record = next((found for found in map(decode, reversed(whole)) if found), None)
        if record is not None or start == 0:
            return record
        window *= 4


def _lines_past(files: View, past: Past) -> Iterator[Found]:
    """Go through the lines of a view from the cursor on."""
    for index in range(_first_segment(files, past), files.total):
        with files.opened(index) as file:
            if file is None:
                continue
            for found in lines(file, _place(file, past)):
                if found.record is None or past(found.record):
                    yield found


def _first_segment(files: View, past: Past) -> int:
    """Find the segment in which the cursor lies: the last one that begins at or before it."""

    def probe(middle: int, high: int) -> tuple[int, bool] | None:
        for index in range(middle, high):
            with files.opened(index) as file:
                first = file and _first_good(file, 0, os.fstat(file.fileno()).st_size)
            if first:
                return index + 1, past(first[0])
        return None

    return max(0, _bisect(files.total, 0, probe) - 1)


def _place(file: BinaryIO, past: Past) -> int:
    """Find the start of a line that is at most a few lines before the first one past the cursor."""

    def probe(middle: int, high: int) -> tuple[int, bool] | None:
        first = _first_good(file, middle, high)
        return first and (first[1], past(first[0]))

    return _bisect(os.fstat(file.fileno()).st_size, _GRAIN, probe)


def _bisect(high: int, grain: int, probe: Callable[[int, int], tuple[int, bool] | None]) -> int:
    """Narrow down where "past" begins, in a row where not every place can be asked.

    Args:
        high: The length of the row.
        grain: Stop when the rest is no longer than this.
        probe: Asks the first place from the first argument on that can be asked and lies before
            the second: gives the place behind it, and whether it is past; None if there is none.

    Returns:
        A place with nothing past before it, at most the grain before where "past" begins.
    """
    low = 0
    while high - low > grain:
        middle = (low + high) // 2
        answer = probe(middle, high)
        if answer is None or answer[1]:
            high = middle
        else:
            low = answer[0]
    return low


def _first_good(file: BinaryIO, start: int, stop: int) -> tuple[Record, int] | None:
    """Find the first good line that begins at or behind ``start`` and before ``stop``.

    Returns:
        Its record and the offset behind it.
    """
    # One byte back: if that is a line break, the line at `start` is whole.
    end = max(0, start - 1)
    file.seek(end)
    if start:
        end += len(file.readline())
    while end < stop:
        line = file.readline()
        end += len(line)
        record = decode(line) if line.endswith(b"\n") else None
        if record is not None:
            return record, end
        if not line:
            return None
    return None

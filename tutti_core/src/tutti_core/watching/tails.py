"""JSON lines in the end of a file that somebody appends to: read for one look, and never changed.

What is half written is left for later, what is no JSON object is left out.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, overload

from ..detection.records import Record

TAIL_BYTES = 256 * 1024
"""So much of the end of a feed is looked at."""


class Tail(Sequence[Record]):
    """The records in the end of a feed, each parsed when it is first asked for.

    Args:
        lines: Its whole lines.
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._known: dict[int, Record] = {}

    def __reversed__(self) -> Iterator[Record]:
        for number in range(len(self._lines) - 1, -1, -1):
            found = self._at(number)
            if found:
                yield found

    def __iter__(self) -> Iterator[Record]:
        for number in range(len(self._lines)):
            found = self._at(number)
            if found:
                yield found

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        """Return one record, or some."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return self._lines == other._lines if isinstance(other, Tail) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._lines))

    def _at(self, number: int) -> Record:
        if number not in self._known:
            self._known[number] = parsed(self._lines[number])
        return self._known[number]


def tail(path: str, most: int = TAIL_BYTES) -> Tail:
    """Return the records in the end of a feed; none if it cannot be read.

    Args:
        path: Absolute path of the file.
        most: Bytes of it that are looked at.
    """
    data, begins = _end(path, most)
    lines = data.split(b"\n")[:-1]
    return Tail(lines if begins == 0 else lines[1:])


def parsed(line: bytes) -> Record:
    """Return a line as a record, empty if it is none.

    Args:
        line: The line, which may have been cut within a character.
    """
    try:
        text = line.decode("utf-8", errors="ignore")
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    # Half of a pair of surrogates can be written down as an escape, and nowhere else.
    return _sound(found) if "\\ud" in text or "\\uD" in text else found


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, list):
        return [_sound(one) for one in value]
    if isinstance(value, dict):
        return {_sound(key): _sound(one) for key, one in value.items()}
    return value


def _end(path: str, most: int) -> tuple[bytes, int]:
    try:
        with opened(path) as file:
            begins = max(0, os.fstat(file.fileno()).st_size - most)
            file.seek(begins)
            return file.read(most), begins
    except OSError:
        return b"", 0


def opened(path: str) -> BinaryIO:
    """Open a file to read it, and nothing else: a pipe in its place would hold up whoever looks.

    Args:
        path: Absolute path of the file.

    Raises:
        OSError: If it is not there, or no file.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(str(error)) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(f"{path} is no file")
    return open(number, "rb")

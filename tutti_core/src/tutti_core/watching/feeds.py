"""Feeds: files of JSON lines that somebody appends to, read from their ends and never changed.

`tail` is for one look. `Feed` is for whoever watches: it parses what is new, and nothing twice.
What is half written is left for later, what is no JSON object is left out.
"""

from __future__ import annotations

import json
import os
import stat
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, overload

from ..detection.records import Record, texts

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


class Feed:
    """One feed, followed: `read` takes in what is new.

    Args:
        path: Absolute path of the file, which need not be there yet.

    Attributes:
        path: That path.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._records: deque[tuple[int, Record]] = deque()
        self._bytes = 0
        self._inode, self._offset, self._cut = -1, 0, False

    @property
    def records(self) -> tuple[Record, ...]:
        """The newest records, the newest last, as many as `TAIL_BYTES` hold."""
        return tuple(record for _, record in self._records)

    def read(self) -> bool:
        """Take in what was appended, or all of it if it is another file now.

        Returns:
            Whether there is a record that was not there before.
        """
        try:
            with _opened(self.path) as file:
                found = os.fstat(file.fileno())
                if found.st_ino != self._inode or found.st_size < self._offset:
                    self._begin(found.st_ino, max(0, found.st_size - TAIL_BYTES))
                file.seek(self._offset)
                return self._take(file.read(found.st_size - self._offset))
        except OSError:
            return False

    def _begin(self, inode: int, offset: int) -> None:
        self._records.clear()
        self._bytes, self._inode, self._offset = 0, inode, offset
        # Where it is begun in the middle, the first line is only the end of one.
        self._cut = offset > 0

    def _take(self, found: bytes) -> bool:
        whole = found[: found.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.split(b"\n")[:-1]
        if lines and self._cut:
            lines, self._cut = lines[1:], False
        new = [(len(line), record) for line in lines if (record := parsed(line))]
        self._records.extend(new)
        self._bytes += sum(size for size, _ in new)
        while self._bytes > TAIL_BYTES and len(self._records) > 1:
            self._bytes -= self._records.popleft()[0]
        return bool(new)


class Feeds:
    """The feeds of one agent, followed.

    Args:
        paths: The files of its launch, by the names of the feeds.
        rules: Compiled rules of its runtime, or None.
    """

    def __init__(self, paths: Mapping[str, str], rules: Mapping[str, Any] | None) -> None:
        self._paths, self._rules = dict(paths), rules
        self._feeds: dict[str, Feed] = {}

    @property
    def paths(self) -> dict[str, str]:
        """Where the feeds are now, by name: what is worth watching."""
        return followed(self._paths, self._rules, self.records)

    @property
    def records(self) -> dict[str, Sequence[Record]]:
        """The newest records of each, for an observation."""
        return {name: feed.records for name, feed in self._feeds.items()}

    def learn(self, paths: Mapping[str, str]) -> None:
        """Take note of files that were found out later."""
        self._paths.update(paths)

    def read(self) -> bool:
        """Take in what is new in any of them; return whether anything is."""
        follows = (self._rules or {}).get("follow", {})
        new = [self._read(name, path) for name, path in self._paths.items() if name not in follows]
        new += [self._read(name, path) for name, path in self.paths.items() if name in follows]
        return any(new)

    def _read(self, name: str, path: str) -> bool:
        known = self._feeds.get(name)
        if known is None or known.path != path:
            known = self._feeds[name] = Feed(path)
        return known.read()


def look_at(paths: Mapping[str, str], rules: Mapping[str, Any] | None) -> dict[str, Tail]:
    """Return the newest records of every feed, for one look.

    Args:
        paths: The files of the launch, by the names of the feeds.
        rules: Compiled rules of the runtime, or None.
    """
    follows = (rules or {}).get("follow", {})
    found = {name: tail(path) for name, path in paths.items() if name not in follows}
    there = followed(paths, rules, found)
    return {**found, **{name: tail(path) for name, path in there.items() if name in follows}}


def followed(
    paths: Mapping[str, str],
    rules: Mapping[str, Any] | None,
    records: Mapping[str, Sequence[Record]],
) -> dict[str, str]:
    """Return where the feeds of an agent are by now: the end of one may say where another goes on.

    Args:
        paths: The files of the launch, by the names of the feeds.
        rules: Compiled rules of the runtime, which say who says so.
        records: What is known of them.
    """
    found = dict(paths)
    for name, said in (rules or {}).get("follow", {}).items():
        other, _, key = said.partition(":")
        told = (text for one in reversed(records.get(other, ())) for text in texts(one, key))
        path = next((one for one in told if os.path.isabs(one)), None)
        if path is not None:
            found[name] = path
    return found


def feeds_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the feeds that were recorded at a launch, as far as they can be files.

    Args:
        record: What was recorded.
    """
    found = record.get("feeds")
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: path for name, path in pairs if isinstance(path, str) and os.path.isabs(path)}


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
        with _opened(path) as file:
            begins = max(0, os.fstat(file.fileno()).st_size - most)
            file.seek(begins)
            return file.read(most), begins
    except OSError:
        return b"", 0


def _opened(path: str) -> BinaryIO:
    """Open a file to read it, and nothing else: a pipe in its place would hold up whoever looks.

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

"""Feeds: files of JSON lines that somebody appends to, followed by whoever watches.

`Feed` parses what is new, and nothing twice. For one look `tails.tail` is enough.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from ..detection.records import Record, texts
from .tails import TAIL_BYTES, Tail, opened, parsed, tail


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
        self._given: tuple[Record, ...] | None = None
        self._bytes = 0
        self._inode, self._offset, self._cut = -1, 0, False

    @property
    def records(self) -> tuple[Record, ...]:
        """The newest records, the newest last, as many as `TAIL_BYTES` hold.

        The very same until there is another: who has read them need not read them again.
        """
        if self._given is None:
            self._given = tuple(record for _, record in self._records)
        return self._given

    def read(self) -> bool:
        """Take in what was appended, or all of it if it is another file now.

        Returns:
            Whether there is a record that was not there before.
        """
        try:
            with opened(self.path) as file:
                found = os.fstat(file.fileno())
                if found.st_ino != self._inode or found.st_size < self._offset:
                    self._begin(found.st_ino, max(0, found.st_size - TAIL_BYTES))
                file.seek(self._offset)
                return self._take(file.read(found.st_size - self._offset))
        except OSError:
            return False

    def _begin(self, inode: int, offset: int) -> None:
        self._records.clear()
        self._given = None
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
        self._given = None if new else self._given
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

"""What a program prints: followed line by line while it runs, and kept as an excerpt afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

KEPT_BYTES = 64 * 1024
"""What a record holds of one stream at most; the file has all of it."""
PIECE_BYTES = 256 * 1024
BEHIND_BYTES = 1024 * 1024
LINE_CHARACTERS = 2000
CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
"""Sequences that a terminal obeys, as ECMA-48 has them."""


class Follower:
    """Tells the lines that a growing file gets.

    Who prints faster than anybody reads is not slowed down: what is far behind is passed over, and
    that is said.

    Args:
        path: The file.
        say: Told each line, as text.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path, self._say = path, say
        self._at = 0
        self._rest = b""

    def look(self) -> bool:
        """Tell what is new; return whether there is more."""
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size - self._at > BEHIND_BYTES:
                    self._pass_over(size - PIECE_BYTES)
                file.seek(self._at)
                piece = file.read(PIECE_BYTES)
        except OSError:
            return False
        self._at += len(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._tell(line)
        if len(self._rest) > PIECE_BYTES:
            self._tell(self._rest)
            self._rest = b""
        return self._at < size

    def finish(self) -> None:
        """Tell the rest, once nothing comes any more."""
        while self.look():
            pass
        if self._rest:
            self._tell(self._rest)
            self._rest = b""

    def _pass_over(self, to: int) -> None:
        self._say(f"… {to - self._at} bytes are not shown here; they are in {self._path}")
        self._at, self._rest = to, b""

    def _tell(self, line: bytes) -> None:
        # Of a line that is drawn again and again, as progress is, the last is what a person sees.
        shown = line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")
        self._say(plain(shown)[:LINE_CHARACTERS])


def plain(text: str) -> str:
    """Return a line without what colours it, or moves the cursor of a terminal."""
    return CODES.sub("", text) if "\x1b" in text else text


def excerpt(path: Path, most: int = KEPT_BYTES) -> str:
    """Return what a file holds, its beginning and its end if it is long.

    Args:
        path: The file.
        most: Bytes that are kept at most.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(most if size <= most else most // 2)
            file.seek(max(len(head), size - most // 2))
            tail = file.read(most // 2) if size > most else b""
    except OSError:
        return ""
    if not tail:
        return head.decode(errors="replace")
    left_out = size - len(head) - len(tail)
    between = f"\n… {left_out} bytes are left out here; all of it is in {path} …\n"
    return head.decode(errors="replace") + between + tail.decode(errors="replace")


def last_lines(paths: Iterable[Path], most: int = 6) -> list[str]:
    """Return the last lines of the first of some files that has any.

    Args:
        paths: The files.
        most: How many lines.
    """
    for path in paths:
        try:
            with path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - most * LINE_CHARACTERS))
                lines = plain(file.read().decode(errors="replace")).splitlines()
        except OSError:
            continue
        if found := [line for line in lines if line.strip()][-most:]:
            return found
    return []

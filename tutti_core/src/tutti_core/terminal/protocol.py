"""Reads what tmux says in control mode: replies to commands, and notices in between."""

from __future__ import annotations

import re
from typing import NamedTuple

_BEGIN = re.compile(rb"%begin ([0-9]+ [0-9]+ ([0-9]+))")

_END, _ERROR = b"%end", b"%error"


class OutOfStep(ValueError):
    """Something stood where only a reply or a notice may stand: what follows cannot be trusted."""


class Reply(NamedTuple):
    """What tmux answered to one command.

    Attributes:
        ok: Whether the command succeeded.
        body: What it printed, byte for byte; if it failed, why.
        asked: Whether it was a command of this connection; hooks and the command line it was
            started with are answered too.
    """

    ok: bool
    body: bytes
    asked: bool


Said = Reply | str
"""A reply, or the line of a notice such as ``%sessions-changed``."""


class Stream:
    """Takes a control connection apart, however its bytes are cut.

    A reply ends with the line that repeats the numbers of its first line, so that nothing a program
    shows on its screen is taken for the end of that screen.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._numbers: bytes | None = None
        self._looked = 0

    def feed(self, data: bytes) -> list[Said]:
        """Take more bytes.

        Args:
            data: Any number of them.

        Returns:
            What is complete by now, in order.

        Raises:
            OutOfStep: A line outside of a reply is no notice.
        """
        self._rest += data
        said: list[Said] = []
        while (found := self._next()) is not None:
            said.extend(found)
        return said

    def _next(self) -> list[Said] | None:
        return self._line() if self._numbers is None else self._reply(self._numbers)

    def _line(self) -> list[Said] | None:
        """Take a line outside of a reply; None if it is not all there."""
        at = self._rest.find(b"\n", self._looked)
        if at < 0:
            self._looked = len(self._rest)
            return None
        line = self._cut(at)
        begun = _BEGIN.fullmatch(line)
        if begun:
            self._numbers = begun[1]
            return []
        if not line.startswith(b"%"):
            raise OutOfStep(f"tmux said {line[:80]!r} where nothing of the kind may stand")
        return [line.decode("utf-8", "replace")]

    def _reply(self, numbers: bytes) -> list[Said] | None:
        """Take the reply that has begun; None if it is not all there."""
        ends = [(at, word) for word in (_END, _ERROR) if (at := self._end(word, numbers)) >= 0]
        if not ends:
            # The last line is looked at again: all of it may not be there yet.
            self._looked = self._rest.rfind(b"\n") + 1
            return None
        at, word = min(ends)
        body = bytes(self._rest[:at])
        self._cut(at + len(word) + 1 + len(numbers))
        self._numbers = None
        return [Reply(word == _END, body, numbers.rpartition(b" ")[2] == b"1")]

    def _end(self, word: bytes, numbers: bytes) -> int:
        line = b"%s %s\n" % (word, numbers)
        at = self._rest.find(line, self._looked)
        while at > 0 and self._rest[at - 1] != ord("\n"):
            at = self._rest.find(line, at + 1)
        return at

    def _cut(self, end: int) -> bytes:
        """Take away all up to a newline, and the newline."""
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        self._looked = 0
        return line

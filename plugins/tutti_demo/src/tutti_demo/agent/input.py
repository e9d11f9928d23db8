"""Bytes from the terminal into keys, however they are cut into pieces."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import NamedTuple

PASTE, PASTE_END = b"\x1b[200~", b"\x1b[201~"
_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\x1b\[O])", re.DOTALL)
_PARTIAL = re.compile(rb"\x1b(\[[0-?]*[ -/]*|O)?")
_NAMES = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1b\r": "newline",
    b"\x1b\n": "newline",
    b"\r": "enter",
    b"\n": "newline",
    b"\x7f": "backspace",
    b"\x08": "backspace",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class Key(NamedTuple):
    """One event of the keyboard.

    Attributes:
        kind: ``text`` (typed), ``paste`` (bracketed), ``key`` (a named key).
        value: The text, or a name: ``enter newline escape up down backspace C-c …``.
    """

    kind: str
    value: str


class Keys:
    """A decoder that remembers what is not complete yet."""

    def __init__(self) -> None:
        self._pending = b""
        self._pasting = False
        self._decoder = getincrementaldecoder("utf-8")("replace")

    @property
    def lone_escape(self) -> bool:
        """Tell whether all that waits is one escape byte: a key, unless more follows at once."""
        return self._pending == b"\x1b" and not self._pasting

    def feed(self, data: bytes) -> list[Key]:
        """Take bytes and return the keys that are complete.

        Args:
            data: Whatever was read, cut anywhere.
        """
        self._pending += data
        keys: list[Key] = []
        while self._pending:
            key = self._paste() if self._pasting else self._next()
            if key is None:
                break
            if key.value:
                keys.append(key)
        return keys

    def flush(self) -> list[Key]:
        """Return the escape key when nothing followed the escape byte in time."""
        if not self.lone_escape:
            return []
        self._pending = b""
        return [Key("key", "escape")]

    def _paste(self) -> Key | None:
        end = self._pending.find(PASTE_END)
        if end < 0:
            return None
        body, self._pending = self._pending[:end], self._pending[end + len(PASTE_END) :]
        self._pasting = False
        text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return Key("paste", _DROPPED.sub("", text))

    def _next(self) -> Key | None:
        control = _CONTROL.search(self._pending)
        if control is None or control.start():
            return self._text(
                control.start() if control else len(self._pending), control is not None
            )
        if self._decoder.getstate()[0]:
            return self._text(0, True)
        if self._pending[0] == 0x1B:
            return self._escape()
        byte, self._pending = self._pending[:1], self._pending[1:]
        return Key("key", _NAMES.get(byte) or f"C-{chr(byte[0] | 0x60)}")

    def _text(self, size: int, final: bool) -> Key:
        run, self._pending = self._pending[:size], self._pending[size:]
        return Key("text", self._decoder.decode(run, final))

    def _escape(self) -> Key | None:
        if self._pending.startswith(b"\x1b\x1b"):
            self._pending = self._pending[1:]
            return Key("key", "escape")
        found = _SEQUENCE.match(self._pending)
        if found is None:
            return self._incomplete()
        self._pending = self._pending[found.end() :]
        if found.group() == PASTE:
            self._pasting = True
            return Key("key", "")
        return Key(
            "key", _NAMES.get(found.group()) or f"M-{found.group()[1:].decode('ascii', 'replace')}"
        )

    def _incomplete(self) -> Key | None:
        if _PARTIAL.fullmatch(self._pending):
            return None
        broken = _PARTIAL.match(self._pending)
        size = broken.end() if broken else 1
        name, self._pending = self._pending[1:size], self._pending[size:]
        return Key("key", f"M-{name.decode('ascii', 'replace')}")

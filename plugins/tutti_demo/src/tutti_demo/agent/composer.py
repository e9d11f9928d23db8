"""The draft at the bottom of the screen: what was typed and pasted, until it is submitted."""

from __future__ import annotations

import re
from typing import NamedTuple

from tutti_demo.agent.input import Key

#: A paste with more newlines or characters than this is shown as a label.
LINES, CHARACTERS = 3, 1000
_REQUESTS = {
    "enter": "submit",
    "escape": "escape",
    "up": "recall",
    "C-c": "cancel",
    "C-d": "end",
    "C-l": "redraw",
}


class Piece(NamedTuple):
    """A part of a draft: literal text, or a big paste behind its label."""

    text: str
    label: str = ""


class Composer:
    """A draft with its cursor at the end."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._pastes = 0

    @property
    def text(self) -> str:
        """The draft as it would be submitted, pastes in full."""
        return "".join(piece.text for piece in self._pieces)

    @property
    def shown(self) -> str:
        """The draft as it is shown, big pastes as labels."""
        return "".join(piece.label or piece.text for piece in self._pieces)

    def press(self, key: Key) -> str:
        """Apply one key to the draft.

        Returns:
            What the key asks of the session: ``submit escape recall cancel end redraw``,
            ``unknown`` for a key that means nothing here, or nothing when it was an edit.
        """
        if key.kind == "paste":
            self.paste(key.value)
        elif key.kind == "text":
            self._type(key.value)
        elif key.value == "newline":
            self._type("\n")
        elif key.value in ("backspace", "C-w", "C-u"):
            self._erase(key.value)
        else:
            return _REQUESTS.get(key.value, "unknown")
        return ""

    def paste(self, text: str) -> None:
        """Add a paste as one piece, whatever it holds."""
        lines = text.count("\n")
        if lines <= LINES and len(text) <= CHARACTERS:
            self._type(text)
            return
        self._pastes += 1
        more = f" +{lines} lines" if lines else ""
        self._pieces.append(Piece(text, f"[Pasted text #{self._pastes}{more}]"))

    def take(self) -> str:
        """Return the whole draft and leave it empty."""
        text = self.text
        self.clear()
        return text

    def clear(self) -> None:
        """Empty the draft."""
        self._pieces = []

    def _type(self, text: str) -> None:
        if self._pieces and not self._pieces[-1].label:
            text = self._pieces.pop().text + text
        self._pieces.append(Piece(text))

    def _erase(self, key: str) -> None:
        last = self._pieces.pop() if self._pieces else Piece("")
        if key == "C-u":
            self.clear()
        if key == "C-u" or last.label:
            return
        left = last.text[:-1] if key == "backspace" else re.sub(r"\S*\s*\Z", "", last.text, count=1)
        if left:
            self._pieces.append(Piece(left))

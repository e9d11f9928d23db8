"""A terminal in memory, for the few sequences that the agent's painter sends."""

from __future__ import annotations

import re

from tutti_demo.agent.text import cell

_TOKEN = re.compile(
    "\x1b\\[([?0-9;]*)([A-Za-z])|\x1b\\]0;([^\x07]*)\x07|\r|\n|[^\x1b\r\n]", re.DOTALL
)


class Screen:
    """What a terminal shows.

    Args:
        columns: Width.
        rows: Height.

    Attributes:
        history: Lines that were scrolled off at the top.
        title: The terminal's title.
        modes: The private modes that are on, as ``?2004``.
    """

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.rows = columns, rows
        self.history: list[str] = []
        self.title = ""
        self.modes: set[str] = set()
        self._grid = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """The rows of the window, without the blanks at their ends."""
        return ["".join(row).rstrip() for row in self._grid]

    @property
    def text(self) -> str:
        """The rows that are not empty at the end, as one text."""
        return "\n".join(self.lines).rstrip()

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor, from 0."""
        return self._row, self._column

    def feed(self, text: str) -> None:
        """Take what the program wrote, cut anywhere."""
        text = self._rest + text
        end = 0
        for token in _TOKEN.finditer(text):
            self._take(token)
            end = token.end()
        self._rest = text[end:]

    def _take(self, token: re.Match[str]) -> None:
        given, final, title = token.groups()
        if title is not None:
            self.title = title
        elif final is not None:
            self._control(given, final)
        elif token.group() == "\r":
            self._column = 0
        elif token.group() == "\n":
            self._feed_line()
        else:
            self._put(token.group())

    def _control(self, given: str, final: str) -> None:
        if final == "H":
            row, _, column = given.partition(";")
            self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
        elif final == "K":
            self._grid[self._row][self._column :] = [" "] * (self.columns - self._column)
        elif final == "J":
            self._grid = [[" "] * self.columns for _ in range(self.rows)]
        elif final in "hl":
            (self.modes.add if final == "h" else self.modes.discard)(given)

    def _feed_line(self) -> None:
        if self._row < self.rows - 1:
            self._row += 1
            return
        self.history.append("".join(self._grid.pop(0)).rstrip())
        self._grid.append([" "] * self.columns)

    def _put(self, char: str) -> None:
        size = cell(char)
        if size == 0:
            self._grid[self._row][max(0, self._column - 1)] += char
            return
        column = min(self._column, self.columns - size)
        self._grid[self._row][column : column + size] = [char, *[""] * (size - 1)]
        self._column = min(self._column + size, self.columns)

"""Frames into the bytes that change a terminal from the last one, scrollback included."""

from __future__ import annotations

from tutti_demo.agent.screen import Frame

START = "\x1b[?2004h\x1b[?7l"
STOP = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h"


class Painter:
    """Knows what the terminal shows, and sends only what differs.

    Conversation that leaves the window at the top is scrolled, so that it lands in the
    terminal's own scrollback.
    """

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._size = (0, 0)
        self._pushed = 0
        self._title = ""

    def paint(self, frame: Frame, width: int, height: int) -> str:
        """Return what to write so that the window shows the end of the frame."""
        if self._size != (width, height):
            self._resize(width, height, len(frame.lines))
        top = max(0, len(frame.lines) - height)
        out = ""
        if top > self._pushed:
            out += self._scroll(frame.lines, top, height)
        out += self._place(frame.lines[top : top + height], height)
        row = min(max(0, frame.row - top), height - 1)
        cursor = f"\x1b[{row + 1};{frame.column + 1}H"
        return f"\x1b[?25l{out}{cursor}\x1b[?25h" if out else cursor

    def title(self, text: str) -> str:
        """Return what sets the terminal's title, or nothing when it is set already."""
        if text == self._title:
            return ""
        self._title = text
        return f"\x1b]0;{text}\x07"

    @property
    def pushed(self) -> int:
        """How many lines of the frame have scrolled off."""
        return self._pushed

    def drop(self, lines: int) -> None:
        """Let the next frames begin so many lines later; what is shown stays."""
        self._pushed -= lines

    def forget(self) -> None:
        """Draw everything anew at the next frame."""
        self._size = (0, 0)

    def leave(self) -> str:
        """Return what puts the cursor below everything, for the shell that comes next."""
        used = max((i + 1 for i, row in enumerate(self._rows) if row), default=0)
        last = f"\x1b[{max(1, used)};1H\r\n" if used else ""
        return f"{last}{self.title('')}{STOP}"

    def _resize(self, width: int, height: int, lines: int) -> None:
        # What the terminal made of its rows when it was resized is not known: nothing on it counts.
        self._pushed = max(self._pushed, lines - height) if self._size != (0, 0) else self._pushed
        self._size = (width, height)
        self._rows = ["\0"] * height

    def _scroll(self, lines: list[str], top: int, height: int) -> str:
        """Show the lines from the first one not scrolled yet, then scroll up to ``top``."""
        out = self._place(lines[self._pushed : self._pushed + height], height)
        out += f"\x1b[{height};1H"
        fresh = lines[self._pushed + height : top + height]
        out += "".join(f"\n\r{line}" for line in fresh)
        self._rows = [*self._rows, *fresh][-height:]
        self._pushed = top
        return out

    def _place(self, lines: list[str], height: int) -> str:
        wanted = [*lines, *[""] * (height - len(lines))]
        out = "".join(
            f"\x1b[{row + 1};1H\x1b[K{line}"
            for row, (line, shown) in enumerate(zip(wanted, self._rows, strict=True))
            if line != shown
        )
        self._rows = wanted
        return out

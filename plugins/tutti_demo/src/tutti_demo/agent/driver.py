"""The whole program in a pseudo-terminal of its own, for tests and recordings."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import final

from tutti_demo.agent.text import cell

_TOKEN = re.compile(
    "\x1b\\[([?0-9;]*)([A-Za-z])|\x1b\\]0;([^\x07]*)\x07|\r|\n|[^\x1b\r\n]", re.DOTALL
)


class Screen:
    """What a terminal shows, for the few sequences the agent's painter sends.

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


@final
class Agent:
    """The scripted agent, running in a pseudo-terminal; use it in a ``with`` statement.

    Args:
        options: Its command line.
        cwd: Its working folder.
        home: Its own folder.
        size: Columns and rows.
        environment: More variables.
    """

    def __init__(
        self,
        *options: str,
        cwd: Path,
        home: Path,
        size: tuple[int, int] = (80, 30),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.home, self.cwd = home, cwd
        self.screen = Screen(*size)
        self.received = ""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._file, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.modes_before = termios.tcgetattr(side)
        self._side = side
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tutti_demo.agent", *options],
            cwd=cwd,
            env={**os.environ, **_environment(home), **(environment or {})},
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            # Without a controlling terminal there is no hang-up and no word of a new size.
            preexec_fn=_own_terminal,  # noqa: PLW1509
        )

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        os.close(self._file)
        os.close(self._side)

    def type(self, text: str) -> None:
        """Send keys as they are; a carriage return is Enter."""
        data = text.encode()
        while data:
            data = data[os.write(self._file, data[:1024]) :]
            self._pump(0)

    def paste(self, text: str) -> None:
        """Send a bracketed paste, newlines as terminals send them."""
        self.type("\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~")

    def prompt(self, text: str) -> None:
        """Paste a text and press Enter."""
        self.paste(text)
        self.type("\r")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told by a signal."""
        self.screen = Screen(columns, rows)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, wanted: str | Callable[[], object], seconds: float = 10) -> str:
        """Wait until the screen shows a text, or a condition holds.

        Returns:
            The screen.

        Raises:
            AssertionError: It did not come in time; with the screen as it is.
        """
        late = time.monotonic() + seconds
        while not (wanted in self.screen.text if isinstance(wanted, str) else wanted()):
            if time.monotonic() > late:
                raise AssertionError(f"no {wanted!r} in {seconds} s:\n{self.screen.text}")
            self._pump(0.02)
        return self.screen.text

    def ended(self, seconds: float = 10) -> int:
        """Wait for the program to end.

        Returns:
            Its exit code, negative for a signal.
        """
        self.until(lambda: self.process.poll() is not None, seconds)
        self._pump(0.02)
        code = self.process.poll()
        assert code is not None
        return code

    def modes(self) -> list[object]:
        """Return the terminal's modes as they are now."""
        return termios.tcgetattr(self._side)

    def status(self) -> dict[str, object]:
        """Return its live status; empty when there is none."""
        try:
            text = (self.home / "sessions" / f"{self.process.pid}.json").read_text("utf-8")
        except FileNotFoundError:
            return {}
        found: dict[str, object] = json.loads(text)
        return found

    def records(self) -> list[dict[str, object]]:
        """Return every record of every transcript in its home."""
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> Iterator[str]:
        for path in sorted(self.home.glob("projects/*/*.jsonl")):
            yield from path.read_text("utf-8").splitlines()

    def _pump(self, seconds: float) -> None:
        """Take what the program wrote."""
        while select.select([self._file], [], [], seconds)[0]:
            text = self._decoder.decode(os.read(self._file, 65536))
            self.received += text
            self.screen.feed(text)
            seconds = 0


def _environment(home: Path) -> dict[str, str]:
    """Return the variables that make the program find this very package, and its home."""
    source = str(Path(__file__).parents[2])
    paths = filter(None, [source, os.environ.get("PYTHONPATH")])
    return {"PYTHONPATH": os.pathsep.join(paths), "TUTTI_DEMO_HOME": str(home)}


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

"""The terminal as a file: raw mode, size, bytes in and out, and the signals that concern it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import termios
import time
import tty
from pathlib import Path
from types import FrameType

from tutti_demo.agent.home import append

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGWINCH)


class Terminal:
    """Standard input and output, in raw mode between `open` and `close`.

    Args:
        log: A file that gets every byte received, as JSON lines ``{t, hex}``; None for no log.
    """

    def __init__(self, log: Path | None = None) -> None:
        self._log = log
        self._before: list[object] | None = None
        self._caught: list[int] = []
        self._wake, self._waker = os.pipe()
        for file in (self._wake, self._waker):
            os.set_blocking(file, False)
        for number in _SIGNALS:
            signal.signal(number, self._catch)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

    def open(self) -> None:
        """Enter raw mode; what was typed before stays to be read."""
        self._before = termios.tcgetattr(0)
        tty.setraw(0, termios.TCSADRAIN)

    def close(self) -> None:
        """Leave raw mode."""
        if self._before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]
            self._before = None

    def size(self) -> tuple[int, int]:
        """Return columns and rows; 80x24 where the terminal does not know."""
        try:
            columns, rows = os.get_terminal_size(1)
        except OSError:
            return 80, 24
        return columns or 80, rows or 24

    def write(self, text: str) -> None:
        """Write everything; a terminal that went away is found out by the next read."""
        data = text.encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(1, data) :]

    def wait(self, files: list[int], seconds: float | None) -> list[int]:
        """Wait for one of the files (0 is the keyboard), a signal, or the time.

        Returns:
            The files that are ready.
        """
        ready, _, _ = select.select([self._wake, *files], [], [], seconds)
        if self._wake in ready:
            ready.remove(self._wake)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        return ready

    def read(self) -> bytes:
        """Return the bytes that came in; none at all means that the terminal is gone."""
        try:
            data = os.read(0, 65536)
        except OSError:
            data = b""
        if data and self._log:
            line = json.dumps({"t": time.time(), "hex": data.hex()})
            append(self._log, f"{line}\n".encode("ascii"))
        return data

    def caught(self) -> list[int]:
        """Return the signals that came since the last call."""
        caught, self._caught = self._caught, []
        return caught

    def _catch(self, number: int, _: FrameType | None) -> None:
        self._caught.append(number)

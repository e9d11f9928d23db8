"""The whole program in a pseudo-terminal of its own, for tests and recordings."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import final

from tutti_demo.agent import memory
from tutti_demo.agent.emulator import Screen


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

    def seen(self) -> tuple[str, object, object]:
        """Return the title's first character, the live status, and what it waits for."""
        status = self.status()
        return self.screen.title[:1], status.get("status"), status.get("waitingFor")

    def prompts(self) -> list[str]:
        """Return what the user said, as the transcript has it."""
        return memory.prompts(self.records())

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


@contextmanager
def agents(folder: Path, *defaults: str) -> Iterator[Callable[..., Agent]]:
    """Give a function that starts agents, and end them all afterwards.

    Args:
        folder: Holds their working folder ``work``, a repository, and their home ``home``.
        defaults: Options of every agent, before its own.

    Yields:
        A function that takes more options, what the screen shows when it is ready, and whatever
        else an `Agent` takes.
    """
    work = folder / "work"
    subprocess.run(["git", "init", "-q", str(work)], timeout=30, check=True)
    own = {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "TUTTI_AGENT": ""}

    with ExitStack() as stack:

        def start(
            *options: str,
            ready: str = "? for shortcuts",
            size: tuple[int, int] = (80, 30),
            environment: dict[str, str] | None = None,
        ) -> Agent:
            variables = {**own, **(environment or {})}
            given = (*defaults, *options)
            agent = Agent(*given, cwd=work, home=folder / "home", size=size, environment=variables)
            stack.enter_context(agent)
            agent.until(ready)
            return agent

        yield start


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _environment(home: Path) -> dict[str, str]:
    """Return the variables that make the program find this very package, and its home."""
    source = str(Path(__file__).parents[2])
    paths = filter(None, [source, os.environ.get("PYTHONPATH")])
    return {"PYTHONPATH": os.pathsep.join(paths), "TUTTI_DEMO_HOME": str(home)}


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

"""Where a session host is put to the test: a private home and socket, and programs that testify."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core import Session, SessionHost, SessionSpec

from .. import witness
from ..stage import environment
from .ground import short_folder, surroundings

PATIENCE_SECS = 10.0
LOOK_SECS = 0.02
BEGIN, END = b"\x1b[200~", b"\x1b[201~"


class Theatre(NamedTuple):
    """A host, and a folder in which everything takes place.

    Attributes:
        folder: The folder; also the workspace that the sessions belong to.
        host: The host.
    """

    folder: Path
    host: SessionHost

    def spec(self, name: str, *argv: str, **changes: Any) -> SessionSpec:
        """Return the spec of a session whose agent is called as the session is."""
        root = str(self.folder)
        labels = {"runtime": "witness"}
        plain = SessionSpec(name, root, name, "stage", root, argv, options=labels)
        return plain._replace(**changes)

    def shell(self, name: str, script: str, **changes: Any) -> Session:
        """Start a session that runs a shell script."""
        return self.host.create(self.spec(name, "/bin/sh", "-c", script, **changes))

    def witness(self, name: str, *words: str, **changes: Any) -> Witness:
        """Start a session that writes down what it is given, and wait until it does."""
        folder = self.folder / f"seen-{name}"
        folder.mkdir()
        argv = (sys.executable, "-I", "-S", str(witness.__file__), str(folder), *words)
        session = self.host.create(self.spec(name, *argv, **changes))
        started = folder / "start.json"
        came = until(lambda: started.exists() or self.of(name).dead, PATIENCE_SECS)
        assert came, f"the program of session {name!r} did not start"
        assert started.exists(), self.host.capture([session.pane])
        return Witness(folder, session)

    def of(self, name: str) -> Session:
        """Return the session of that name, as it is listed."""
        found = [one for one in self.host.list() if one.name == name]
        assert len(found) == 1, f"list() has {len(found)} sessions called {name!r}"
        return found[0]

    def names(self) -> set[str]:
        """Return the names of all that is listed."""
        return {one.name for one in self.host.list()}


class Witness(NamedTuple):
    """A session whose program writes down what it is given.

    Attributes:
        folder: Where it writes.
        session: The session as `create` returned it.
    """

    folder: Path
    session: Session

    def told(self) -> Mapping[str, Any]:
        """Return its arguments, its folder, its environment and its process id."""
        found: Mapping[str, Any] = json.loads((self.folder / "start.json").read_text("utf-8"))
        return found

    def heard(self) -> bytes:
        """Return everything it was given so far."""
        return (self.folder / "input").read_bytes()

    def hears(self, wanted: bytes, *, newlines: bool = False) -> bytes:
        """Wait until it was given something that ends so, and return everything it was given.

        Args:
            wanted: The end.
            newlines: Whether a carriage return counts as a newline, as in a paste.
        """

        def heard() -> bytes:
            return self.heard().replace(b"\r", b"\n") if newlines else self.heard()

        until(lambda: heard().endswith(wanted))
        return heard()


@contextmanager
def theatre(make: Callable[[], SessionHost], folder: Path) -> Iterator[Theatre]:
    """Give a host in surroundings of its own; what it leaves behind is ended afterwards.

    Args:
        make: Makes the host, once its surroundings are there.
        folder: An empty folder.
    """
    folder = folder.resolve()
    with short_folder() as sockets, surroundings(environment(folder, sockets)):
        host = make()
        try:
            yield Theatre(folder, host)
        finally:
            for session in host.list():
                with suppress(Exception):
                    host.end(session, grace=0.5)


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECS) -> bool:
    """Wait until something holds, and return whether it did in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_SECS)
    return True


def lives(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return True


def ends(pid: int, seconds: float = 2.0) -> bool:
    """Wait until a process has ended, and return whether it did in time."""
    return until(lambda: not lives(pid), seconds)


def pids(file: Path) -> list[int]:
    """Return the process ids that a script wrote into a file."""
    return [int(word) for word in file.read_text().split()] if file.exists() else []


def end_all(numbers: list[int]) -> None:
    """End processes that a host was to end, so that none outlives a failing test."""
    for pid in numbers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

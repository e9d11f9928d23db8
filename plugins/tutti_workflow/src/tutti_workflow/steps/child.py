"""One program of a step: it writes to files, outlives tt, and leaves on disk how it ended.

Its output goes to files of its own, so that it blocks on nobody, however much it prints and whoever
holds it open. A few lines of shell around it note that it began and with what status it ended, so
that a tt that was killed is told when it looks again.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tutti_core import carried, end_marked

MARK = "TUTTI_STEP_TOKEN"
GRACE_SECS = 3.0
SCAN_SECS = 0.5
WRAPPER = (
    'tutti_d=$1; shift; echo $$ >"$tutti_d/begun"; "$@"; '
    'tutti_c=$?; echo $tutti_c >"$tutti_d/status"; exit $tutti_c'
)


class Child:
    """A program that runs, or ran.

    Args:
        folder: Where its files are.
        token: The word that is in the environment of all its processes.

    Attributes:
        folder: The same.
        token: The same.
        stdout: The file with what it printed.
        stderr: The file with what it complained of.
    """

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        self.token = token
        self._process: subprocess.Popen[bytes] | None = None
        self._handle: int | None = None
        self._seen = 0.0

    def start(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        """Start it.

        Args:
            argv: The program and its arguments.
            cwd: Where it runs.
            env: All its variables.

        Raises:
            OSError: If it cannot be started at all.
        """
        for old in ("begun", "status"):
            (self.folder / old).unlink(missing_ok=True)
        with _private(self.stdout) as out, _private(self.stderr) as err:
            self._process = subprocess.Popen(
                ["sh", "-c", WRAPPER, "tutti-step", str(self.folder), *argv],
                cwd=cwd,
                env={**env, MARK: self.token},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        with suppress(AttributeError, OSError):
            self._handle = os.pidfd_open(self._process.pid)

    def wait(self, seconds: float) -> int | None:
        """Wait a moment for its end.

        Args:
            seconds: How long at most.

        Returns:
            Its exit status, 128 and the number of the signal where one ended it, or None.
        """
        if self._process is None:
            return self._noted_after(seconds)
        if self._handle is not None:
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            poll.poll(max(0.0, seconds) * 1000)
            code = self._process.poll()
        else:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, seconds))
            code = self._process.returncode
        return code if code is None or code >= 0 else 128 - code

    def leave(self) -> None:
        """End what it left in its group; what made itself a daemon goes on."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not _signal_group(self._process.pid, number):
                return
            until = time.monotonic() + GRACE_SECS
            while time.monotonic() < until and _signal_group(self._process.pid, 0):
                time.sleep(0.02)

    def end(self) -> tuple[int, ...]:
        """End it and everything it started, also what left its group; return who is left."""
        own = self._process
        pids = [own.pid] if own is not None and own.poll() is None else []
        ended = end_marked({MARK: self.token}, pids, grace=GRACE_SECS)
        if own is not None:
            with suppress(subprocess.TimeoutExpired):
                own.wait(GRACE_SECS)
        return ended.left

    def close(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def status(self) -> int | None:
        """Return the exit status that is on disk, or None if there is none."""
        try:
            text = (self.folder / "status").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return int(text) if text.endswith("\n") and text.strip().isdigit() else None

    def runs(self) -> bool:
        """Return whether any process of it runs, whoever started it."""
        return any(one[MARK] == self.token for one in carried(MARK))

    def began(self) -> bool:
        """Return whether it provably began."""
        return (self.folder / "begun").exists()

    def _noted_after(self, seconds: float) -> int | None:
        """Wait for the status of one that another tt started.

        Raises:
            ProcessLookupError: If it is gone, and its status with it.
        """
        until = time.monotonic() + seconds
        while (code := self.status()) is None:
            if time.monotonic() - self._seen >= SCAN_SECS:
                self._seen = time.monotonic()
                if not self.runs() and self.status() is None:
                    raise ProcessLookupError
            if time.monotonic() >= until:
                return None
            time.sleep(0.02)
        return code


def _signal_group(group: int, number: int) -> bool:
    """Signal a group; return whether it has anybody."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return number != 0
    return True


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

"""Runs the commands of `setup` and `teardown`, with a time limit and everything they print kept."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tutti_core import RuntimeFailure

GRACE_SECS = 3.0
KEPT_LINES = 3


def run_all(
    commands: Sequence[str],
    place: Path,
    env: Mapping[str, str],
    log: Path,
    seconds: float,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Run commands one after the other, and stop at the first that fails.

    Args:
        commands: The commands, for `sh -c`.
        place: The folder they run in.
        env: Variables beside this process's own.
        log: The file that gets what they print; replaced.
        seconds: How long all of them may take.
        told: Told of each command before it runs.

    Raises:
        RuntimeFailure: If one fails or the time is over; nothing of it runs any more then.
    """
    deadline = time.monotonic() + seconds
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _private(log) as output:
        for command in commands:
            told(command)
            output.write(f"$ {command}\n".encode())
            output.flush()
            code = _run(command, place, env, output, deadline)
            if code != 0:
                why = "took too long" if code is None else f"failed with exit status {code}"
                raise RuntimeFailure(f"`{command}` {why}{_last(log)}", hint=f"see {log}")


def _run(
    command: str, place: Path, env: Mapping[str, str], output: IO[bytes], deadline: float
) -> int | None:
    """Return a command's exit status, or None if its time was over."""
    process = subprocess.Popen(
        ["sh", "-c", command],
        cwd=place,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever a command left in its group, itself included."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECS)
            if number == signal.SIGTERM and not _has_group(process.pid):
                return


def _has_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _private(log: Path) -> IO[bytes]:
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _last(log: Path) -> str:
    lines = [one.strip() for one in log.read_text(errors="replace").splitlines()[1:]]
    said = [one for one in lines if one and not one.startswith("$ ")][-KEPT_LINES:]
    return f": {' / '.join(said)}"[:300] if said else ""

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

from tutti_core import RuntimeFailure, end_marked

GRACE_SECS = 3.0
LOOK_SECS = 0.1
MARKS = ("TUTTI_ROOT", "TUTTI_AGENT", "TUTTI_TASK")
KEPT_LINES = 3


def run_all(
    commands: Sequence[str],
    place: Path,
    env: Mapping[str, str],
    log: Path,
    seconds: float,
    told: Callable[[str], None] = lambda _: None,
    stopped: Callable[[], bool] = bool,
) -> None:
    """Run commands one after the other, and stop at the first that fails.

    Args:
        commands: The commands, for `sh -c`.
        place: The folder they run in.
        env: Variables beside this process's own; by them everything is found that has to be ended.
        log: The file that gets what they print; replaced.
        seconds: How long all of them may take.
        told: Told of each command before it runs.
        stopped: Asked again and again whether to leave off.

    Raises:
        RuntimeFailure: If one fails, the time is over or it is to leave off; nothing of it runs any
            more then.
    """
    deadline = time.monotonic() + seconds
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _private(log) as output:
        for command in commands:
            if stopped():
                raise RuntimeFailure(f"`{command}` was not run, as it was to stop")
            told(command)
            output.write(f"$ {command}\n".encode())
            output.flush()
            why = _run(command, place, env, output, deadline, stopped)
            if why:
                raise RuntimeFailure(f"`{command}` {why}{_last(log)}", hint=f"see {log}")


def marks(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that nothing but a task of an agent has; none if one is missing.

    Args:
        env: The variables of the task.
    """
    return {name: env[name] for name in MARKS} if env.keys() >= set(MARKS) else {}


def _run(
    command: str,
    place: Path,
    env: Mapping[str, str],
    output: IO[bytes],
    deadline: float,
    stopped: Callable[[], bool],
) -> str:
    """Run a command; return why it did not succeed, or nothing if it did."""
    process = subprocess.Popen(
        ["sh", "-c", command],
        cwd=place,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    why = "was cut short"
    try:
        why = _waited(process, deadline, stopped)
    finally:
        if why:
            # Also who left the group; one that has been waited for has no number any more.
            pids = [process.pid] if process.poll() is None else []
            end_marked(marks(env), pids, grace=GRACE_SECS)
        _end_group(process)
    return why


def _waited(process: subprocess.Popen[bytes], deadline: float, stopped: Callable[[], bool]) -> str:
    while not stopped():
        left = deadline - time.monotonic()
        try:
            code = process.wait(max(0.0, min(LOOK_SECS, left)))
        except subprocess.TimeoutExpired:
            if left <= LOOK_SECS:
                return "took too long"
        else:
            return f"failed with exit status {code}" if code else ""
    return "was stopped"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what a command left in its group; what became a daemon goes with the agent."""
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

"""Real work in the working folder: files, commands, commits, children."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

STOP_SECONDS = 10.0
#: Git removes its locks when it is asked to end, and leaves them when it is killed.
_GRACE = 0.5
_SHOWN = 10
#: Commits all there is and prints the commit's short name. Exit code 3: no repository here. Another
#: agent may be committing to the same repository: its lock is gone in a moment, so it tries again.
_COMMIT = """
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || { echo "not a git repository"; exit 3; }
git config user.email >/dev/null || export \\
  GIT_AUTHOR_NAME="Tutti Demo" GIT_AUTHOR_EMAIL=demo@localhost \\
  GIT_COMMITTER_NAME="Tutti Demo" GIT_COMMITTER_EMAIL=demo@localhost
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  said=$(git add -A 2>&1 && git -c commit.gpgSign=false commit -q -m "$1" 2>&1) &&
    exec git rev-parse --short HEAD
  case $said in *.lock*) sleep 0.1 ;; *) break ;; esac
done
echo "$said"
exit 1
"""
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true"}


def write(cwd: Path, name: str, text: str, append: bool = False) -> int:
    """Write a file, with a newline at its end; its folder is made.

    Args:
        cwd: The working folder.
        name: The path, from the working folder.
        text: What to write.
        append: Whether to add to what is there.

    Returns:
        How many lines were written.

    Raises:
        OSError: The file cannot be written.
    """
    path = cwd / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = text if text.endswith("\n") else f"{text}\n"
    with path.open("a" if append else "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return text.count("\n")


class Command:
    """A program with a process group of its own, its output read without blocking.

    Args:
        arguments: The program and its arguments.
        cwd: The working folder.
    """

    def __init__(self, arguments: list[str], cwd: Path) -> None:
        import subprocess

        self._process = subprocess.Popen(
            arguments,
            cwd=cwd,
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.file = self._process.stdout.fileno()
        os.set_blocking(self.file, False)
        self._output = bytearray()
        self._ended = False

    def finished(self) -> bool:
        """Read what there is, and tell whether the command is over.

        It is over when its process has ended, even if a child it left behind holds its output.
        """
        gone = self._process.poll() is not None
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.file, 65536):
                self._output += chunk
            self._ended = True
        return gone or (self._ended and self._process.poll() is not None)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.decode("utf-8", "replace").rstrip()

    @property
    def code(self) -> int | None:
        """Its exit code; negative when a signal ended it."""
        return self._process.returncode

    @property
    def waits_for_output(self) -> bool:
        """Tell whether more output can come: at the end of file a select would only spin."""
        return not self._ended

    def stop(self) -> None:
        """End the command and whatever it started in its group, and forget it."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM, _GRACE)
        if self._process.poll() is None:
            self._signal(signal.SIGKILL, STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _signal(self, number: int, seconds: float) -> None:
        import subprocess

        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, number)
            self._process.wait(seconds)


def shell(command: str) -> list[str]:
    """Return the arguments that run a command line."""
    return ["/bin/sh", "-c", command]


def commit(message: str) -> list[str]:
    """Return the arguments that commit everything in the working folder."""
    return ["/bin/sh", "-c", _COMMIT, "commit", message]


def shown(output: str) -> str:
    """Return the first lines of an output, and how many more there are."""
    lines = output.splitlines()
    more = [f"… +{len(lines) - _SHOWN} lines"] if len(lines) > _SHOWN else []
    return "\n".join(lines[:_SHOWN] + more)


def spawn(count: int) -> list[int]:
    """Start children that sleep for ten minutes, the last one in a session of its own.

    Returns:
        Their process ids.
    """
    import subprocess

    children = []
    for index in range(count):
        child = subprocess.Popen(
            ["sleep", "600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=index == count - 1,
        )
        _CHILDREN.append(child)
        children.append(child.pid)
    return children


#: Kept so that the interpreter does not complain of children it lost.
_CHILDREN: list[subprocess.Popen[bytes]] = []

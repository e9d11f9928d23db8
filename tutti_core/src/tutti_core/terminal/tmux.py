"""One tmux server, spoken to by short-lived clients with a deadline."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import RuntimeFailure

if TYPE_CHECKING:
    import subprocess

DEADLINE = 10.0
CONFIG = str(Path(__file__).with_name("tmux.conf"))

# What a tmux client of ours is given. A server keeps the environment of the client that started it,
# for all who come later: so it gets no secrets, no TUTTI_*, no trace of an outer tmux or agent.
CARRIED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE",
    "TMUX_TMPDIR", "TERMINFO", "TERMINFO_DIRS", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip

# "no current target": the last session has gone, and its server is about to follow.
_ABSENT = re.compile(
    r"no server running|server exited|lost server|no current target"
    r"|error connecting to .*\((?:No such file or directory|Connection refused)\)",
)
_STARTED_BADLY = re.compile(r"server exited|lost server|no server running")


class TmuxError(RuntimeFailure):
    """tmux refused a command.

    Attributes:
        stderr: What tmux itself said.
    """

    def __init__(self, message: str, *, stderr: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.stderr = stderr


class TmuxMissing(TmuxError):
    """There is no tmux on this machine's PATH."""

    def __init__(self) -> None:
        super().__init__(
            "tmux was not found on PATH; sessions live in tmux 3.0 or newer",
            hint="sudo apt install tmux | sudo dnf install tmux | brew install tmux",
        )


class TmuxTimeout(TmuxError):
    """tmux gave no answer within the deadline."""

    def __init__(self, socket: str, command: str, seconds: float) -> None:
        super().__init__(
            f"tmux did not answer '{command}' within {seconds:g} s (socket {socket})",
            hint=f"see whether its server still answers: tmux -L {socket} ls",
        )


class Output(NamedTuple):
    """What one tmux client printed."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def absent(self) -> bool:
        """Whether there is no server, or no session; one out of reach is another failure."""
        return self.code != 0 and _ABSENT.search(self.stderr) is not None


def default_socket() -> str:
    """Give the name of the socket tutti uses: ``TUTTI_TMUX_SOCKET``, or ``tutti``."""
    return os.environ.get("TUTTI_TMUX_SOCKET") or "tutti"


class Tmux:
    """A tmux server, by the name of its socket.

    Args:
        socket: What ``tmux -L`` takes.
    """

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self._reads_stdin = True
        self._version: tuple[int, int] | None = None

    def argv(self, *args: str) -> list[str]:
        """Give the command line of a client, for who wants to become it.

        Args:
            args: The tmux command; a lone ``;`` separates two.
        """
        return ["tmux", "-u", "-L", self.socket, "-f", CONFIG, *args]

    def socket_path(self) -> str:
        """Give the file the server listens on, links resolved, whether or not it exists."""
        parent = os.environ.get("TMUX_TMPDIR") or "/tmp"  # noqa: S108 - tmux's own rule
        return str(Path(parent, f"tmux-{os.getuid()}", self.socket).resolve())

    def run(self, *args: str, stdin: bytes | None = None, timeout: float = DEADLINE) -> str:
        """Run one command line.

        Args:
            args: The command; an argument may not end in ``;`` unless it is a separator.
            stdin: What commands such as ``load-buffer -`` read.
            timeout: Seconds.

        Returns:
            Standard output.

        Raises:
            TmuxError: tmux refused, is missing or did not answer.
        """
        return self.checked(self.call(*args, stdin=stdin, timeout=timeout), args[0]).text

    def checked(self, output: Output, command: str) -> Output:
        """Return the output of a command that succeeded.

        Args:
            output: What :meth:`call` or :meth:`feed` gave.
            command: What was asked, for the message.

        Raises:
            TmuxError: It failed; the message carries tmux's own words.
        """
        if output.code == 0:
            return output
        said = output.stderr.strip() or f"exit status {output.code}"
        raise TmuxError(f"tmux {command}: {said}", stderr=output.stderr)

    def call(self, *args: str, stdin: bytes | None = None, timeout: float = DEADLINE) -> Output:
        """Run one command line and leave its failure to the caller.

        Args:
            args: As for :meth:`run`.
            stdin: As for :meth:`run`.
            timeout: Seconds.

        Raises:
            TmuxMissing: No tmux.
            TmuxTimeout: No answer.
        """
        import subprocess

        try:
            done = subprocess.run(
                self.argv(*args),
                input=stdin or b"",
                capture_output=True,
                timeout=timeout,
                check=False,
                env=client_environment(),
                cwd="/",  # a server keeps its starter's directory busy for as long as it lives
            )
        except FileNotFoundError:
            raise TmuxMissing from None
        except subprocess.TimeoutExpired:
            raise TmuxTimeout(self.socket, args[0], timeout) from None
        return _output(done)

    def feed(self, script: str, *, start: bool = False, timeout: float = DEADLINE) -> Output:
        """Run command lines through standard input, in one invocation.

        A script has no limit where a command line of tmux ends at 16 KiB, nothing in it shows in a
        process listing, and a line that fails spoils no other line.

        Args:
            script: Lines made by :func:`tutti_core.terminal.quoting.line`.
            start: Whether to start the server when there is none.
            timeout: Seconds.

        Raises:
            TmuxMissing: No tmux.
            TmuxTimeout: No answer.
        """
        first = ("start-server", ";") if start else ()
        output = self._feed(first, script.encode("ascii"), timeout)
        for _ in range(2 if start else 0):
            # A server that lost its last session leaves while we arrive: nothing was done yet.
            if output.stdout or not _STARTED_BADLY.search(output.stderr):
                break
            output = self._feed(first, script.encode("ascii"), timeout)
        return output

    def version(self) -> tuple[int, int]:
        """Give the version of tmux, such as ``(3, 3)``; one without a number counts as new."""
        if self._version is None:
            self._version = version_of(self.run("-V"))
        return self._version

    def _feed(self, first: tuple[str, ...], script: bytes, timeout: float) -> Output:
        if self._reads_stdin:
            output = self.call(*first, "source-file", "-", stdin=script, timeout=timeout)
            if "-: No such file" not in output.stderr:
                return output
            self._reads_stdin = False  # tmux 3.0 reads files only
        return self._feed_file(first, script, timeout)

    def _feed_file(self, first: tuple[str, ...], script: bytes, timeout: float) -> Output:
        import tempfile

        with tempfile.NamedTemporaryFile(prefix="tutti-") as file:  # 0600, gone afterwards
            file.write(script)
            file.flush()
            return self.call(*first, "source-file", file.name, timeout=timeout)


def version_of(said: str) -> tuple[int, int]:
    """Read a version of tmux, such as ``3.3a``; one without a number counts as new.

    Args:
        said: What tmux calls itself.
    """
    found = re.search(r"(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (99, 0)


def client_environment() -> dict[str, str]:
    """Give the environment of a tmux client that might start the server."""
    kept = {name: os.environ[name] for name in CARRIED if name in os.environ}
    if "TMUX_TMPDIR" in kept:
        kept["TMUX_TMPDIR"] = str(Path(kept["TMUX_TMPDIR"]).absolute())
    return kept


def _output(done: subprocess.CompletedProcess[bytes]) -> Output:
    return Output(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

"""What is said over a client of control mode: commands in, answers and notices out."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .hidden import ControlLost
from .protocol import OutOfStep, Reply, Stream
from .quoting import line

if TYPE_CHECKING:
    import subprocess

_CHUNK = 1 << 16
_MOST_NOTICES = 10_000
_LAST_WORDS = 500  # milliseconds

_Replies = list[Reply]


class Wire:
    """The pipes of a client of control mode.

    Args:
        client: The client, begun a moment ago; it is ended with this.
        socket: The name of the server's socket, for messages.

    Attributes:
        lost: Why nothing can be said any more; empty while it can.
    """

    def __init__(self, client: subprocess.Popen[bytes], socket: str) -> None:
        self._client, self._socket = client, socket
        self._stream = Stream()
        self._notices: dict[str, None] = {}
        self._mark = f"tutti-{os.urandom(8).hex()}"
        self._asked = 0
        self.lost = ""

    def fileno(self) -> int:
        """Give the descriptor that can be read when something was said."""
        assert self._client.stdout is not None
        return self._client.stdout.fileno()

    def close(self) -> None:
        """End the client; more than once does no harm."""
        self.lost = self.lost or "it was closed"
        for pipe in (self._client.stdin, self._client.stdout, self._client.stderr):
            if pipe:
                pipe.close()
        if self._client.poll() is None:
            # The server sees that it is gone, and ends the session.
            self._client.kill()
        self._client.wait()

    def await_notice(self, word: str, timeout: float) -> None:
        """Wait until tmux has told something of its own accord.

        Args:
            word: What that begins with.
            timeout: Seconds.

        Raises:
            ControlLost: A command before failed, or there was no such word in time.
        """
        ends = time.monotonic() + timeout
        while not any(one.startswith(word) for one in self._notices):
            for reply in self._read(ends, timeout):
                if not reply.ok:
                    raise self.lose(reply.body.decode("utf-8", "replace").strip())

    def notices(self) -> list[str]:
        """Take what tmux told of its own accord, each once.

        Raises:
            ControlLost: The connection is gone.
        """
        self._check()
        while self._is_readable(0.0):
            self._take()
        taken = list(self._notices)
        self._notices.clear()
        return taken

    def converse(self, lines: Iterable[str], timeout: float) -> _Replies:
        """Send commands and return their answers, which end with that to a word of ours.

        Args:
            lines: The commands, as `quoting.line` makes them.
            timeout: Seconds for all of them.

        Raises:
            ControlLost: The connection is gone, or there was no answer in time.
        """
        self._check()
        self._asked += 1
        last = f"{self._mark}-{self._asked}"
        waiting = "".join([*lines, line(["display-message", "-p", last])]).encode("ascii")
        replies: _Replies = []
        ends = time.monotonic() + timeout
        while not replies or replies[-1].body != f"{last}\n".encode():
            waiting = self._write(waiting)
            replies += [
                one for one in self._read(ends, timeout, is_writing=bool(waiting)) if one.asked
            ]
        return replies[:-1]

    @property
    def _in(self) -> int:
        assert self._client.stdin is not None
        return self._client.stdin.fileno()

    def _write(self, data: bytes) -> bytes:
        """Write as much as there is room for; return what is left."""
        try:
            return data[os.write(self._in, data) :] if data else data
        except BlockingIOError:
            return data
        except BrokenPipeError:
            return b""  # reading tells why

    def _read(self, ends: float, timeout: float, *, is_writing: bool = False) -> _Replies:
        """Wait for something to read, or for room to write; keep notices and return replies."""
        if not self._is_readable(ends - time.monotonic(), is_writing=is_writing):
            if is_writing and time.monotonic() < ends:
                return []
            raise self.lose(f"tmux gave no answer within {timeout:g} s")
        return self._take()

    def _is_readable(self, seconds: float, *, is_writing: bool = False) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        if is_writing:
            poll.register(self._in, select.POLLOUT)
        return any(file == self.fileno() for file, _ in poll.poll(max(0.0, seconds) * 1000))

    def _take(self) -> _Replies:
        data = os.read(self.fileno(), _CHUNK)
        if not data:
            raise self.lose(self._last_words())
        try:
            said = self._stream.feed(data)
        except OutOfStep as wrong:
            raise self.lose(str(wrong)) from None
        for one in said:
            if isinstance(one, str):
                self._note(one)
        return [one for one in said if isinstance(one, Reply)]

    def _note(self, notice: str) -> None:
        if notice.startswith("%exit"):
            raise self.lose(f"tmux ended it: {notice[5:].strip() or 'its session is gone'}")
        self._notices[notice] = None
        if len(self._notices) > _MOST_NOTICES:
            del self._notices[next(iter(self._notices))]

    def _last_words(self) -> str:
        assert self._client.stderr is not None
        poll = select.poll()
        poll.register(self._client.stderr, select.POLLIN)
        said = os.read(self._client.stderr.fileno(), _CHUNK) if poll.poll(_LAST_WORDS) else b""
        return said.decode("utf-8", "replace").strip() or "tmux ended"

    def _check(self) -> None:
        if self.lost:
            raise self.lose(self.lost)

    def lose(self, why: str) -> ControlLost:
        """End the connection, and return what is to be raised.

        Args:
            why: What went wrong.
        """
        if not self.lost:
            self.lost = why
            self.close()
        return ControlLost(f"connection to tmux lost: {why} (socket {self._socket})", stderr=why)

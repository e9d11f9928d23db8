"""One lasting connection to a tmux server, for who asks it often: its control mode, if it is safe.

Until 3.7 a tmux server crashes, and ends every agent, if a session comes or goes, or a pane enters
copy mode, while a client of control mode is being accepted; or if that client dies then. What
comes next can be had from a process as well, at fifty times the price: on those it is.

tmux wants such a client to be attached, so it has a hidden session of its own. No output flows
to it (``no-output``), so that a client which is stopped keeps no agent waiting.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .hidden import ONLY_HIDDEN, ControlLost, ControlUnsafe, client, refuse_unsafe
from .keyboard import exact
from .listing import FORMAT, listed
from .protocol import OutOfStep, Reply, Stream
from .quoting import line
from .screens import GONE, flags
from .tmux import DEADLINE, Tmux, TmuxError, default_socket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.session import Session

_CHUNK = 1 << 16
_MOST_NOTICES = 10_000
_LAST_WORDS = 500  # milliseconds

__all__ = ["Control", "ControlLost", "ControlUnsafe"]

# Inside the class `list` is the method.
_Lines = list[str]
_Replies = list[Reply]


class Control:
    """A client of a tmux server that runs already; it starts none.

    Whatever takes longer than its deadline, or answers out of turn, ends the connection: then
    every method but :meth:`close` raises :class:`ControlLost`.

    Args:
        socket: The server's socket name; by default ``TUTTI_TMUX_SOCKET`` or ``tutti``.
        timeout: Seconds it may take to be connected.

    Raises:
        TmuxMissing: No tmux.
        ControlLost: No server, or it took no client.
        ControlUnsafe: The server is older than :data:`SAFE_SINCE`; it was not tried.
    """

    def __init__(self, socket: str | None = None, *, timeout: float = DEADLINE) -> None:
        self._tmux = Tmux(socket or default_socket())
        self._stream = Stream()
        self._notices: dict[str, None] = {}
        self._mark = f"tutti-{os.urandom(8).hex()}"
        self._asked = 0
        self._lost = ""
        refuse_unsafe(self._tmux)
        self._client = client(self._tmux)
        try:
            self._attach(timeout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Control:
        """Use the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def ask(self, *argv: str, timeout: float = DEADLINE) -> bytes:
        """Run one command.

        Args:
            argv: Its name and arguments, any bytes; no ``;`` separates two.
            timeout: Seconds.

        Returns:
            What it printed.

        Raises:
            TmuxError: tmux refused, in its own words.
            ControlLost: The connection is gone, or there was no answer in time.
        """
        replies = self._converse([line(argv)], timeout)
        failed = next((one for one in replies if not one.ok), None)
        if failed:
            said = failed.body.decode("utf-8", "replace").strip()
            raise TmuxError(f"tmux {argv[0]}: {said}", stderr=said)
        return b"".join(one.body for one in replies)

    def capture(
        self,
        panes: Sequence[str],
        *,
        history: int = 0,
        styles: bool = False,
        join: bool = False,
        timeout: float = DEADLINE,
    ) -> dict[str, str]:
        """Read the screens of several panes at once.

        Args:
            panes: Pane ids such as ``%7``.
            history: Lines to read above the screen.
            styles: Whether to keep colours and attributes as escape sequences.
            join: Whether a wrapped line is given as one; blanks at the end of lines are then kept.
            timeout: Seconds for all of them.

        Returns:
            The text of each pane that exists, as :meth:`TmuxHost.capture` gives it.

        Raises:
            TmuxError: tmux refused.
            ControlLost: The connection is gone, or there was no answer in time.
        """
        if not panes:
            return {}
        how = flags(history=history, styles=styles, join=join)
        lines = [line(["capture-pane", "-p", *how, "-t", exact(pane)]) for pane in panes]
        replies = self._converse(lines, timeout)
        if len(replies) != len(panes):
            raise self._lose(f"tmux gave {len(replies)} answers to {len(panes)} questions")
        return dict(_screens(panes, replies))

    def list(self, root: str | None = None, *, timeout: float = DEADLINE) -> tuple[Session, ...]:
        """List our sessions, as :meth:`TmuxHost.list` does.

        Args:
            root: The workspace whose sessions are wanted; by default all.
            timeout: Seconds.

        Raises:
            TmuxError: tmux refused.
            ControlLost: The connection is gone, or there was no answer in time.
        """
        return listed(lambda: self.ask("list-panes", "-a", "-F", FORMAT, timeout=timeout), root)

    def notices(self) -> _Lines:
        """Take what tmux told of its own accord, such as ``%sessions-changed``, each once.

        They also arrive with the answers to questions: who waits for :meth:`fileno` takes them
        after every question too.

        Raises:
            ControlLost: The connection is gone.
        """
        self._check()
        while self._is_readable(0.0):
            self._take()
        taken = list(self._notices)
        self._notices.clear()
        return taken

    def fileno(self) -> int:
        """Give the descriptor that can be read when there are notices, or when it is lost."""
        return self._out

    def close(self) -> None:
        """End the connection and its hidden session; more than once does no harm."""
        self._lost = self._lost or "it was closed"
        for pipe in (self._client.stdin, self._client.stdout, self._client.stderr):
            if pipe:
                pipe.close()
        if self._client.poll() is None:
            # The server sees that it is gone, and ends the session.
            self._client.kill()
        self._client.wait()

    @property
    def _out(self) -> int:
        assert self._client.stdout is not None
        return self._client.stdout.fileno()

    @property
    def _in(self) -> int:
        assert self._client.stdin is not None
        return self._client.stdin.fileno()

    def _attach(self, timeout: float) -> None:
        """Wait until it is attached: tmux may answer what is asked before, ahead of attaching."""
        ends = time.monotonic() + timeout
        while not any(one.startswith("%session-changed") for one in self._notices):
            for reply in self._read(ends, timeout):
                if not reply.ok:
                    raise self._lose(reply.body.decode("utf-8", "replace").strip())
        # The last session that is shown may have ended before the hook was there.
        if self.ask("display-message", "-p", ONLY_HIDDEN, timeout=timeout).strip():
            raise self._lose("no session is left on its server")

    def _converse(self, lines: Iterable[str], timeout: float) -> _Replies:
        """Send commands and return their answers, which end with that to a word of ours."""
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
            raise self._lose(f"tmux gave no answer within {timeout:g} s")
        return self._take()

    def _is_readable(self, seconds: float, *, is_writing: bool = False) -> bool:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if is_writing:
            poll.register(self._in, select.POLLOUT)
        return any(file == self._out for file, _ in poll.poll(max(0.0, seconds) * 1000))

    def _take(self) -> _Replies:
        data = os.read(self._out, _CHUNK)
        if not data:
            raise self._lose(self._last_words())
        try:
            said = self._stream.feed(data)
        except OutOfStep as wrong:
            raise self._lose(str(wrong)) from None
        for one in said:
            if isinstance(one, str):
                self._note(one)
        return [one for one in said if isinstance(one, Reply)]

    def _note(self, notice: str) -> None:
        if notice.startswith("%exit"):
            raise self._lose(f"tmux ended it: {notice[5:].strip() or 'its session is gone'}")
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
        if self._lost:
            raise self._lose(self._lost)

    def _lose(self, why: str) -> ControlLost:
        if not self._lost:
            self._lost = why
            self.close()
        return ControlLost(
            f"connection to tmux lost: {why} (socket {self._tmux.socket})", stderr=why
        )


def _screens(panes: Sequence[str], replies: Iterable[Reply]) -> Iterable[tuple[str, str]]:
    for pane, reply in zip(panes, replies, strict=True):
        said = reply.body.decode("utf-8", "replace")
        if reply.ok:
            yield pane, said
        elif not GONE.search(said):
            raise TmuxError(f"tmux capture-pane: {said.strip()}", stderr=said)

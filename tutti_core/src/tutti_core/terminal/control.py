"""One lasting connection to a tmux server, for who asks it often: its control mode, if it is safe.

Until 3.7 a tmux server crashes, and ends every agent, if a session comes or goes, or a pane enters
copy mode, while a client of control mode is being accepted; or if that client dies then. What
comes next can be had from a process as well, at fifty times the price: on those it is.

tmux wants such a client to be attached, so it has a hidden session of its own. No output flows
to it (``no-output``), so that a client which is stopped keeps no agent waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .hidden import ONLY_HIDDEN, ControlLost, ControlUnsafe, client, refuse_unsafe
from .keyboard import exact
from .listing import FORMAT, listed
from .protocol import Reply
from .quoting import line
from .screens import GONE, flags
from .tmux import DEADLINE, Tmux, TmuxError, default_socket
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.session import Session

__all__ = ["Control", "ControlLost", "ControlUnsafe"]

# Inside the class `list` is the method.
_Lines = list[str]


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
        refuse_unsafe(self._tmux)
        self._wire = Wire(client(self._tmux), self._tmux.socket)
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
        replies = self._wire.converse([line(argv)], timeout)
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
        replies = self._wire.converse(lines, timeout)
        if len(replies) != len(panes):
            raise self._wire.lose(f"tmux gave {len(replies)} answers to {len(panes)} questions")
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
        return self._wire.notices()

    def fileno(self) -> int:
        """Give the descriptor that can be read when there are notices, or when it is lost."""
        return self._wire.fileno()

    def close(self) -> None:
        """End the connection and its hidden session; more than once does no harm."""
        self._wire.close()

    def _attach(self, timeout: float) -> None:
        """Wait until it is attached: tmux may answer what is asked before, ahead of attaching."""
        self._wire.await_notice("%session-changed", timeout)
        # The last session that is shown may have ended before the hook was there.
        if self.ask("display-message", "-p", ONLY_HIDDEN, timeout=timeout).strip():
            raise self._wire.lose("no session is left on its server")


def _screens(panes: Sequence[str], replies: Iterable[Reply]) -> Iterable[tuple[str, str]]:
    for pane, reply in zip(panes, replies, strict=True):
        said = reply.body.decode("utf-8", "replace")
        if reply.ok:
            yield pane, said
        elif not GONE.search(said):
            raise TmuxError(f"tmux capture-pane: {said.strip()}", stderr=said)

"""The line a person sees below an agent's screen: who this is, and how to leave."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.session import Session

OPTIONS: dict[str, int | str] = {
    "status": "on",
    "status-style": "bg=colour236,fg=colour252",
    "status-left-length": 150,
    "status-right": "",
    "window-status-format": "",
    "window-status-current-format": "",
}


def dress(socket: str, session: Session) -> None:
    """Give a session its status line; what cannot be set is left as it is.

    Args:
        socket: Name of the tmux server's socket.
        session: The session.
    """
    # libtmux takes longer to import than most commands may, and a person's attaching can wait.
    from libtmux import Server
    from libtmux.exc import LibTmuxException

    words = f" {session.agent} ({session.workspace}) ── Ctrl+b d leaves it running "
    with suppress(LibTmuxException):
        for found in Server(socket_name=socket).sessions.filter(session_name=session.name):
            for name, value in {**OPTIONS, "status-left": words}.items():
                found.set_option(name, value)

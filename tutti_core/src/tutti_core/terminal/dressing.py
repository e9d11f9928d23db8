"""What a person who attaches sees: the whole screen in their size, and a line that says who."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ..model.session import SessionSpec

if TYPE_CHECKING:
    from libtmux import Session as TmuxSession

    from ..model.session import Session

# Not what the session has now: somebody else may be looking at it in a size of theirs.
WIDTH, HEIGHT = (SessionSpec._field_defaults[side] for side in ("width", "height"))

OPTIONS: dict[str, int | str] = {
    "status": "on",
    "status-style": "bg=colour236,fg=colour252",
    "status-left-length": 150,
    "status-right": "",
    "window-status-format": "",
    "window-status-current-format": "",
}


def dress(socket: str, session: Session) -> None:
    """Prepare a session for a person; what cannot be set is left as it is.

    While somebody looks, the window has their size, because what does not fit into a smaller
    terminal would be cut off without a mark. When the last one leaves it has its own again.

    Args:
        socket: Name of the tmux server's socket.
        session: The session.
    """
    # libtmux takes longer to import than most commands may, and a person's attaching can wait.
    from libtmux import Server
    from libtmux.exc import LibTmuxException

    with suppress(LibTmuxException):
        for found in Server(socket_name=socket).sessions.filter(session_name=session.name):
            _line(found, f" {session.agent} ({session.workspace}) ── Ctrl+b d leaves it running ")
            _size(found, session)


def _line(found: TmuxSession, words: str) -> None:
    for name, value in {**OPTIONS, "status-left": words}.items():
        found.set_option(name, value)


def _size(found: TmuxSession, session: Session) -> None:
    target = f"={session.name}:"
    back = (
        f"set-option -w -t '{target}' window-size manual ; "
        f"resize-window -t '{target}' -x {WIDTH} -y {HEIGHT}"
    )
    left = f"if-shell -F '#{{session_attached}}' '' {{ {back} }}"
    found.cmd("set-hook", "client-detached", left)
    found.cmd("set-option", "-w", "window-size", "latest")

"""How much of what was typed into a pane its program has not read yet."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .keyboard import exact

if TYPE_CHECKING:
    from .tmux import Tmux

_LOCAL_MODES = 3
"""Where the local modes stand in what termios tells of a terminal."""


def unread(tmux: Tmux, pane: str) -> int | None:
    """Return how many bytes wait in the terminal of a pane for its program to read them.

    Args:
        tmux: The server.
        pane: A pane id.

    Returns:
        The number; None if nobody can say.
    """
    said = tmux.call("display-message", "-p", "-t", exact(pane), "#{pane_id} #{pane_tty}")
    name, _, path = said.text.strip().partition(" ")
    return waiting_in(path) if name == pane and path.startswith("/dev/") else None


def waiting_in(path: str) -> int | None:
    """Return how many bytes wait in a terminal, None if nobody can say.

    Args:
        path: The terminal that its program has, not the end of it that types.
    """
    try:
        # Looking must neither wait, nor make it the terminal of this process, nor take a byte.
        file = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return _waiting(file)
    except OSError:
        return None
    finally:
        os.close(file)


def _waiting(file: int) -> int | None:
    import fcntl
    import termios

    try:
        if termios.tcgetattr(file)[_LOCAL_MODES] & termios.ICANON:
            return None  # half a line is kept back there, and not counted
    except termios.error:
        return None
    told = fcntl.ioctl(file, termios.FIONREAD, bytes(4))
    return int.from_bytes(told, sys.byteorder, signed=True)

"""Standard streams as a command needs them: there, whatever the caller has closed."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

from ..errors import StateError

UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
"""What a write to standard output fails with that is nobody's bug."""


def opened() -> None:
    """Open what the caller has closed on nothing.

    Otherwise the next file that is opened would get the number of a closed stream, and what
    belongs on a terminal would be written into it.
    """
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "r" if fd == 0 else "w"
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def abandoned() -> None:
    """Give up standard output: the interpreter would complain at exit of what it still holds."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritten(error: Exception) -> StateError | None:
    """Return the error for output that could not be written, and give that output up.

    Args:
        error: What a command ended with.

    Returns:
        The error; None if it is about something else.
    """
    if not isinstance(error, OSError) or error.filename or error.errno not in UNWRITTEN:
        return None
    abandoned()
    return StateError(f"cannot write the output: {error.strerror}", hint="make room there")

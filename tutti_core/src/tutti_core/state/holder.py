"""The signature in a lock file: who holds it, for those who wait."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import NamedTuple


class Holder(NamedTuple):
    """Who holds a lock.

    Attributes:
        pid: Process id of the holder; 0 when it could not be read.
        purpose: What the holder said it holds the lock for.
        since: When it took the lock, RFC 3339; empty when it could not be read.
    """

    pid: int
    purpose: str
    since: str

    def __str__(self) -> str:
        """Say it in words."""
        if not self.pid:
            return "another process"
        purpose = f" ({self.purpose})" if self.purpose else ""
        return f"pid {self.pid}{purpose} since {self.since}"

    def is_alive(self) -> bool:
        """Say whether there is a process of that number."""
        try:
            if self.pid:
                os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return self.pid > 0


_UNKNOWN = Holder(0, "", "")
_HELD = b'{"held":1,'
_HELD_AT = _HELD.index(b"1")


def sign(fd: int, size: int, purpose: str) -> None:
    """Write into a lock file that this process holds it. A full disk must keep nobody from locking.

    Args:
        fd: The open lock file, locked.
        size: Its size in bytes so far.
        purpose: What for.
    """
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    who = Holder(os.getpid(), purpose, since)
    line = _HELD + json.dumps(who._asdict()).encode()[1:] + b"\n"
    with suppress(OSError):
        os.pwrite(fd, line, 0)
        if size > len(line):
            os.ftruncate(fd, len(line))


def unsign(fd: int) -> None:
    """Mark a signature as done with, by one digit: to empty the file would cost twenty times more.

    Args:
        fd: The open lock file, still locked.
    """
    with suppress(OSError):
        os.pwrite(fd, b"0", _HELD_AT)


def read_holder(fd: int) -> Holder:
    """Read who signed a lock file that is known to be held right now.

    Args:
        fd: The open lock file.

    Returns:
        The holder; unknown (pid 0) if it has not signed yet: then the text is of one before it.
    """
    try:
        who = json.loads(os.pread(fd, 65_536, 0).split(b"\n")[0])
        holder = Holder(int(who["pid"]), str(who["purpose"]), str(who["since"]))
        return holder if who["held"] and holder.is_alive() else _UNKNOWN
    except (ValueError, KeyError, TypeError):
        return _UNKNOWN

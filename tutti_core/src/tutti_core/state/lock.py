"""A lock between processes that no crash can leave behind."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, final

from tutti_core.errors import StateError
from tutti_core.state.disk import explained, make_private
from tutti_core.state.holder import Holder, read_holder, sign, unsign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_FIRST_PAUSE = 0.0005
_LONGEST_PAUSE = 0.02
# `holder` takes a shared lock for an instant. A try that failed because of that is tried again for
# this long, or it would take asking for holding.
_PATIENCE = 0.5


class LockHeld(StateError):
    """A lock was not free within its time.

    Attributes:
        path: The lock file.
        holder: Who holds it, or None if it was let go at the last moment.
    """

    def __init__(self, path: Path, holder: Holder | None, waited: float) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"{path} is held by {holder or 'another process'}; waited {waited:g} s",
            hint="try again when it is done; if that process hangs, end it and the lock is free",
        )


class _Hold(NamedTuple):
    fd: int
    thread: int
    lock: Lock


# Every lock this process holds, by device and inode: one file may be reached by two paths. It is
# a global because being the holder is a fact about the process, not about an object in it.
_held: dict[tuple[int, int], _Hold] = {}


@final
class Lock:
    """An exclusive lock on a file of its own, let go by the system when its process dies.

    Use it as a context manager. One object may be shared between threads; each waits its turn.

    Args:
        path: The lock file, made when missing and never removed. Never the file that is protected.
        timeout: How many seconds `acquire` and ``with`` wait at most.
        purpose: What for, shown to whoever waits in vain.
        unless: Asked while it waits; once it says yes, waiting is over as if by the timeout.
    """

    def __init__(
        self,
        path: Path,
        *,
        timeout: float = 10.0,
        purpose: str = "",
        unless: Callable[[], bool] = bool,
    ) -> None:
        self.path = path
        self.timeout = timeout
        self.purpose = purpose
        self.unless = unless
        self._key: tuple[int, int] | None = None

    def __repr__(self) -> str:
        """Show the file and the purpose."""
        return f"Lock({str(self.path)!r}, purpose={self.purpose!r})"

    def __enter__(self) -> Lock:
        """Wait for the lock and take it."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the lock go."""
        self.release()

    def acquire(self) -> None:
        """Wait for the lock and take it.

        Raises:
            LockHeld: It was not free within the timeout.
            StateError: This very thread holds it already, or the file cannot be used.
        """
        if not self._wait(self.timeout, refuse=True):
            raise LockHeld(self.path, self.holder(), self.timeout)

    def try_acquire(self) -> bool:
        """Take the lock if it is free.

        Returns:
            False if anybody holds it, this process included.

        Raises:
            StateError: The file cannot be used.
        """
        return self._wait(0, refuse=False)

    def release(self) -> None:
        """Let the lock go; nothing happens when this object does not hold it."""
        hold = _held.get(self._key) if self._key else None
        if self._key is None or hold is None or hold.lock is not self:
            return
        del _held[self._key]
        unsign(hold.fd)
        # Unlocked before closed: a forked child may still have the same open file.
        with suppress(OSError):
            fcntl.flock(hold.fd, fcntl.LOCK_UN)
        os.close(hold.fd)

    def holder(self) -> Holder | None:
        """Find out who holds the lock, by trying it: the text of a dead process counts for nothing.

        Returns:
            The holder, which may be this process; None if the lock is free.

        Raises:
            StateError: The file cannot be read.
        """
        with explained("read", self.path):
            try:
                fd = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:
                return None
            try:
                return None if _flock(fd, fcntl.LOCK_SH) else read_holder(fd)
            finally:
                os.close(fd)

    def _wait(self, seconds: float, *, refuse: bool) -> bool:
        """Try until it works or the time is over, at growing intervals."""
        start, pause = time.monotonic(), _FIRST_PAUSE
        while not self._take(refuse=refuse):
            waited = time.monotonic() - start
            if waited >= seconds and (waited >= _PATIENCE or self.holder()):
                return False
            if self.unless():
                return False
            time.sleep(min(pause, max(seconds - waited, _FIRST_PAUSE)))
            pause = min(pause * 2, _LONGEST_PAUSE)
        return True

    def _take(self, *, refuse: bool) -> bool:
        """Try once."""
        with explained("lock", self.path):
            fd = _open(self.path)
            kept = False
            try:
                kept = self._keep(fd, refuse=refuse)
            finally:
                if not kept:
                    os.close(fd)
        return kept

    def _keep(self, fd: int, *, refuse: bool) -> bool:
        """Lock an open lock file and sign it; False if it is held, or was swapped for another."""
        status = os.fstat(fd)
        key = (status.st_dev, status.st_ino)
        if not _flock(fd, fcntl.LOCK_EX):
            if refuse:
                self._refuse_reentry(key)
            return False
        if not _is_at(status, self.path):
            return False
        sign(fd, status.st_size, self.purpose)
        self._key = key
        _held[key] = _Hold(fd, threading.get_ident(), self)
        return True

    def _refuse_reentry(self, key: tuple[int, int]) -> None:
        """Fail at once where waiting would be waiting for oneself."""
        hold = _held.get(key)
        if hold is not None and hold.thread == threading.get_ident():
            raise StateError(
                f"{self.path} is already held by this very thread ({hold.lock.purpose})",
                hint="this is a mistake in the code: a lock is not taken twice",
            )


def _open(path: Path) -> int:
    """Open a lock file, making it and its folder when missing; no child program inherits it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_private(path.parent)
        return os.open(path, flags, 0o600)


def _flock(fd: int, kind: int) -> bool:
    """Try a lock without waiting."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(status: os.stat_result, path: Path) -> bool:
    """Say whether an open file is still the one at the path: it may have been removed since."""
    try:
        return os.path.samestat(status, path.stat())
    except FileNotFoundError:
        return False


def _forget() -> None:
    """Let a forked child start without locks: they are its parent's, and must die with it."""
    for hold in _held.values():
        with suppress(OSError):
            os.close(hold.fd)
    _held.clear()


os.register_at_fork(after_in_child=_forget)

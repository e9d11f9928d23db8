"""One change at a time in a repository, also when the one who began it was killed."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutti_core.errors import GitError

PATIENCE = 300.0
"""Seconds to wait for a repository: a colleague's full checkout may take its time."""

_PAUSE = 0.02


@contextmanager
def repository_lock(common: Path, purpose: str, *, timeout: float = PATIENCE) -> Iterator[int]:
    """Hold the repository for one change: a worktree made or retired, a branch landed.

    Args:
        common: The folder all its worktrees share (``Git.common``).
        purpose: What for, shown to whoever waits in vain.
        timeout: Seconds to wait for whoever holds it.

    Yields:
        A descriptor to hand down (``pass_fds``) to each git that changes something. Killed
        itself, tt lets its lock go while that git works on: the descriptor keeps others out.

    Raises:
        StateError: Another tt holds it.
        GitError: A git that outlived its tt holds it.
    """
    from tutti_core.state.lock import Lock

    with Lock(common / "tutti.lock", timeout=timeout, purpose=purpose):
        fd = os.open(common / "tutti.busy", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _outlast(fd, common / "tutti.busy", timeout)
            yield fd
        finally:
            # Unlocked by hand: a daemon that a hook started may have inherited it.
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)


def hold(fd: int, seconds: float) -> bool:
    """Lock an open file exclusively.

    Args:
        fd: Its descriptor; closing it lets the lock go.
        seconds: How long to wait at most.

    Returns:
        False if somebody else still holds it.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
        time.sleep(_PAUSE)


def _outlast(fd: int, path: Path, seconds: float) -> None:
    if not hold(fd, seconds):
        raise GitError(
            f"a git started by an earlier, killed tt is still at work in {path.parent}",
            hint=f"See which process has {path} open (fuser, lsof); end it if it hangs.",
        )

"""The process that does nothing but watch one workspace: ``python -m … ROOT``.

It detaches itself before anything else, so that whoever starts it waits for no more than that.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Watch a workspace until nothing is left of it to be watched.

    Args:
        words: The workspace's absolute path.
    """
    root = Path(words[0])
    if os.fork():
        os._exit(0)
    os.setsid()
    _redirect(root / ".tutti" / "logs" / "watcher.out")
    return watch(root)


def watch(root: Path) -> int:
    """Watch a workspace, in this very process.

    Args:
        root: Its absolute path.

    Returns:
        The exit code: 0, also if somebody else watches it.
    """
    from .holding import Watch
    from .scene import opened

    one = Watch(opened(root))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: one.stop())
    while one.take():
        try:
            one.run()
        finally:
            one.let_go()
        # Somebody may have begun while the lock was still held, and have relied on it.
        if one.stopped or not one.is_needed():
            break
    return 0


def _redirect(path: Path) -> None:
    """Let go of the terminal and of every pipe; what is said to nobody goes into a file."""
    quiet = os.open(os.devnull, os.O_RDWR)
    try:
        said = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        said = quiet
    for source, target in ((quiet, 0), (said, 1), (said, 2)):
        os.dup2(source, target)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

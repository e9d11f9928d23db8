"""Ctrl+C and its like end a run well: its steps are ended, and it can be resumed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending(stop: Callable[[str], None]) -> Iterator[None]:
    """Turn signals that would end this process into a word, as long as the block lasts.

    The second time the same is asked for, the process ends at once; a run is resumable then too.

    Args:
        stop: Called with the signal's name, once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {one: signal.getsignal(one) for one in ENDING}

    def hear(number: int, _: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)
        stop(signal.Signals(number).name)

    for one, handler in before.items():
        if handler is not signal.SIG_IGN or one == signal.SIGINT:
            signal.signal(one, hear)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler if handler is not None else signal.SIG_DFL)

"""Finds out whether a function only computes: no clock, no chance, no file, no network, no process.

Python reports every call of a function written in C to a profiler, however it was imported, and
everything that touches the world to an audit hook; the two together leave little room.
"""

from __future__ import annotations

import datetime
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
PURE_OF_POSIX = ("fspath", "_path")
WORLDLY = (
    "open",
    "socket.",
    "subprocess.",
    "os.",
    "shutil.",
    "tempfile.",
    "ctypes.",
    "sqlite3.",
)

_watching = threading.local()
_installed: list[bool] = []


@contextmanager
def watched_calls() -> Iterator[list[str]]:
    """Give a list that fills with whatever is done in the block beyond computing."""
    _install()
    done: list[str] = []
    before = sys.getprofile()
    _watching.done = done
    sys.setprofile(_profiler(done))
    try:
        yield done
    finally:
        sys.setprofile(before)
        _watching.done = None


def _install() -> None:
    """Install the audit hook, which cannot be taken out again, once and for all."""
    if not _installed:
        sys.addaudithook(_audit)
        _installed.append(True)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    done = getattr(_watching, "done", None)
    if done is not None and event.startswith(WORLDLY):
        _watching.done = None  # what is said of it may touch the world too
        done.append(f"{event}({', '.join(map(repr, arguments[:1]))})")
        _watching.done = done


def _profiler(done: list[str]) -> Callable[[FrameType, str, Any], None]:
    def profiler(_: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and _reaches_out(function):
            done.append(_name(function))

    return profiler


def _reaches_out(function: Any) -> bool:
    name: str = function.__name__
    home = getattr(function, "__module__", None)
    if home == "time":
        return name.startswith(CLOCKS) or name == "sleep"
    if (home, name) in (("builtins", "print"), ("builtins", "input")):
        return True
    if home == "_thread":
        return name.startswith("start")
    if home in ("posix", "nt"):
        return not name.startswith(PURE_OF_POSIX)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, datetime.date):
        return name in ("now", "utcnow", "today")
    return isinstance(owner, random.Random) and name in ("random", "getrandbits")


def _name(function: Any) -> str:
    owner = getattr(function, "__self__", None)
    where = owner.__name__ if isinstance(owner, type) else getattr(function, "__module__", None)
    return f"{where or type(owner).__name__}.{function.__name__}()"

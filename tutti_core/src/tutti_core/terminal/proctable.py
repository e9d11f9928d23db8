"""Reads the table of processes: ``/proc`` first, ``ps`` where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROC = "/proc"
_DEADLINE = 10.0


class Process(NamedTuple):
    """A process as the system lists it.

    Attributes:
        pid: Its number.
        parent: Its parent's number.
        session: The number of its session's leader; 0 where the system does not tell.
        started: When it began, as an opaque text: number and beginning name a process for good.
        zombie: Whether it has ended and only waits to be collected.
        command: Short name of its program.
    """

    pid: int
    parent: int
    session: int
    started: str
    zombie: bool
    command: str


def table() -> dict[int, Process]:
    """List all processes by number."""
    if not _has_proc():
        return _ps_table()
    return {process.pid: process for process in map(look, _pids()) if process}


def look(pid: int) -> Process | None:
    """Look at one process.

    Args:
        pid: Its number.

    Returns:
        The process, or None if there is none of that number.
    """
    text = _read(f"{PROC}/{pid}/stat")
    if not text and not _has_proc():
        return _ps_table(pid).get(pid)
    opened, closed = text.find(b"("), text.rfind(b")")  # the name may hold either
    fields = text[closed + 2 :].split()
    if opened < 0 or len(fields) < 20:
        return None
    return Process(
        pid=pid,
        parent=int(fields[1]),
        session=int(fields[3]),
        started=fields[19].decode(),
        zombie=fields[0] in (b"Z", b"X", b"x"),
        command=os.fsdecode(text[opened + 1 : closed]),
    )


def carriers(entries: frozenset[bytes]) -> Iterator[int]:
    """Find the processes that were started with variables, each named as soon as it is seen.

    Args:
        entries: Each ``NAME=value``.

    Returns:
        Their numbers, highest first, which mostly is youngest first; another user's processes,
        whose environment may not be read, are missing.
    """
    if not _has_proc():
        return _ps_carriers(entries)
    return (pid for pid in sorted(_pids(), reverse=True) if entries.issubset(_environment(pid)))


def environments(names: Iterable[str]) -> Iterator[dict[str, str]]:
    """Find the processes that were started with variables of some names.

    Args:
        names: The variables; a process must have all of them.

    Returns:
        At least those variables of each; another user's processes are missing.
    """
    wanted = set(names)
    read = (_environment(pid) for pid in _pids()) if _has_proc() else _ps_environments()
    pairs = ({_pair(entry) for entry in entries if b"=" in entry} for entries in read)
    return (found for found in map(dict, pairs) if found.keys() >= wanted)


def _pair(entry: bytes) -> tuple[str, str]:
    name, _, value = os.fsdecode(entry).partition("=")
    return name, value


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path(PROC).iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    return _read(f"{PROC}/{pid}/environ").split(b"\0")


def _has_proc() -> bool:
    return Path(PROC, "self/stat").exists()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _ps_table(pid: int | None = None) -> dict[int, Process]:
    which = ["-A"] if pid is None else ["-p", str(pid)]
    rows = _ps(*which, "-o", "pid=,ppid=,stat=,lstart=,comm=").splitlines()
    found = (_ps_process(row.split(None, 8)) for row in rows)
    return {one.pid: one for one in found if one and not _is_this_ps(one)}


def _ps_process(fields: list[bytes]) -> Process | None:
    if len(fields) < 9:
        return None
    return Process(
        pid=int(fields[0]),
        parent=int(fields[1]),
        session=0,
        started=b" ".join(fields[3:8]).decode(),
        zombie=fields[2].startswith(b"Z"),
        command=Path(os.fsdecode(fields[8])).name,
    )


def _ps_carriers(entries: frozenset[bytes]) -> Iterator[int]:
    for pid, shown in _ps_commands():
        if all(b" " + entry + b" " in shown + b" " for entry in entries):
            yield pid


def _ps_environments() -> Iterator[list[bytes]]:
    return (shown.split() for _, shown in _ps_commands())


def _ps_commands() -> Iterator[tuple[int, bytes]]:
    # `ps` prints the environment after the command, with blanks between: as good as it gets there.
    flags = "-axwwE" if sys.platform == "darwin" else "axwwe"
    for row in _ps(flags, "-o", "pid=,command=").splitlines():
        pid, _, shown = row.strip().partition(b" ")
        yield int(pid), shown


def _is_this_ps(process: Process) -> bool:
    return process.command == "ps" and process.parent == os.getpid()


def _ps(*args: str) -> bytes:
    import subprocess

    try:
        done = subprocess.run(
            ["ps", *args], capture_output=True, timeout=_DEADLINE, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout

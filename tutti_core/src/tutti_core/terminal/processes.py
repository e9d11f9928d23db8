"""Ends processes with all their offspring, and nobody else's."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

from ..model.session import Ended
from . import proctable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .proctable import Process

# After SIGKILL: a process in the kernel's hands may still take its time.
_KILL_SECONDS = 2.0
_GLANCE = 0.02
_ROUND = 0.25
_MANY = 5_000  # a fork bomb; killing then goes on without freezing first


def start_time(pid: int) -> str | None:
    """Say when a process began, as an opaque text: number and beginning name a process for good.

    Args:
        pid: Its number.

    Returns:
        None if there is no such process.
    """
    process = proctable.look(pid)
    return process.started if process else None


def parent(pid: int) -> int | None:
    """Give the number of a process's parent, or None if there is no such process."""
    process = proctable.look(pid)
    return process.parent if process else None


def remind(pids: Iterable[int]) -> bool:
    """Have tmux collect its children that have ended unnoticed.

    Until 3.6 a tmux that keeps login records (Debian's and Ubuntu's do) loses the signal of a child
    that ends while it writes such a record: one agent in ten then is dead without an exit status.

    Args:
        pids: The processes of panes.

    Returns:
        Whether there was any.
    """
    looked = (proctable.look(pid) for pid in pids)
    parents = {process.parent for process in looked if process and process.zombie}
    servers = [one for one in map(proctable.look, parents) if one and _is_tmux(one)]
    for server in servers:
        _signal(server, signal.SIGCHLD)
    return bool(servers)


def descendants(pid: int) -> tuple[int, ...]:
    """List a process's children, theirs, and whoever is left of the terminal session it leads.

    Args:
        pid: Its number; it is not in the answer.
    """
    found = _offspring({pid}, proctable.table())
    return tuple(sorted(found - {pid}))


def marked(env: Mapping[str, str]) -> Iterator[int]:
    """Find processes that were started with variables, however far they went from their parents.

    Args:
        env: The variables, such as ``TUTTI_ROOT`` and ``TUTTI_AGENT``; all must match.

    Returns:
        Their numbers, each given as soon as it is found; a tmux server is never one of them, as it
        holds other people's sessions.
    """
    entries = frozenset(os.fsencode(f"{name}={value}") for name, value in env.items())
    looked = (proctable.look(pid) for pid in (proctable.carriers(entries) if entries else ()))
    return (one.pid for one in looked if one and not _is_tmux(one))


def carried(*names: str) -> Iterator[dict[str, str]]:
    """Find the values that variables had when processes were started.

    Args:
        names: The variables, such as ``TUTTI_AGENT`` and ``TUTTI_PORT_BASE``.

    Returns:
        The values by name, of each process that has all of them; another user's processes, whose
        environment may not be read, are missing.
    """
    return ({name: found[name] for name in names} for found in proctable.environments(names))


def end(
    pids: Iterable[int],
    *,
    grace: float = 3.0,
    also: Callable[[], Iterable[int]] = tuple,
) -> Ended:
    """End processes and all their offspring: asked first, killed after the grace.

    The caller itself is left out, as are tmux servers.

    Args:
        pids: Processes to begin with.
        grace: Seconds they have after SIGTERM.
        also: Gives, again and again, offspring that parentage no longer shows; better lazily.

    Returns:
        Who went when asked, who had to be killed, and who is still there.
    """
    hunt = _Hunt(pids, also)
    left = hunt.ask(grace)
    if left:
        left = hunt.force(_KILL_SECONDS)
    return hunt.outcome(left)


def end_marked(env: Mapping[str, str], pids: Iterable[int] = (), *, grace: float = 3.0) -> Ended:
    """End the processes that were started with variables, and all their offspring.

    Args:
        env: The variables, such as ``TUTTI_ROOT`` and ``TUTTI_AGENT``; all must match, and none
            means nobody.
        pids: Further processes to end.
        grace: Seconds they have after SIGTERM.

    Returns:
        Who went when asked, who had to be killed, and who is still there.
    """
    return end(pids, grace=grace, also=lambda: marked(env))


class _Hunt:
    """One ending: whom we met, whom we asked, whom we killed."""

    def __init__(self, pids: Iterable[int], also: Callable[[], Iterable[int]]) -> None:
        self._also = also
        self._met: dict[int, Process] = {}
        self._asked: set[Process] = set()
        self._killed: set[Process] = set()
        self._restless = False
        looked = (proctable.look(pid) for pid in pids if pid != os.getpid())
        self._meet(one for one in looked if one and _may_end(one))

    def ask(self, grace: float) -> set[Process]:
        """Send SIGTERM to all and wait until all are gone or the grace is over."""
        began = time.monotonic()
        until = began + grace
        while (alive := self._alive()) and time.monotonic() < until:
            # Who comes after the asking may be cleaning up for who was asked: it is let do so.
            if not alive & self._asked or time.monotonic() > began + grace / 2:
                self._terminate(alive - self._asked)
            _wait(alive, min(until, time.monotonic() + _ROUND))
        return alive

    def force(self, seconds: float) -> set[Process]:
        """Freeze and kill, until nobody comes after."""
        until = time.monotonic() + seconds
        while (alive := self._frozen()) and time.monotonic() < until:
            for process in alive:
                _signal(process, signal.SIGKILL)
            self._killed |= alive
            _wait(alive, min(until, time.monotonic() + _ROUND))
        return alive

    def outcome(self, alive: set[Process]) -> Ended:
        """Tell what became of everybody."""
        left = {process.pid for process in alive}
        killed = {process.pid for process in self._killed} - left
        terminated = set(self._met) - left - killed
        return Ended(tuple(sorted(terminated)), tuple(sorted(killed)), tuple(sorted(left)))

    def _terminate(self, processes: set[Process]) -> None:
        for process in processes:
            _signal(process, signal.SIGTERM)
            _signal(process, signal.SIGCONT)  # one that is stopped cannot answer
        self._asked |= processes

    def _frozen(self) -> set[Process]:
        """Stop everybody, so that none can start another while we go from one to the next."""
        frozen: set[Process] = set()
        alive = self._alive(freeze=True)
        while alive - frozen and len(frozen) < _MANY:
            for process in alive - frozen:
                _signal(process, signal.SIGSTOP)
            frozen |= alive
            alive = self._alive(freeze=True)
        return alive

    def _alive(self, *, freeze: bool = False) -> set[Process]:
        """Look again before saying that nobody is left: one may have come while one went."""
        alive = self._look(freeze=freeze)
        again = 9 if self._restless else 1
        while again and not alive:
            alive = self._look(freeze=freeze)
            again -= 1
        return alive

    def _look(self, *, freeze: bool) -> set[Process]:
        seen = {process.pid for process in self._sights(freeze=freeze)}
        everybody = proctable.table()
        # Who was seen and is gone a moment later may have passed on to another: look harder.
        self._restless = self._restless or not seen <= set(everybody)
        known = {pid for pid, one in self._met.items() if _same(one, everybody.get(pid))}
        found = _offspring(known, everybody) - {os.getpid()}
        alive = [everybody[pid] for pid in found if _may_end(everybody[pid])]
        self._meet(alive)
        return {self._met[process.pid] for process in alive}

    def _sights(self, *, freeze: bool) -> Iterator[Process]:
        for process in map(proctable.look, self._also()):
            if process and process.pid != os.getpid() and _may_end(process):
                if freeze:  # on sight: some live only as long as it takes to start the next
                    _signal(process, signal.SIGSTOP)
                self._meet((process,))
                yield process

    def _meet(self, processes: Iterable[Process]) -> None:
        # Parent and command change in the course of a life, so that the first sight of it is kept.
        for process in processes:
            if not _same(process, self._met.get(process.pid)):
                self._met[process.pid] = process


def _offspring(roots: set[int], everybody: Mapping[int, Process]) -> set[int]:
    children: dict[int, list[int]] = {}
    for process in everybody.values():
        children.setdefault(process.parent, []).append(process.pid)
        children.setdefault(process.session, []).append(process.pid)
    found: set[int] = set()
    ahead = [pid for pid in roots if pid > 1]
    while ahead:
        pid = ahead.pop()
        if pid in everybody and pid not in found and not _is_tmux(everybody[pid]):
            found.add(pid)
            ahead += children.get(pid, ())
    return found


def _same(process: Process, now: Process | None) -> bool:
    return now is not None and now.started == process.started


def _may_end(process: Process) -> bool:
    return process.pid > 1 and not process.zombie and not _is_tmux(process)


def _is_tmux(process: Process) -> bool:
    # Linux shows "tmux: server", other systems just "tmux": a client spared does no harm.
    return re.fullmatch(r"tmux(\W.*)?", process.command) is not None


def _wait(processes: Iterable[Process], until: float) -> None:
    while time.monotonic() < until:
        looked = ((process, proctable.look(process.pid)) for process in processes)
        if not any(now and _same(process, now) and not now.zombie for process, now in looked):
            return
        time.sleep(_GLANCE)


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal exactly this process, never one that took over its number."""
    handle = None
    try:
        handle = _handle(process.pid)
        if _same(process, proctable.look(process.pid)):
            _send(handle, process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # gone, or not ours to end: the next look tells which
    finally:
        if handle is not None:
            os.close(handle)


def _handle(pid: int) -> int | None:
    """Hold on to a process, where the system can: a signal through it cannot reach another."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:
        return None  # an old kernel, or a sandbox


def _send(handle: int | None, pid: int, number: signal.Signals) -> None:
    if handle is None:
        os.kill(pid, number)
    else:
        signal.pidfd_send_signal(handle, number)

"""Has a workspace watched, and ends that: a process of its own, as long as there is need of it.

On the path of ``tt status``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..state.holder import Holder
from ..version import VERSION
from ..watching.readings import beats, read_readings
from .places import Places
from .watcher import PURPOSE, has_queue, holder, is_queued, is_typing

if TYPE_CHECKING:
    from ..watching.look import Panes
    from .context import Context

SWITCH = "TUTTI_WATCHER"
"""Set to ``off``, no command starts a watcher."""

PROGRAM = "tutti_core.team.watch_process"
START_SECS = 20.0
END_SECS = 5.0
TYPING_SECS = 20.0
"""So much longer has one to end that is typing a prompt."""
GLANCE_SECS = 0.01

OF_AN_AGENT = ("TUTTI_AGENT", "TUTTI_ROOT", "TUTTI_WORKSPACE", "TMUX", "TMUX_PANE")
"""Variables that mark a process as an agent's own, which ends with it."""


def is_off() -> bool:
    """Return whether commands are to start no watcher."""
    return os.environ.get(SWITCH, "").lower() == "off"


def ensure(context: Context) -> bool:
    """Have the workspace watched; to be called once what is to be watched is there.

    Args:
        context: The workspace.

    Returns:
        Whether it is, or is about to be; False if that is switched off or did not work.
    """
    if is_off():
        return False
    who = holder(context.root)
    if who is not None and _is_useless(context, who):
        end_watch(context.root)
        who = None
    return who is not None or _start(context.root)


def rouse(root: Path, host: Panes) -> bool:
    """Have prompts delivered that wait while nobody watches: whoever did was killed.

    For every command that comes along and would do nothing about it otherwise.

    Args:
        root: The workspace.
        host: Where the sessions live.

    Returns:
        Whether somebody was started who delivers them.
    """
    places = Places(root)
    if is_off() or not is_queued(places) or holder(root) is not None:
        return False
    from .queue import IN_HAND, WAITING, Queue

    wanted = {one.agent for one in Queue(places).all() if one.state in (WAITING, *IN_HAND)}
    try:
        there = {one.agent for one in host.list(str(root)) if not one.dead} if wanted else set()
        return bool(wanted & there) and _start(root)
    except (TuttiError, OSError):
        return False


def relieve(context: Context) -> None:
    """End the watcher if nothing is left to be watched or delivered.

    Args:
        context: The workspace.
    """
    root = context.root
    if holder(root) is None or has_queue(context.places) or context.host.list(str(root)):
        return
    end_watch(root)


def end_watch(root: Path) -> bool:
    """End the process that does nothing but watch a workspace, and wait until it is gone.

    It may finish a prompt that it is typing, and is killed if it does not end.

    Args:
        root: The workspace.

    Returns:
        Whether there is none any more.
    """
    who = holder(root)
    if who is None or not who.pid or who.purpose != PURPOSE:
        return who is None
    # One that was stopped would not hear it otherwise.
    _signal(who.pid, signal.SIGTERM, signal.SIGCONT)
    places = Places(root)
    if _ends(who.pid, END_SECS) or (
        is_typing(places, who.pid) and _ends(who.pid, TYPING_SECS + END_SECS)
    ):
        return True
    _signal(who.pid, signal.SIGKILL)
    return _ends(who.pid, END_SECS)


def _ends(pid: int, secs: float) -> bool:
    """Wait until a process is gone."""
    from ..terminal.proctable import look

    ends = time.monotonic() + secs
    while (found := look(pid)) is not None and not found.zombie:
        if time.monotonic() >= ends:
            return False
        time.sleep(GLANCE_SECS)
    return True


def _start(root: Path) -> bool:
    import subprocess

    from ..log import Log

    logs = Places(root).logs
    log = Log(logs / "tt.log")
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # It leaves this process's side, and its pipes, as soon as it can.
        done = subprocess.run(
            [sys.executable, "-m", PROGRAM, str(root)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            cwd="/",
            timeout=START_SECS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.note("watcher not started", why=str(error))
        return False
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        log.note("watcher not started", why=said[-2000:])
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """Return this process's environment without what an agent's own processes have in theirs."""
    taken = set(OF_AN_AGENT)
    if os.environ.get("TUTTI_AGENT"):
        # An agent cannot switch plugins off for itself, and so not for who watches it.
        taken.add("TUTTI_DISABLE_PLUGINS")
    return {name: value for name, value in os.environ.items() if name not in taken}


def _is_useless(context: Context, who: Holder) -> bool:
    """Return whether one that does nothing but watch goes by what is not so any more, or stands.

    An agent has no say in which plugins watch it.
    """
    from .likeness import likeness_of

    found = read_readings(context.places.readings)
    if who.purpose != PURPOSE or found is None or found.pid != who.pid:
        return False
    if found.version != VERSION or not beats(found):
        return True
    return not os.environ.get("TUTTI_AGENT") and found.plugins != likeness_of(context)


def _signal(pid: int, *numbers: int) -> None:
    for number in numbers:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            return

"""The one watcher of a workspace: whether there is one, what it has seen, how it starts and ends.

On the path of ``tt status``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..state.holder import Holder
from ..version import VERSION
from ..watching.readings import Readings, beats, read_readings
from .places import Places

if TYPE_CHECKING:
    from .context import Context

SWITCH = "TUTTI_WATCHER"
"""Set to ``off``, no command starts a watcher."""

PURPOSE = "tt watcher"
"""What the lock says of a process that does nothing but watch; others have a life of their own."""

PROGRAM = "tutti_core.team.watch_process"
START_SECS = 20.0
END_SECS = 5.0
GLANCE_SECS = 0.01

OF_AN_AGENT = ("TUTTI_AGENT", "TUTTI_ROOT", "TUTTI_WORKSPACE", "TMUX", "TMUX_PANE")
"""Variables that mark a process as an agent's own, which ends with it."""


def holder(root: Path) -> Holder | None:
    """Return who watches a workspace, or None if nobody does.

    Args:
        root: The workspace.
    """
    from ..state.lock import Lock

    return Lock(Places(root).lock("watch")).holder()


def is_watched(root: Path) -> bool:
    """Return whether somebody watches a workspace, as far as a lock can tell.

    Args:
        root: The workspace.
    """
    return holder(root) is not None


def is_awake(root: Path) -> bool:
    """Return whether somebody watches a workspace, and neither was stopped nor fell silent.

    Args:
        root: The workspace.
    """
    who = holder(root)
    found = read_readings(Places(root).readings) if who is not None else None
    if who is None or found is None or found.pid != who.pid:
        return who is not None
    return beats(found)


def believed(root: Path) -> Readings | None:
    """Return what the one who watches has seen, if it can be relied upon; None to look oneself.

    It is not relied upon when its holder is gone, was stopped or has not been heard of, or while
    something is told in the journal that it has not taken in.

    Args:
        root: The workspace.
    """
    places = Places(root)
    found = read_readings(places.readings)
    if found is None or found.version != VERSION or found.trouble or not beats(found):
        return None
    who = holder(root)
    if who is None or who.pid != found.pid:
        return None
    return found if _last(places) <= found.seq else None


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
    if who is not None and _is_useless(context.root, who):
        end_watch(context.root)
        who = None
    return who is not None or _start(context)


def relieve(context: Context) -> None:
    """End the watcher if nothing is left to be watched or delivered.

    Args:
        context: The workspace.
    """
    root = context.root
    if holder(root) is None or has_queue(context.places) or context.host.list(str(root)):
        return
    end_watch(root)


def has_queue(places: Places) -> bool:
    """Return whether there is a prompt of which somebody has to say what became of it.

    One that only waits is none: without a session nobody takes it, and `tt up` starts a watcher.

    Args:
        places: Where the workspace's files are.
    """
    from .queue import unsettled

    try:
        names = [one for one in os.listdir(places.queue) if one[:1].isdigit()]
    except OSError:
        return False
    return bool(names) and unsettled(places)


def end_watch(root: Path) -> bool:
    """End the process that does nothing but watch a workspace, and wait until it is gone.

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
    if _ends(who.pid):
        return True
    _signal(who.pid, signal.SIGKILL)
    return _ends(who.pid)


def _ends(pid: int) -> bool:
    """Wait until a process is gone."""
    from ..terminal.proctable import look

    ends = time.monotonic() + END_SECS
    while (found := look(pid)) is not None and not found.zombie:
        if time.monotonic() >= ends:
            return False
        time.sleep(GLANCE_SECS)
    return True


def _start(context: Context) -> bool:
    import subprocess

    context.places.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # It leaves this process's side, and its pipes, as soon as it can.
        done = subprocess.run(
            [sys.executable, "-m", PROGRAM, str(context.root)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            cwd="/",
            timeout=START_SECS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        context.log.note("watcher not started", why=str(error))
        return False
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        context.log.note("watcher not started", why=said[-2000:])
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """Return this process's environment without what an agent's own processes have in theirs."""
    taken = set(OF_AN_AGENT)
    if os.environ.get("TUTTI_AGENT"):
        # An agent cannot switch plugins off for itself, and so not for who watches it.
        taken.add("TUTTI_DISABLE_PLUGINS")
    return {name: value for name, value in os.environ.items() if name not in taken}


def _is_useless(root: Path, who: Holder) -> bool:
    """Return whether one that does nothing but watch is of another release, or stands still."""
    found = read_readings(Places(root).readings)
    if who.purpose != PURPOSE or found is None or found.pid != who.pid:
        return False
    return found.version != VERSION or not beats(found)


def _last(places: Places) -> int:
    """Return the number of the last event."""
    from ..state.scan import last_record

    last = last_record(places.events)
    return last["seq"] if last else 0


def _signal(pid: int, *numbers: int) -> None:
    for number in numbers:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            return

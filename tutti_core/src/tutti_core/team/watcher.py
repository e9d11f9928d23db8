"""The one watcher of a workspace: whether there is one, and what it has seen.

On the path of ``tt status``.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..state.holder import Holder
from ..version import VERSION
from ..watching.readings import Readings, beats, read_readings
from .places import Places

PURPOSE = "tt watcher"
"""What the lock says of a process that does nothing but watch; others have a life of their own."""


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


def has_queue(places: Places) -> bool:
    """Return whether there is a prompt of which somebody has to say what became of it.

    One that only waits is none: without a session nobody takes it, and `tt up` starts a watcher.

    Args:
        places: Where the workspace's files are.
    """
    from .queue import unsettled

    return is_queued(places) and unsettled(places)


def is_typing(places: Places, pid: int) -> bool:
    """Return whether a process is at typing a queued prompt, which must not be cut short.

    Args:
        places: Where the workspace's files are.
        pid: The process.
    """
    from ..state.lock import Lock
    from .queue import IN_HAND, Queue

    agents = {one.agent for one in Queue(places).all() if one.state in IN_HAND}
    holders = [Lock(places.lock(f"pane-{agent}")).holder() for agent in agents]
    return any(one is not None and one.pid == pid for one in holders)


def is_queued(places: Places) -> bool:
    """Return whether there is a file of a prompt at all.

    Args:
        places: Where the workspace's files are.
    """
    try:
        return any(one[:1].isdigit() for one in os.listdir(places.queue))
    except OSError:
        return False


def _last(places: Places) -> int:
    """Return the number of the last event."""
    from ..state.scan import last_record

    last = last_record(places.events)
    return last["seq"] if last else 0

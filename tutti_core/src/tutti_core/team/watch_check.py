"""The doctor's look at the watcher: whether there is one where one is wanted, and how it is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..model.happening import Finding
from ..version import VERSION
from ..watching.readings import STALE_SECS, beats, read_readings
from .likeness import likeness_of
from .rousing import SWITCH, is_off
from .watcher import holder

if TYPE_CHECKING:
    from .context import Context

AGAIN = "tt up starts another; tt status looks itself until then"
LOG = "see .tutti/logs/watcher.log"
POLLS = "polls on purpose: below tmux 3.7 a lasting connection may end all agents"
NEWER = "none needed; tmux 3.7 saves the process that each look takes, 4 a second at most"


def watched(context: Context) -> Iterator[Finding]:
    """Say whether somebody watches the agents that run, and sees them.

    Args:
        context: The workspace.
    """
    who = holder(context.root)
    kept = read_readings(context.places.readings)
    if who is None:
        yield _unwatched(context)
    elif kept is None or kept.pid != who.pid:
        yield Finding("watcher", "warn", f"{who} has not said anything yet", LOG)
    elif not beats(kept):
        age = max(0.0, time.time() - kept.beat)
        said = f"{who} was last heard of {age:.0f} s ago" if age > STALE_SECS else f"{who} stands"
        yield Finding("watcher", "fail", f"{said}, and is not relied upon", "tt up")
    elif kept.trouble:
        yield Finding("watcher", "warn", f"pid {kept.pid}: {kept.trouble}", LOG)
    elif kept.plugins != likeness_of(context):
        said = f"pid {kept.pid} goes by other plugins or rules than are here now"
        yield Finding("watcher", "warn", said, "tt up")
    elif kept.version != VERSION:
        yield Finding("watcher", "warn", f"pid {kept.pid} is of release {kept.version}", "tt up")
    else:
        found = f"pid {kept.pid}, {len(kept.voices)} agents"
        polls = kept.mode != "control"
        yield Finding("watcher", "pass", f"{found}; {POLLS}" if polls else found, NEWER * polls)


def _unwatched(context: Context) -> Finding:
    try:
        there = context.host.list(str(context.root))
    except TuttiError as error:
        return Finding("watcher", "warn", error.message, error.hint)
    if not there:
        return Finding("watcher", "skip", "nothing runs, so nobody watches")
    if is_off():
        off = f"{SWITCH}={os.environ.get(SWITCH)}"
        return Finding("watcher", "skip", f"{len(there)} agents run unwatched: {off}")
    return Finding("watcher", "warn", f"{len(there)} agents run, and nobody watches them", AGAIN)

"""Stops what an agent does, by its CLI's own key, and proves that it stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .composing import looked
from .entering import QUIET
from .preflight import Obstacle
from .proof import same
from .standing import asks, tries_again
from .typist import runtime_of

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

STOP_SECS = 10.0
AGAIN_SECS = 3.0
"""When the key is pressed again if it still is at work; twice in a row means something else."""
STILL_SECS = 0.5
"""For so long it must be quiet: between two tools a screen may look idle for a moment."""
LOOK_SECS = 0.1


def stopped(context: Context, voice: Voice) -> Obstacle | Voice:
    """Stop an agent that is at work.

    Args:
        context: The workspace.
        voice: The agent as it was seen at work just now.

    Returns:
        The agent once it is quiet, or why it is not.
    """
    keys = runtime_of(context, voice.agent).capabilities.interrupt
    if not keys:
        return Obstacle(f"nobody knows how to stop {voice.runtime}", f"tt attach {voice.agent}")
    try:
        _press(context, voice, keys)
    except ValueError as error:
        return Obstacle(f"{voice.runtime} says how it is stopped, but {error}", _see(voice))
    return _watched(context, voice, keys)


def _watched(context: Context, voice: Voice, keys: tuple[str, ...]) -> Obstacle | Voice:
    """Watch an agent that was told to stop, and tell it once more if it goes on."""
    begun, again, quiet_since = time.monotonic(), AGAIN_SECS, 0.0
    while time.monotonic() - begun < STOP_SECS:
        time.sleep(LOOK_SECS)
        now = looked(context, voice.agent)
        if now is None:
            continue
        if not same(voice, now) or asks(now):
            return Obstacle("it ended, or asks for an answer, since it was stopped", _see(voice))
        elapsed = time.monotonic() - begun
        if _is_quiet(now):
            quiet_since = quiet_since or elapsed
            if elapsed - quiet_since >= STILL_SECS:
                return now
            continue
        quiet_since = 0.0
        if elapsed >= again:
            again = STOP_SECS
            _press(context, now, keys)
    said = f"it goes on though it was told to stop ({' '.join(keys)}) {STOP_SECS:g} s ago"
    return Obstacle(said, _see(voice))


def _is_quiet(voice: Voice) -> bool:
    return voice.reading.state in QUIET and not tries_again(voice)


def _press(context: Context, voice: Voice, keys: tuple[str, ...]) -> None:
    assert voice.session is not None
    context.host.leave_copy_mode(voice.session.pane)
    context.host.keys(voice.session.pane, *keys)


def _see(voice: Voice) -> str:
    return f"tt attach {voice.agent}"

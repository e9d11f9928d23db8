"""Waits until an agent can be talked to, or it is plain that it cannot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..watching.look import Voice

if TYPE_CHECKING:
    from .context import Context

SETTLED = frozenset(
    (
        "idle",
        "working",
        "waiting",
        "auth_failed",
        "rate_limited",
        "provider_down",
        "exited",
        "stopped",
    )
)
LOOK_SECS = 0.15


def until_ready(context: Context, agent: str, deadline: float) -> Voice:
    """Look at an agent until its state says more than "starting".

    Args:
        context: The workspace.
        agent: The agent's name.
        deadline: `time.monotonic` seconds at which to give up.

    Returns:
        The last voice seen; its state is ``starting`` or ``unknown`` if time ran out.
    """
    while True:
        voice = context.voices([agent])[agent]
        if voice.reading.state in SETTLED or time.monotonic() >= deadline:
            return voice
        time.sleep(LOOK_SECS)

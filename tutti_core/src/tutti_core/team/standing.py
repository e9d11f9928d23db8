"""For how long what is seen of an agent has stood: what is said of it never rests on a blip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..detection.judge import ERRORS

if TYPE_CHECKING:
    from ..watching.look import Voice

LOOK_SECS = 0.2
HELD_SECS = 0.3
"""How long an agent's own word must stand: a screen may be half redrawn."""
ERROR_SECS = 1.0
"""How long an error must stand: what it tries again by itself is not its last word."""
RESTLESS = 5
"""How many times as long a screen that never rests must be idle by its rules."""


class Standing:
    """For how long an agent's state has stood, and the screen beside it."""

    def __init__(self) -> None:
        self._held: tuple[object, float] = (None, 0.0)
        self._rested: tuple[object, float] = (None, 0.0)

    def look(self, voice: Voice, now: float) -> tuple[float, float]:
        """Return the seconds for which its state has stood, and its screen with it.

        Args:
            voice: The agent as it is seen now.
            now: Seconds on a clock that only goes forward.
        """
        reading = voice.reading
        state = (reading.state, reading.kind, reading.confirmed)
        picture = (state, voice.seen.screen)
        if self._held[0] != state:
            self._held = state, now
        if self._rested[0] != picture:
            self._rested = picture, now
        return now - self._held[1], now - self._rested[1]


def tries_again(voice: Voice) -> bool:
    """Return whether an agent in trouble is still trying.

    Args:
        voice: The agent.
    """
    reading = voice.reading
    return reading.state in ERRORS and any(one.state == "working" for one in reading.evidence)


def asks(voice: Voice) -> bool:
    """Return whether an agent waits to be told something.

    Args:
        voice: The agent.
    """
    return voice.reading.state == "waiting" or bool(voice.reading.kind)

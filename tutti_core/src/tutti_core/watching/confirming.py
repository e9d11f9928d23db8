"""What stands for an agent: busy and waiting at once, anything quieter only on a second look."""

from __future__ import annotations

from ..model.reading import Reading

OWN_WORD = frozenset(("process", "live", "hooks", "transcript"))
"""Sources that no half-drawn screen can garble."""

WINDOWS = {"unknown": 3.0}
"""Seconds a state must hold, where that is not `WINDOW`."""

WINDOW = 1.0
"""Seconds a state must hold that may be no more than a pause between two outputs."""

STEADY_SECS = 30.0
"""Who works for so long has no trouble any more with what failed before."""


class Stand:
    """The reading that stands for one agent.

    Attributes:
        reading: What stands; None before the first look.
        certain: Whether something can be built on it.
        again: When it has to be looked at again, on the caller's clock; None if it need not.
    """

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.certain = False
        self.again: float | None = None
        self._waits: tuple[str, str] | None = None
        self._since = 0.0
        self._began = 0.0

    def see(self, reading: Reading, now: float) -> Reading:
        """Take a look and return what stands after it.

        Args:
            reading: What the look says.
            now: Seconds on a clock that only goes forward.
        """
        key = (reading.state, reading.kind)
        if at_once(reading) or (self.certain and key == self._key()):
            return self._stands(reading, now)
        if key != self._waits:
            self._waits, self._since = key, now
        due = self._since + WINDOWS.get(reading.state, WINDOW)
        if now >= due:
            return self._stands(reading, now)
        self.again = due
        if self.reading is None or not self.certain:
            # The first look at somebody: better what it says, with its doubt, than nothing.
            self.reading = reading._replace(confirmed=False)
        return self.reading

    def steady(self, now: float) -> bool:
        """Return whether the same has stood for long.

        Args:
            now: Seconds on the same clock.
        """
        return self.certain and now - self._began >= STEADY_SECS

    def _key(self) -> tuple[str, str]:
        return (self.reading.state, self.reading.kind) if self.reading else ("", "")

    def _stands(self, reading: Reading, now: float) -> Reading:
        key = (reading.state, reading.kind)
        if not self.certain or key != self._key():
            self._began = now
        self.reading = reading._replace(confirmed=True)
        self.certain, self.again, self._waits = True, None, None
        return self.reading


def at_once(reading: Reading) -> bool:
    """Return whether one look is enough: it is busy, it asks, or its own word says so.

    Args:
        reading: What the look says.
    """
    if reading.state in ("working", "waiting", "exited", "stopped"):
        return True
    if reading.state == "idle":
        return reading.confirmed
    return bool(reading.evidence) and reading.evidence[0].source in OWN_WORD

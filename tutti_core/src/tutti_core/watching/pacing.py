"""When to look at a pane: soon after it was touched, seldom while it says that it works."""

from __future__ import annotations

from math import inf

TRAILING_SECS = 0.04
"""A pane is looked at once nothing was printed for so long,"""

CEILING_SECS = 0.25
"""and after so long even if it goes on printing."""

SAMPLE_SECS = 1.0
"""Between two looks at a pane that says itself that it works,"""

SILENT_SECS = 0.15
"""unless it falls silent for so long: no spinner does, and what comes next may be a question."""

HUSH_SECS = 0.025
"""After word of nothing but panes that are sampled, no file is listened to for so long: the
spinners of twenty turn two hundred times a second, and none of them is news."""


class Pace:
    """When one pane is due.

    Attributes:
        due: When to look, on the caller's clock; infinite if nothing calls for it.
    """

    def __init__(self) -> None:
        self.due = inf
        self._sampled = False
        self._silence = SILENT_SECS
        self._fell_silent = False
        self._first: float | None = None
        self._touched = inf
        self._looked = -inf

    @property
    def sampled(self) -> bool:
        """Whether its runtime says itself that it works, so that it is looked at seldom.

        Who still does after a look at its silence is silent now and then while it works: its
        silence has to last twice as long to be looked at again, until it works no more.
        """
        return self._sampled

    @sampled.setter
    def sampled(self, says: bool) -> None:
        if not says:
            self._silence = SILENT_SECS
        elif self._fell_silent:
            self._silence = min(2 * self._silence, SAMPLE_SECS)
        self._sampled, self._fell_silent = says, False

    def touched(self, now: float) -> None:
        """Take note that something was printed.

        Args:
            now: Seconds on a clock that only goes forward.
        """
        self._first = now if self._first is None else self._first
        self._touched = now
        trailing = self._silence if self.sampled else TRAILING_SECS
        ceiling = self._first + CEILING_SECS
        if self.sampled:
            ceiling = max(ceiling, self._looked + SAMPLE_SECS)
        self.due = min(now + trailing, ceiling)

    def word(self, now: float) -> None:
        """Take note of its own word, which is written whole; the screen follows it.

        Args:
            now: Seconds on the same clock.
        """
        self.called(now + TRAILING_SECS)

    def called(self, at: float) -> None:
        """Ask for a look at a time, or before.

        Args:
            at: The time, on the same clock.
        """
        self.due = min(self.due, at)

    def looked(self, now: float) -> None:
        """Take note of a look: whatever else was due by now is done with it.

        Args:
            now: Seconds on the same clock.
        """
        self._fell_silent = self.sampled and now - self._touched >= self._silence
        self.due, self._first, self._looked, self._touched = inf, None, now, inf


class Beat:
    """Something to be done every so often; a beat that was missed is dropped, never made up for.

    Args:
        every: Seconds between two beats.
        now: Seconds on the caller's clock.

    Attributes:
        due: When the next one is.
    """

    def __init__(self, every: float, now: float) -> None:
        self.every = every
        self.due = now

    def fell(self, now: float) -> bool:
        """Return whether it is time, once for all the times that went by.

        Args:
            now: Seconds on the same clock.
        """
        if now < self.due:
            return False
        self.due = now + self.every
        return True

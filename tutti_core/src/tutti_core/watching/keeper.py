"""Keeps the readings in their file: what changed soon, what goes on as it was seldom."""

from __future__ import annotations

from math import inf

from .look import Voice
from .pacing import Beat
from .readings import Head, line_of, written
from .scenery import Team
from .telling import Teller
from .watched import Watched

BEAT_SECS = 5.0
"""Between two signs of life."""

KEPT_SECS = 0.25
"""Between two versions of the file, unless a state changed."""

FRESH_SECS = 5.0
"""Between two versions of what is kept of an agent that goes on as it was."""


class Keeper:
    """Keeps the readings of a team for others to read.

    Args:
        team: The workspace.
        pid: The process that watches.
        now: Seconds on a clock that only goes forward.
    """

    def __init__(self, team: Team, pid: int, now: float) -> None:
        self._team, self._pid = team, pid
        self._beats, self._keeps = Beat(BEAT_SECS, now), Beat(KEPT_SECS, now)
        self._lines: dict[str, str] = {}
        self._written: Head | None = None
        self._waits = False

    @property
    def due(self) -> float:
        """When there is something to write, or a sign of life to give."""
        return min(self._beats.due, self._keeps.due if self._waits else inf)

    def hurry(self, now: float) -> None:
        """Have the next version written at once, because a state changed."""
        self._keeps.due = now

    def later(self, now: float) -> None:
        """Put off whatever is due: what is to be written is not known yet."""
        self._waits = False
        self._beats.due = max(self._beats.due, now + KEPT_SECS)

    def left(self, name: str) -> None:
        """Keep nothing of an agent any more."""
        self._lines.pop(name, None)
        self._written = None

    def saw(self, one: Watched, voice: Voice, now: float, *, changed: bool) -> bool:
        """Take in what was seen of an agent, now or once it has been long enough.

        Args:
            one: The agent.
            voice: What was made of the look.
            now: Seconds on the same clock.
            changed: Whether something else stands after it.

        Returns:
            Whether it was taken in.
        """
        if not changed and not (one.dirty and now >= one.kept + FRESH_SECS):
            if one.dirty:
                one.pace.called(one.kept + FRESH_SECS)
            return False
        one.dirty, one.kept = False, now
        self._lines[one.name] = line_of(voice)
        self._written = None
        self._team.seen(voice)
        return True

    def keep(self, now: float, teller: Teller, mode: str, trouble: str) -> None:
        """Write the readings down if they are others than those that stand there.

        Args:
            now: Seconds on the same clock.
            teller: What stands in the journal.
            mode: How the panes are seen.
            trouble: What went wrong when they were looked at last.
        """
        head = Head(self._pid, self._team.likeness, teller.seq, teller.at, mode, trouble)
        self._waits = head != self._written
        if self._waits and self._keeps.fell(now):
            self._team.keep(written(head, self._lines, teller.said))
            self._written, self._waits = head, False
            self._beats.due = now + BEAT_SECS
        elif self._beats.fell(now):
            self._team.beat()

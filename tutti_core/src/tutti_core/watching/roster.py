"""Who is under watch: by a listing of all sessions, and by what was recorded of those that ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

from ..model.session import Session
from .alarm import Alarm
from .scenery import Team
from .sight import Sight
from .watched import Watched

AGAIN_SECS = 1.0
"""Until the next try where somebody else had an agent in their hands."""


class Roster:
    """The agents under watch.

    Args:
        team: The workspace.
        sight: How its panes are seen.
        alarm: Told of the processes to wait for.
        wakes: Told of the files to wait for.
        left: Told who is watched no more.

    Attributes:
        agents: They, by name.
    """

    def __init__(
        self, team: Team, sight: Sight, alarm: Alarm, wakes: Any, left: Callable[[str], None]
    ) -> None:
        self.agents: dict[str, Watched] = {}
        self._team, self._sight, self._alarm, self._wakes = team, sight, alarm, wakes
        self._left = left
        self._lost: set[str] = set()

    def __iter__(self) -> Iterator[Watched]:
        """Give each of them."""
        return iter(self.agents.values())

    @property
    def empty(self) -> bool:
        """Whether nobody is there, and of nobody is it to be told that they are gone."""
        return not self.agents and not self._lost

    def expect(self) -> None:
        """Take note of who ran when somebody watched last."""
        self._lost = set(self._team.expected())

    def sweep(self, now: float) -> float:
        """List all sessions: who is new, who has gone, who did something of which no word came.

        Args:
            now: Seconds on a clock that only goes forward.

        Returns:
            When another sweep is called for; infinite if nothing calls for one.

        Raises:
            TuttiError: Nobody can say.
        """
        sessions = {one.agent: one for one in self._sight.list()}
        for name in [name for name in self.agents if name not in sessions]:
            self.leave(name)
            self._team.gone(name)
            self._lost.add(name)
        for name, session in sessions.items():
            self._lost.discard(name)
            self._met(name, session, now)
        self._lost = {name for name in self._lost if not self._team.vanished(name)}
        return now + AGAIN_SECS if self._lost else inf

    def wait_for(self, one: Watched) -> None:
        """Wait for the files that tell of an agent, and for the end of its process.

        Args:
            one: The agent.
        """
        for path, tag in one.files():
            self._wakes.watch(path, tag)
        if not one.session.dead:
            self._alarm.lives(one.session.pid)

    def leave(self, name: str) -> None:
        """Watch an agent no more.

        Args:
            name: The agent's name.
        """
        one = self.agents.pop(name)
        for path, tag in one.watched:
            self._wakes.forget(path, tag)
        self._alarm.forget(one.session.pid)
        self._left(name)

    def _met(self, name: str, session: Session, now: float) -> None:
        known = self.agents.get(name)
        if known is not None and not known.is_another(session):
            known.listed(session, now)
            self._team.tend(name, session)
            return
        if known is not None:
            self.leave(name)
        one = self.agents[name] = Watched(name, session, self._team)
        one.pace.called(now)
        self.wait_for(one)

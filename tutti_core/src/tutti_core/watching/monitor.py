"""The watch over a workspace: what changed is looked at, and what that means is told and kept.

One plain loop, no threads: it sleeps until a file changes, a process ends, the server tells of a
session or the time has come; then it looks at the panes concerned, all of them at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from math import inf
from typing import Any

from ..errors import TuttiError
from .alarm import Alarm, Rung
from .keeper import Keeper
from .look import Voice
from .pacing import HUSH_SECS, SAMPLE_SECS, Beat
from .roster import AGAIN_SECS, Roster
from .scenery import Entry, Team
from .sight import Glimpse, Sight
from .telling import Teller
from .watched import RING, Watched

SWEEP_SECS = 10.0
"""Between two listings of all sessions while nothing calls for one."""

LOG_SECS = 1.0
"""Between two looks at what goes into the logs; who printed nothing in between is quiet."""

MOVED = ("agent.started", "agent.stopped")
"""Events after which there are other sessions than before."""

JOURNAL, DEATHS, CONFIG = "journal", "deaths", "config"
"""Tags of files that are not an agent's."""


class Monitor:
    """Watches one workspace; whoever makes one holds the lock of the watch.

    Args:
        team: The workspace.
        sight: How its panes are seen.
        alarm: What it waits for.
        teller: What tells the changes.
        wakes: Told of the files to wait for.
        pid: The process that watches.
        clock: Gives seconds that only go forward.

    Attributes:
        voices: The last reading of each agent that has a session.
    """

    def __init__(
        self,
        team: Team,
        sight: Sight,
        alarm: Alarm,
        teller: Teller,
        wakes: Any,
        *,
        pid: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._team, self._sight, self._alarm, self._teller = team, sight, alarm, teller
        self._wakes, self._clock = wakes, clock
        now = clock()
        self._sweeps, self._logs = Beat(SWEEP_SECS, now), Beat(LOG_SECS, now)
        self._keeper = Keeper(team, pid, now)
        self._roster = Roster(team, sight, alarm, wakes, self._keeper.left)
        self._trouble = ""
        self._hush = 0.0

    @property
    def voices(self) -> Mapping[str, Voice]:
        """The last reading of each agent that has a session."""
        return {one.name: one.voice for one in self._roster if one.voice is not None}

    @property
    def empty(self) -> bool:
        """Whether nothing is there to be watched."""
        return self._roster.empty

    def begin(self) -> None:
        """Take in what was said, and look at everybody once."""
        for path, tag in ((self._teller.path, JOURNAL), (self._team.deaths, DEATHS)):
            self._wakes.watch(str(path), tag)
        self._wait_for_files()
        self._teller.catch_up()
        self._roster.expect()

    def turn(self, most: float = SWEEP_SECS) -> list[dict[str, Any]]:
        """Sleep until there is something to do, and do it.

        Args:
            most: The most seconds to sleep.

        Returns:
            What stands in the journal anew.
        """
        now = self._clock()
        self._alarm.listen(self._sight.line)
        rung = self._alarm.wait(min(most, self._next(now) - now), self._hush)
        self._hush = HUSH_SECS if self._is_noise(rung) else 0.0
        self._heed(rung)
        now = self._clock()
        return [] if self._hush and self._next(now) > now else self._work(now)

    def close(self) -> None:
        """Let go of everything; the file with the readings stays, without anybody behind it."""
        for name in list(self._roster.agents):
            self._roster.leave(name)
        self._sight.close()
        self._alarm.close()

    def _work(self, now: float) -> list[dict[str, Any]]:
        """Do what there is to do by now."""
        if self._sweeps.fell(now):
            self._sweep(now)
        self._look(self._due(now))
        self._log(now)
        self._teller.catch_up()
        news = self._teller.news()
        if any(one.get("event") in MOVED for one in news):
            self._sweeps.due = self._clock()
        self._keep()
        return news

    def _next(self, now: float) -> float:
        due = [one.pace.due for one in self._roster]
        logs = min((one.log_due for one in self._roster if one.voice), default=inf)
        soonest = min([*due, self._sweeps.due, self._keeper.due, max(logs, self._logs.due)])
        return max(soonest, min(now + self._sight.pause(now), self._sweeps.due), now)

    def _is_noise(self, rung: Rung) -> bool:
        """Return whether all that woke it are agents that say of themselves that they work."""
        if rung.ended or rung.told or not rung.files:
            return False
        tags = [one if isinstance(one, tuple) else ("", "") for one in rung.files]
        known = [self._roster.agents.get(agent) for what, agent in tags if what == RING]
        return len(known) == len(tags) and all(one and one.pace.sampled for one in known)

    def _heed(self, rung: Rung) -> None:
        now, tags = self._clock(), rung.files
        if CONFIG in tags:
            self._reload()
        ended = {one.session.pid for one in self._roster} & rung.ended
        if DEATHS in tags or ended or (rung.told and self._sight.heard()):
            self._sweeps.due = now
        for tag in tags - {JOURNAL, CONFIG, DEATHS}:
            self._touched(tag, now)

    def _touched(self, tag: Hashable, now: float) -> None:
        what, agent = tag if isinstance(tag, tuple) else ("", "")
        one = self._roster.agents.get(agent)
        if one is not None:
            one.touched(what, now)

    def _reload(self) -> None:
        try:
            self._team.reload()
        except TuttiError as error:
            self._trouble = error.message
            self._team.note("cannot be read", why=error.message)
        self._wait_for_files()
        for one in self._roster:
            one.anew(self._clock())

    def _wait_for_files(self) -> None:
        for path in self._team.configured():
            self._wakes.watch(str(path), CONFIG)

    def _sweep(self, now: float) -> None:
        try:
            again = self._roster.sweep(now)
        except TuttiError as error:
            self._failed("sessions cannot be listed", error)
            return
        self._sweeps.due = min(self._sweeps.due, again)

    def _due(self, now: float) -> list[Watched]:
        """Return whom to look at now."""
        due = [one for one in self._roster if one.pace.due <= now]
        if due and self._sight.polls:
            # One process looks at many at the price of one: whoever is only sampled comes along.
            soon = now + SAMPLE_SECS / 2
            due += [one for one in self._roster if one.sampled_between(now, soon)]
        return due

    def _look(self, due: Sequence[Watched]) -> None:
        now = self._clock()
        if not due or self._sight.pause(now) > 0:
            return
        try:
            panes = self._sight.look([one.session for one in due])
        except TuttiError as error:
            for one in due:
                one.pace.looked(now)
                one.pace.called(now + AGAIN_SECS)
            self._failed("screens cannot be read", error)
            return
        self._trouble = ""
        for one in due:
            found = panes.get(one.session.pane)
            if found is None:
                one.pace.looked(now)
                self._sweeps.due = now
            else:
                self._saw(one, found, now)

    def _saw(self, one: Watched, found: Glimpse, now: float) -> None:
        changed, voice = one.look(found, now), one.voice
        if voice is None:
            return
        if one.stand.certain and not self._may_tell(one, voice):
            one.pace.called(now + AGAIN_SECS)
        elif one.stand.certain:
            steady = one.stand.steady(now)
            if self._teller.tell(one.name, voice.runtime, voice.reading, steady=steady):
                self._keeper.hurry(now)
        if self._keeper.saw(one, voice, now, changed=changed):
            self._roster.wait_for(one)

    def _may_tell(self, one: Watched, voice: Voice) -> bool:
        """Return whether it is ours to tell: not while somebody starts the agent, or ends it."""
        if not one.begun:
            one.begun = self._team.begun(one.name, one.session)
        return one.begun and (voice.reading.state != "exited" or self._team.is_free(one.name))

    def _log(self, now: float) -> None:
        """Write down what was printed, of those that fell silent and now and then of the others."""
        due = [one for one in self._roster if one.log_due <= now and one.voice]
        if not due or not self._logs.fell(now):
            return
        entries = [Entry(one.name, one.session, one.status, one.silent(now), now) for one in due]
        late = self._team.log(entries)
        for one in due:
            one.logged(now, again=one.name in late)

    def _keep(self) -> None:
        now = self._clock()
        unseen = any(one.voice is None for one in self._roster)
        if unseen or self._sweeps.due <= now:
            # What is written says that the journal is taken in so far: first see who is new.
            self._keeper.later(now)
            return
        mode = "poll" if self._sight.polls else "control"
        self._keeper.keep(now, self._teller, mode, self._trouble)

    def _failed(self, what: str, error: TuttiError) -> None:
        if self._trouble != error.message:
            self._team.note(what, why=error.message)
        self._trouble = error.message

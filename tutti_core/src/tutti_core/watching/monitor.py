"""The watch over a workspace: what changed is looked at, and what that means is told and kept.

One plain loop, no threads: it sleeps until a file changes, a process ends, the server tells of a
session or the time has come; then it looks at the panes concerned, all of them at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ..errors import TuttiError
from ..model.session import Session
from .alarm import Alarm, Rung
from .look import Reads, Voice
from .pacing import SAMPLE_SECS, Beat
from .readings import Head, line_of, written
from .sight import Glimpse, Sight
from .telling import Teller
from .watched import Watched

SWEEP_SECS = 10.0
"""Between two listings of all sessions while nothing calls for one."""

BEAT_SECS = 5.0
"""Between two signs of life."""

KEPT_SECS = 0.25
"""Between two versions of the file with the readings, unless a state changed."""

FRESH_SECS = 5.0
"""Between two versions of what is kept of an agent that goes on as it was."""

LOG_SECS = 1.0
"""Between two looks at what goes into the logs; who printed nothing in between is quiet."""

AGAIN_SECS = 1.0
"""Until the next try where somebody else had an agent in their hands."""

MOVED = ("agent.started", "agent.stopped")
"""Events after which there are other sessions than before."""

JOURNAL, DEATHS, CONFIG = "journal", "deaths", "config"
"""Tags of files that are not an agent's."""


class Entry(NamedTuple):
    """Whose log is to be written.

    Attributes:
        agent: The agent's name.
        session: Its session.
        status: The contract's word for how it is.
        quiet: Whether it has printed nothing for a while.
        at: Seconds on a clock that only goes forward.
    """

    agent: str
    session: Session
    status: str
    quiet: bool
    at: float


class Team(Protocol):
    """What a watch needs to know of a workspace, and does there."""

    @property
    def root(self) -> Path:
        """Absolute path of the workspace."""

    @property
    def deaths(self) -> Path:
        """The file to which the server appends a line when a process of ours ends."""

    def rules(self, runtime: str) -> Mapping[str, Any] | None:
        """Return a runtime's compiled rules, or None if it has none."""

    def detectors(self) -> Sequence[Reads]:
        """Return the detectors beside the rules."""

    def record(self, agent: str) -> Mapping[str, Any]:
        """Return what was recorded at an agent's launch."""

    def stalls(self) -> float:
        """Return after how many seconds without progress an agent is stalled; 0 for never."""

    def files(self, agent: str, session: Session) -> Mapping[str, Path]:
        """Return the files that change when the agent does something, each by what it is."""

    def configured(self) -> Iterable[Path]:
        """Return the files from which the team is made."""

    def reload(self) -> None:
        """Read those again."""

    def begun(self, agent: str, session: Session) -> bool:
        """Return whether an agent's start was told; tell it if whoever started it cannot."""

    def is_free(self, agent: str) -> bool:
        """Return whether nobody starts or ends an agent at this moment."""

    def gone(self, agent: str) -> None:
        """Keep that an agent has no session, for others to read."""

    def vanished(self, agent: str) -> bool:
        """Tell that an agent's session has gone, unless that was done; False if it must wait."""

    def expected(self) -> Iterable[str]:
        """Return the agents of which it is recorded that they run."""

    def seen(self, voice: Voice) -> None:
        """Keep what was seen of an agent, for others to read."""

    def turned(self, agent: str) -> None:
        """Keep that a turn has begun in a conversation that was taken up."""

    def tend(self, agent: str, session: Session) -> None:
        """Do what an agent needs now and then for others to know of it."""

    def keep(self, data: bytes) -> None:
        """Write the file with the readings."""

    def beat(self) -> None:
        """Give a sign of life: touch that file."""

    def log(self, entries: Sequence[Entry]) -> set[str]:
        """Write what agents show into their logs; return those that must wait."""

    def note(self, event: str, **facts: Any) -> None:
        """Write a line into the watch's own log."""


class Monitor:
    """Watches one workspace; whoever makes one holds the lock of the watch.

    Args:
        team: The workspace.
        sight: How its panes are seen.
        alarm: What it waits for.
        teller: What tells the changes.
        pid: The process that watches.
        plugins: The plugins it has.
        before: The voices as whoever watched until a moment ago has seen them.
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
        plugins: str = "",
        before: Mapping[str, Voice] = MappingProxyType({}),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._before = dict(before)
        self._team, self._sight, self._alarm, self._teller = team, sight, alarm, teller
        self._wakes, self._clock = wakes, clock
        self._pid, self._plugins = pid, plugins
        now = clock()
        self._sweeps, self._beats = Beat(SWEEP_SECS, now), Beat(BEAT_SECS, now)
        self._keeps, self._logs = Beat(KEPT_SECS, now), Beat(LOG_SECS, now)
        self._agents: dict[str, Watched] = {}
        self._lines: dict[str, str] = {}
        self._written: tuple[Any, ...] = ()
        self._trouble = ""
        self._lost: set[str] = set()

    @property
    def voices(self) -> Mapping[str, Voice]:
        """The last reading of each agent that has a session."""
        return {name: one.voice for name, one in self._agents.items() if one.voice is not None}

    @property
    def empty(self) -> bool:
        """Whether nothing is there to be watched."""
        return not self._agents and not self._lost

    def begin(self) -> None:
        """Take in what was said, and look at everybody once."""
        for path, tag in ((self._teller.path, JOURNAL), (self._team.deaths, DEATHS)):
            self._wakes.watch(str(path), tag)
        for path in self._team.configured():
            self._wakes.watch(str(path), CONFIG)
        self._teller.catch_up()
        self._lost = set(self._team.expected())

    def turn(self, most: float = SWEEP_SECS) -> list[dict[str, Any]]:
        """Sleep until there is something to do, and do it.

        Args:
            most: The most seconds to sleep.

        Returns:
            What stands in the journal anew.
        """
        now = self._clock()
        self._alarm.listen(self._sight.line)
        self._heed(self._alarm.wait(min(most, self._next(now) - now)))
        now = self._clock()
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

    def close(self) -> None:
        """Let go of everything; the file with the readings stays, without anybody behind it."""
        for name in list(self._agents):
            self._leave(name)
        self._sight.close()
        self._alarm.close()

    def _next(self, now: float) -> float:
        due = [one.pace.due for one in self._agents.values()]
        logs = min((one.log_due for one in self._agents.values()), default=inf)
        soonest = min([*due, self._sweeps.due, self._beats.due, max(logs, self._logs.due)])
        return max(soonest, min(now + self._sight.pause(now), self._sweeps.due), now)

    def _heed(self, rung: Rung) -> None:
        now, tags = self._clock(), set(rung.files)
        if CONFIG in tags:
            self._reload()
        ended = {one.session.pid for one in self._agents.values()} & rung.ended
        if DEATHS in tags or ended or (rung.told and self._sight.heard()):
            self._sweeps.due = now
        for tag in tags - {JOURNAL, CONFIG, DEATHS}:
            self._touched(tag, now)

    def _touched(self, tag: Hashable, now: float) -> None:
        what, agent = tag if isinstance(tag, tuple) else ("", "")
        one = self._agents.get(agent)
        if one is not None:
            one.touched(what, now)

    def _reload(self) -> None:
        try:
            self._team.reload()
        except TuttiError as error:
            self._trouble = error.message
            self._team.note("cannot be read", why=error.message)
        for one in self._agents.values():
            one.anew(self._clock())

    def _sweep(self, now: float) -> None:
        """List all sessions: who is new, who has gone, who did something of which no word came."""
        try:
            sessions = {one.agent: one for one in self._sight.list()}
        except TuttiError as error:
            self._failed("sessions cannot be listed", error)
            return
        for name in [name for name in self._agents if name not in sessions]:
            self._leave(name)
            self._team.gone(name)
            self._lost.add(name)
        for name, session in sessions.items():
            self._lost.discard(name)
            self._met(name, session, now)
        self._lost = {name for name in self._lost if not self._team.vanished(name)}
        if self._lost:
            self._sweeps.due = now + AGAIN_SECS

    def _met(self, name: str, session: Session, now: float) -> None:
        known = self._agents.get(name)
        if known is not None and not known.is_another(session):
            known.listed(session, now)
            self._team.tend(name, session)
            return
        if known is not None:
            self._leave(name)
        one = self._agents[name] = Watched(name, session, self._team)
        one.follows(self._before.pop(name, None))
        one.pace.called(now)
        self._wait_for(one)

    def _wait_for(self, one: Watched) -> None:
        """Wait for the files that tell of an agent, and for the end of its process."""
        for path, tag in one.files():
            self._wakes.watch(path, tag)
        if not one.session.dead:
            self._alarm.lives(one.session.pid)

    def _leave(self, name: str) -> None:
        one = self._agents.pop(name)
        for path, tag in one.watched:
            self._wakes.forget(path, tag)
        self._alarm.forget(one.session.pid)
        self._lines.pop(name, None)
        self._written = ()

    def _due(self, now: float) -> list[Watched]:
        """Return whom to look at now."""
        due = [one for one in self._agents.values() if one.pace.due <= now]
        if due and self._sight.polls:
            # One process looks at many at the price of one: whoever is only sampled comes along.
            soon = now + SAMPLE_SECS / 2
            due += [one for one in self._agents.values() if one.sampled_between(now, soon)]
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
                self._keeps.due = now
        if changed or (one.dirty and now >= one.kept + FRESH_SECS):
            one.dirty, one.kept = False, now
            self._lines[one.name] = line_of(voice)
            self._written = ()
            self._team.seen(voice)
            self._wait_for(one)
        elif one.dirty:
            one.pace.called(one.kept + FRESH_SECS)

    def _may_tell(self, one: Watched, voice: Voice) -> bool:
        """Return whether it is ours to tell: not while somebody starts the agent, or ends it."""
        if not one.begun:
            one.begun = self._team.begun(one.name, one.session)
        return one.begun and (voice.reading.state != "exited" or self._team.is_free(one.name))

    def _log(self, now: float) -> None:
        """Write down what was printed, of those that fell silent and now and then of the others."""
        due = [one for one in self._agents.values() if one.log_due <= now and one.voice]
        if not due or not self._logs.fell(now):
            return
        entries = [Entry(one.name, one.session, one.status, one.silent(now), now) for one in due]
        late = self._team.log(entries)
        for one in due:
            one.logged(now, again=one.name in late)

    def _keep(self) -> None:
        """Write the readings down if they are others than those that stand there."""
        now = self._clock()
        unseen = any(one.voice is None for one in self._agents.values())
        if unseen or self._sweeps.due <= now:
            # What is written says that the journal is taken in so far: first see who is new.
            return
        head = Head(
            self._pid, self._plugins, self._teller.seq, self._teller.at,
            "poll" if self._sight.polls else "control", self._trouble,
        )  # fmt: skip
        if head != self._written and self._keeps.fell(now):
            self._team.keep(written(head, self._lines, self._teller.said))
            self._written = head
            self._beats.due = now + BEAT_SECS
        elif self._beats.fell(now):
            self._team.beat()

    def _failed(self, what: str, error: TuttiError) -> None:
        if self._trouble != error.message:
            self._team.note(what, why=error.message)
        self._trouble = error.message

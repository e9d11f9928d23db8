"""One agent under watch: when to look at it, what was seen, and what stands."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Protocol

from ..detection.records import Record
from ..model.reading import Observation, Reading
from ..model.session import Session
from ..terminal.effort import efforts
from .confirming import Stand
from .essence import essence, fingerprint
from .feeds import Feeds, feeds_of
from .look import Reads, Voice, observe, read
from .pacing import SAMPLE_SECS, Pace
from .sight import Glimpse
from .stall import Moves, is_quiet, moved, stalled

RING = "ring"
"""What the file is called that grows with everything the agent prints."""

SELF_SAID = frozenset(("live", "hooks", "transcript", "title"))
"""Sources by which a runtime says itself that it works."""

SILENT_SECS = 1.0
"""Who printed nothing for so long is quiet: all it shows has settled."""

BUSY_SECS = 5.0
"""Between two looks at what goes into the log of somebody who goes on printing."""

PASSING = frozenset(("starting", "working"))
"""States in which an agent is looked at now and then, though nothing happens: it may be stuck."""

IN_TURN = frozenset(("permission", "question"))
"""What only an agent asks that has begun a turn."""


class Known(Protocol):
    """What has to be known of the workspace to read an agent."""

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

    def turned(self, agent: str) -> None:
        """Keep that a turn has begun in a conversation that was taken up."""


class Watched:
    """One agent.

    Args:
        name: Its name.
        session: Its session.
        known: The workspace.

    Attributes:
        name: Its name.
        session: Its session, as it was seen last.
        pace: When to look at it.
        stand: What stands.
        voice: What was made of the last look; None before the first.
        begun: Whether its start was told.
        dirty: Whether something was seen since it was kept for others.
        kept: When that was, on the caller's clock.
        log_due: When its log is to be written, on the same clock; infinite if nothing is new.
        watched: The files that are watched for it, each with its tag.
    """

    def __init__(self, name: str, session: Session, known: Known) -> None:
        self.name, self.session = name, session
        self.pace, self.stand = Pace(), Stand()
        self.voice: Voice | None = None
        self.watched: list[tuple[str, Hashable]] = []
        self.begun = self.dirty = False
        self.kept = 0.0
        self.log_due = 0.0
        self._heard = -inf
        self._known = known
        self._mark = b""
        self._last = Reading("unknown")
        self._before: Reading | None = None
        self._turned: float | None = None
        self._limits: Mapping[str, float] = {}
        self._printed: float | None = None
        self._feeds: Feeds | None = None
        self._moves: Moves | None = None

    def files(self) -> Iterator[tuple[str, Hashable]]:
        """Yield the files that have to be watched and are not yet, each with its tag."""
        fed = self._feeds.paths if self._feeds else {}
        found = [*self._known.files(self.name, self.session).items(), *fed.items()]
        for what, path in found:
            entry = (str(path), (what, self.name))
            if entry not in self.watched:
                self.watched.append(entry)
                yield entry

    def follows(self, earlier: Voice | None) -> None:
        """Go on from how somebody else saw it a moment ago, if that was the same session.

        Args:
            earlier: The agent as it was seen; None if nobody did.
        """
        if earlier is not None and earlier.session and not self.is_another(earlier.session):
            self._before = earlier.reading

    def is_another(self, session: Session) -> bool:
        """Return whether a session is not the one that is known, but a later one."""
        mine = self.session
        return (session.pane, session.pid, session.created) != (mine.pane, mine.pid, mine.created)

    def touched(self, what: str, now: float) -> None:
        """Take note that one of its files changed.

        Args:
            what: Which; the ring has everything that is printed, the others are its own word.
            now: Seconds on a clock that only goes forward.
        """
        if what == RING:
            self._printed, self._heard = time.time(), now
            if self.log_due == inf:
                self.log_due = now + SILENT_SECS
            self.pace.touched(now)
        else:
            self.pace.word(now)

    def sampled_between(self, after: float, until: float) -> bool:
        """Return whether a look is due in some time that nothing but the time calls for."""
        return self.pace.sampled and after < self.pace.due <= until

    def listed(self, session: Session, now: float) -> None:
        """Take note of a listing: it may show what no file told.

        Args:
            session: The session as listed.
            now: Seconds on a clock that only goes forward.
        """
        before, self.session = self.session, session
        changed = (before.dead, before.title, before.runtime) != (
            session.dead, session.title, session.runtime,
        )  # fmt: skip
        silent = session.activity > before.activity and session.activity > (self._printed or 0.0)
        passing = self.voice is None or self.voice.reading.state in PASSING
        if changed or silent or passing or self._is_over(time.time()):
            self.pace.called(now)

    @property
    def status(self) -> str:
        """The contract's word for how it is."""
        return self.voice.reading.status if self.voice else "Unknown"

    def silent(self, now: float) -> bool:
        """Return whether it has printed nothing for a while.

        Args:
            now: Seconds on a clock that only goes forward.
        """
        return self.session.dead or now - self._heard >= SILENT_SECS

    def logged(self, now: float, *, again: bool) -> None:
        """Take note that its log was written, as far as it had settled.

        Args:
            now: Seconds on a clock that only goes forward.
            again: Whether that could not be done, and is to be tried again.
        """
        if again:
            self.log_due = now + SILENT_SECS
        else:
            self.log_due = inf if self.silent(now) else now + BUSY_SECS

    def anew(self, now: float) -> None:
        """Read it again by other rules."""
        self._mark, self._feeds = b"", None
        self.pace.called(now)

    def look(self, found: Glimpse, now: float) -> bool:
        """Take a look, and return whether something else stands after it.

        Args:
            found: The pane as it is.
            now: Seconds on a clock that only goes forward.
        """
        self.pace.looked(now)
        self.session = found.session
        seen = self._observed(found)
        reading = self._read(seen)
        before = self.voice
        stands = self.stand.see(reading._replace(stalled=self._stalled(seen, reading)), now)
        self._plan(reading, seen.now, now)
        self._remember(seen, stands)
        runtime = self.session.runtime
        self.voice = Voice(self.name, runtime, self.session, seen, stands)
        return before is None or essence(before.reading) != essence(stands)

    def _observed(self, found: Glimpse) -> Observation:
        session = found.session
        rules = self._known.rules(session.runtime)
        screens = {} if found.text is None else {session.pane: found.text}
        record = self._known.record(self.name)
        feeds = self._fed(record, rules)
        memory = {"before": self._before, "printed": self._limits}
        seen = observe(
            session.runtime, session, screens, time.time(), rules, record, feeds, **memory
        )
        return seen._replace(turned=seen.turned or self._turned)

    def _fed(
        self, record: Mapping[str, Any], rules: Mapping[str, Any] | None
    ) -> Mapping[str, Sequence[Record]]:
        """Return what its feeds say, of which only what is new is read."""
        if self._feeds is None:
            self._feeds = Feeds(feeds_of(record), rules)
        self._feeds.learn(feeds_of(record))
        self._feeds.read()
        return self._feeds.records

    def _read(self, seen: Observation) -> Reading:
        """Return what was seen means; what looks the same means the same, until time counts."""
        mark = fingerprint(seen)
        if mark != self._mark or self._is_over(seen.now):
            self.dirty = self.dirty or mark != self._mark
            self._mark = mark
            rules = self._known.rules(seen.runtime)
            self._last = read(seen, rules, self._known.detectors())
        return self._last

    def _stalled(self, seen: Observation, reading: Reading) -> str:
        """Return what was last seen of it if it works and gets nowhere; empty if it does not."""
        after = self._known.stalls()
        moves = moved(self._moves, seen)
        if reading.state == "working" and is_quiet(moves, seen.now, after):
            moves = moved(moves, seen, efforts([self.session.pid]).get(self.session.pid))
        self._moves = moves
        return stalled(reading, moves, seen.now, after)

    def _is_over(self, at: float) -> bool:
        """Return whether what was seen last means something else by now."""
        return self._last.until is not None and self._last.until <= at

    def _remember(self, seen: Observation, stands: Reading) -> None:
        """Keep what the next look needs to know, and the first turn for whoever looks later."""
        self._before = stands
        shown = {one.resets for one in self._last.evidence if one.source == "screen"} - {""}
        self._limits = {words: self._limits.get(words, seen.now) for words in shown}
        worked = stands.state == "working" or stands.kind in IN_TURN
        if seen.resumed and worked and self.stand.certain:
            self._turned = self._turned or seen.now
        if self._turned and not self._known.record(self.name).get("turned_at"):
            # Whoever starts or ends agents may have the record in hand: it is tried again.
            self._known.turned(self.name)

    def _plan(self, reading: Reading, wall: float, now: float) -> None:
        word = reading.evidence[0].source if reading.evidence else ""
        self.pace.sampled = reading.state == "working" and word in SELF_SAID
        if self.pace.sampled:
            self.pace.called(now + SAMPLE_SECS)
        if self.stand.again is not None:
            self.pace.called(self.stand.again)
        if reading.until is not None:
            self.pace.called(now + max(0.0, reading.until - wall))

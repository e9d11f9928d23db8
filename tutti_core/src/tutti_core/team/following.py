"""`logs --follow`: an agent's log as it grows, through its ends and new beginnings."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..watching.logbook import Logbook, Piece
from ..watching.settling import Settler, fresh, tidy
from .ending import session_now
from .entry import now
from .logs import Entry, LogsRequest, entries, happened, require_known, showing, told
from .watcher import is_watched

if TYPE_CHECKING:
    from ..model.session import Session
    from .context import Context

IDLE_SECS = 1.0
"""Seconds between two looks at sessions while nothing is printed."""

QUIET_SECS = 0.25
"""Seconds between two looks otherwise; who printed nothing in between is quiet."""

NO_FILE = (0, 0)

CALM = frozenset(("idle", "starting", "unknown"))
"""States that are told only once the terminal is quiet: between two outputs it may look so."""


class Follower:
    """Follows one agent; every poll gives what is new.

    Args:
        context: The workspace.
        request: Whose log, and how much of what there is.

    Attributes:
        first: The log as it was when it began.

    Raises:
        ConfigError: If there is no such agent, and nothing of one.
    """

    def __init__(self, context: Context, request: LogsRequest) -> None:
        require_known(context, request.agent)
        self._context, self._name = context, request.agent
        self._ring = str(context.places.ring(self._name))
        self._cursor = context.journal.follow()
        self._kept = max((piece.at for piece in self._pieces()), default="")
        self._session = session_now(context, self._name)
        shown = showing(context, self._session)
        self._settler = Settler(shown)
        found = entries(context, request, self._session, shown)
        # What happened meanwhile comes with the first poll.
        self.first = [one for one in found if (one.seq or 0) <= self._cursor.seq]
        self._printed, self._looked = _stamp(self._ring), time.monotonic()
        self._state = self._reads()

    def poll(self) -> Iterator[Entry]:
        """Yield what has become known since the last poll; nearly for free when nothing has.

        Raises:
            StateError: The journal or the log cannot be read.
        """
        records, self._cursor = self._context.journal.poll(self._cursor)
        mine = [happened(one) for one in records if one.get("agent") == self._name]
        if not mine and not self._due():
            return
        lines, gone = self._look()
        # What an agent showed before it ended stands before its end.
        yield from (*lines, *mine) if gone else (*mine, *lines)

    def _due(self) -> bool:
        since = time.monotonic() - self._looked
        return since >= (QUIET_SECS if self._busy() or self._settler.open else IDLE_SECS)

    def _busy(self) -> bool:
        """Return whether something was printed since the last look."""
        return _stamp(self._ring) != self._printed

    def _look(self) -> tuple[list[Entry], bool]:
        """Look at the session, and say whether it is another one than before."""
        try:
            session = session_now(self._context, self._name)
            gone = _pane(session) != _pane(self._session)
            return self._seen(session), gone
        except TuttiError:
            return [], False  # a server that does not answer now may do so later
        finally:
            self._looked = time.monotonic()

    def _seen(self, session: Session | None) -> list[Entry]:
        if _pane(session) == _pane(self._session):
            return self._grown(session)
        rest = self._rest() if self._session else []
        self._session, self._settler = session, Settler()
        return [*rest, *self._grown(session)]

    def _grown(self, session: Session | None) -> list[Entry]:
        """Return what a session has added; what its process left when it ended has settled."""
        stamp, before = _stamp(self._ring), self._session
        silent, self._printed, self._session = stamp == self._printed, stamp, session
        ended = session is not None and session.dead and before is not None and not before.dead
        if session is None or (
            silent and stamp != NO_FILE and not ended and not self._settler.open
        ):
            return []
        shown = showing(self._context, session)
        if not shown:
            # It went away since it was listed; taken for a cleared screen, all would be new again.
            return []
        quiet = session.dead or (shown == self._settler.seen if stamp == NO_FILE else silent)
        new = self._settler.look(shown, time.monotonic(), quiet=quiet)
        return [*told(tidy(new), "screen"), *self._changed(quiet)]

    def _changed(self, quiet: bool) -> Iterator[Entry]:
        if is_watched(self._context.root):
            return  # the journal tells it, and has been told by who looks at nothing else
        state = self._reads()
        if state != self._state and (quiet or state not in CALM):
            self._state = state
            yield Entry("state", state, now())

    def _reads(self) -> str:
        """Return the agent's state; empty if nobody can say."""
        try:
            voice = self._context.voices([self._name]).get(self._name)
        except TuttiError:
            return ""
        return voice.reading.state if voice else ""

    def _rest(self) -> list[Entry]:
        """Return what the log has kept of sessions that ended, as far as it was not told."""
        known = self._settler.known
        found: list[Entry] = []
        for piece in self._pieces():
            # What was written while it ran has been seen on its terminal.
            if piece.at > self._kept and piece.why:
                found += told(tidy(fresh(known, piece.lines)), "log")
                known, self._kept = [], piece.at
        return found

    def _pieces(self) -> list[Piece]:
        return Logbook(self._context.places.log(self._name)).pieces()


def _stamp(path: str) -> tuple[int, int]:
    """Return what changes whenever something is printed; `NO_FILE` where that is not kept."""
    try:
        status = os.stat(path)
    except OSError:
        return NO_FILE
    return status.st_ino, status.st_size


def _pane(session: Session | None) -> tuple[str, float]:
    return (session.pane, session.created) if session else ("", 0.0)

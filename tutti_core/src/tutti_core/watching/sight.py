"""How panes are seen: over one lasting connection, and without one in a batch of processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..errors import TuttiError
from ..model.session import Session
from .look import Panes

RETRY_SECS = 5.0
"""Between two tries to have a connection again."""

FEW = 8
"""For so many panes they are listed one by one, for more all of them in one question."""

POLL_SECS = 0.25
"""Between two looks without a connection, each of which costs a process, in the long run;"""

AT_ONCE = 4.0
"""so many may follow each other at once, so that what happens now and then is seen at once."""

ABOUT_SESSIONS = ("%sessions-changed", "%window-", "%unlinked-window-", "%session-")


_Words = list[str]  # inside the classes `list` is the method


class Line(Protocol):
    """A lasting connection to the server where the sessions live."""

    def ask(self, *argv: str) -> bytes:
        """Run a command and return what it printed."""

    def capture(self, panes: Sequence[str]) -> Mapping[str, str]:
        """Return the screens of several panes."""

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of one workspace."""

    def notices(self) -> _Words:
        """Return what the server told of its own accord."""

    def fileno(self) -> int:
        """Return the descriptor that can be read when there are notices."""

    def close(self) -> None:
        """End the connection."""


class Glimpse(NamedTuple):
    """A pane as it is.

    Attributes:
        session: Its session.
        text: Its screen; None if it could not be read.
    """

    session: Session
    text: str | None


class Sight:
    """Sees panes as cheaply as can be.

    Args:
        root: The workspace.
        host: Where the sessions live.
        connect: Makes a connection to it; None where there can be none.
        clock: Gives seconds that only go forward.

    Attributes:
        lost: Why there is no connection; empty while there is one.
    """

    def __init__(
        self,
        root: str,
        host: Panes,
        connect: Callable[[], Line] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.lost = "" if connect else "none is possible"
        self._host, self._connect, self._clock = host, connect, clock
        self._line: Line | None = None
        self._again = 0.0
        self._saved, self._counted = AT_ONCE, clock()

    @property
    def polls(self) -> bool:
        """Whether it makes do without a connection."""
        return self._line is None

    def pause(self, now: float) -> float:
        """Return how many seconds there are until it may look again.

        Args:
            now: Seconds on its clock.
        """
        self._saved = min(AT_ONCE, self._saved + max(0.0, now - self._counted) / POLL_SECS)
        self._counted = now
        return 0.0 if self._saved >= 1.0 or not self.polls else (1.0 - self._saved) * POLL_SECS

    def list(self) -> tuple[Session, ...]:
        """Return the sessions as the host itself knows them, and connect if there are any.

        Raises:
            TuttiError: Nobody can say.
        """
        found = self._host.list(self.root)
        if not found:
            self.close()
        elif self._open():
            # What came and went before it was there, it will not tell.
            found = self._host.list(self.root)
        return found

    def look(self, sessions: Sequence[Session]) -> dict[str, Glimpse]:
        """Return panes as they are now, by pane; one that has gone is left out.

        Args:
            sessions: Their sessions as they were.

        Raises:
            TuttiError: Nobody can say.
        """
        if self._line is not None:
            try:
                return self._asked(self._line, sessions)
            except TuttiError as error:
                self._drop(error)
        return self._polled(sessions)

    def heard(self) -> bool:
        """Return whether something about sessions was told since the last time."""
        if self._line is None:
            return False
        try:
            told = self._line.notices()
        except TuttiError as error:
            self._drop(error)
            return True
        return any(one.startswith(ABOUT_SESSIONS) for one in told)

    @property
    def line(self) -> Line | None:
        """The connection, while there is one."""
        return self._line

    def close(self) -> None:
        """End the connection, until there are sessions again."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _open(self) -> bool:
        """Connect if there is no connection; return whether there is a new one."""
        if self._line is not None or self._connect is None or self._clock() < self._again:
            return False
        try:
            self._line, self.lost = self._connect(), ""
        except TuttiError as error:
            self._drop(error)
        return self._line is not None

    def _drop(self, error: TuttiError) -> None:
        from ..terminal.control import ControlUnsafe

        if isinstance(error, ControlUnsafe):
            self._connect = None
        self.lost, self._again = error.message, self._clock() + RETRY_SECS
        self.close()

    def _asked(self, line: Line, sessions: Sequence[Session]) -> dict[str, Glimpse]:
        listed = _one_by_one(line, sessions) if len(sessions) <= FEW else line.list(self.root)
        return _glimpses(sessions, listed, line.capture([one.pane for one in sessions]))

    def _polled(self, sessions: Sequence[Session]) -> dict[str, Glimpse]:
        self._saved -= 1.0
        scan = getattr(self._host, "scan", None)
        if scan is not None:
            return _glimpses(sessions, *scan([one.pane for one in sessions]))
        listed = self._host.list(self.root)
        return _glimpses(sessions, listed, self._host.capture([one.pane for one in sessions]))


def _one_by_one(line: Line, sessions: Sequence[Session]) -> list[Session]:
    from ..terminal.listing import FORMAT
    from ..terminal.listing import sessions as read

    found: list[Session] = []
    for one in sessions:
        try:
            found += read(line.ask("list-panes", "-t", one.pane, "-F", FORMAT))
        except TuttiError as error:
            if "can't find" not in error.message:
                raise
    return found


def _glimpses(
    wanted: Sequence[Session], listed: Sequence[Session], screens: Mapping[str, str]
) -> dict[str, Glimpse]:
    panes = {one.pane for one in wanted}
    return {
        one.pane: Glimpse(one, screens.get(one.pane))
        for one in listed
        if one.pane in panes and (one.pane in screens or one.dead)
    }

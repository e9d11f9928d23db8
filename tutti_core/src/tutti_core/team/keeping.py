"""What an agent showed last goes into its readable log before its session is closed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..state.files import JsonFile
from ..watching.logbook import Logbook, Piece
from ..watching.scribe import known_of, unwritten
from ..watching.settling import fresh, lines_of
from .entry import now

if TYPE_CHECKING:
    from ..model.session import Session
    from .context import Context

HISTORY = 20_000
"""Lines above the screen that are read: as many as the terminal keeps."""


def not_logged(context: Context, session: Session, shown: Sequence[str]) -> list[str]:
    """Return the lines of a terminal that the watcher has not written into the log.

    Args:
        context: The workspace.
        session: The session.
        shown: All lines its terminal has.
    """
    file = JsonFile(context.places.logged(session.agent))
    return unwritten(known_of(file, session.pane, session.created), shown)


class Last:
    """The last of a session: what it shows now, and what it adds until it is closed.

    Args:
        context: The workspace.
        session: The session, still there.
        why: Why it ends, in a few words.

    Attributes:
        trouble: Why it could not be written down, if it could not.
    """

    def __init__(self, context: Context, session: Session, why: str) -> None:
        self._context, self._session, self._why = context, session, why
        self._before = self._shown()
        self.trouble = ""

    def keep(self) -> None:
        """Write it down; an agent must end even where nothing can be written."""
        # A full-screen program takes what it showed with it when it ends.
        shown = [*self._before, *fresh(self._before, self._shown())]
        lines = not_logged(self._context, self._session, shown)
        if not any(lines):
            return
        piece = Piece(now(), "Stopped", self._why, tuple(lines))
        try:
            Logbook(self._context.places.log(self._session.agent)).add(piece)
        except TuttiError as error:
            self.trouble = f"its last screen could not be kept: {error.message}"
            self._context.log.note("log not written", agent=self._session.agent, why=error.message)

    def _shown(self) -> list[str]:
        """Return what the pane shows; nothing if it is gone, as after somebody else's kill."""
        pane = self._session.pane
        with suppress(TuttiError):
            return lines_of(self._context.host.capture([pane], history=HISTORY).get(pane, ""))
        return []

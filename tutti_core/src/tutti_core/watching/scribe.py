"""Writes what an agent shows into its readable log while it runs, each line once.

What is in the log already is kept beside it: the lines of the last look, from its first on. Who
comes later, another watcher or whoever ends the agent, finds them on the terminal again, and writes
what came after them. Where they cannot be found all of it is written: rather twice than not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import StateError
from ..state.files import JsonFile
from .logbook import Logbook, Piece
from .settling import ANCHOR, Settler, fresh

WINDOW = 300
"""Lines above the screen that are read along with it."""


class Known(NamedTuple):
    """What of a session is in the log already.

    Attributes:
        pane: The session's pane.
        created: When it was made, in epoch seconds.
        lines: The lines of the last look that are in the log.
    """

    pane: str = ""
    created: float = 0.0
    lines: tuple[str, ...] = ()


class Scribe:
    """Writes one agent's log; one at a time does.

    Args:
        book: The log.
        file: What is in it already, for who comes later.
        pane: The pane of the agent's session.
        created: When that was made, in epoch seconds.
    """

    def __init__(self, book: Logbook, file: JsonFile, pane: str, created: float) -> None:
        self._book, self._file = book, file
        self._session = (pane, created)
        self._settler = Settler(known_of(file, pane, created))

    @property
    def open(self) -> bool:
        """Whether something may have been shown that is not in the log yet."""
        return self._settler.open

    def reaches(self, shown: Sequence[str]) -> bool:
        """Return whether a look reaches back to what is in the log already, if anything does.

        Args:
            shown: The lines of the look.
        """
        if len(shown) < WINDOW:
            return True  # the terminal has no more
        known = self._settler.known
        return bool(known) and begin_of(known, shown) is not None

    def look(self, shown: Sequence[str], at: float, when: str, status: str, *, quiet: bool) -> None:
        """Write what is new and has settled.

        Args:
            shown: The lines of the terminal, as far as they were read.
            at: Seconds on a clock that only goes forward.
            when: The same as the journal writes times.
            status: The contract's word for how the agent is.
            quiet: Whether nothing was printed for a while.

        Raises:
            StateError: It cannot be written.
        """
        begin = begin_of(self._settler.known, shown) if self._settler.known else None
        new = self._settler.look(shown[begin or 0 :], at, quiet=quiet)
        if not any(new):
            return
        self._book.add(Piece(when, status, "", tuple(new)))
        pane, created = self._session
        kept = {"pane": pane, "created": created, "lines": list(self._settler.known)}
        self._file.write(kept, durable=False)


def known_of(file: JsonFile, pane: str, created: float) -> tuple[str, ...]:
    """Return the lines of a session that are in its agent's log already.

    Args:
        file: Where they are kept.
        pane: The pane of the session.
        created: When it was made, in epoch seconds.
    """
    try:
        found: Any = file.read()
    except StateError:
        return ()
    if not isinstance(found, dict) or (found.get("pane"), found.get("created")) != (pane, created):
        return ()
    lines = found.get("lines")
    return tuple(map(str, lines)) if isinstance(lines, list) else ()


def unwritten(known: Sequence[str], shown: Sequence[str]) -> list[str]:
    """Return the lines of a terminal that are not in the log yet.

    Args:
        known: Those of an earlier look that are, from its first on.
        shown: All the terminal has.
    """
    begin = begin_of(known, shown) if known else None
    return fresh(known, shown[begin or 0 :]) if known else list(shown)


def begin_of(known: Sequence[str], shown: Sequence[str]) -> int | None:
    """Return where the lines of an earlier look stand on a terminal; None if they cannot be found.

    Args:
        known: The lines of the earlier look.
        shown: All the terminal has by now.
    """
    for first in range(0, max(1, len(known) - ANCHOR + 1), ANCHOR):
        top = list(known[first : first + ANCHOR])
        for begin in range(len(shown) - len(top), -1, -1):
            if any(top) and shown[begin] == top[0] and list(shown[begin : begin + len(top)]) == top:
                return max(0, begin - first)
    return None

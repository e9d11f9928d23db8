"""Tells the journal what changed, each thing once: what was said last is what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..model.reading import Reading
from ..state.journal import Cursor, Journal
from .readings import Readings
from .saying import NOTHING, Said, details_of, heard, unsaid

Emit = Callable[[str, str, Mapping[str, Any]], object]
"""Records an event: its name, the agent and the data."""


class Teller:
    """Knows what was said of every agent, and says what is new.

    Args:
        journal: Where it is said.
        emit: Says it; what it says stands in the journal afterwards.
        kept: What an earlier holder of the watch had taken into account.
        since: The number of the event after which everything that matters was said, for who finds
            nothing kept.

    Attributes:
        path: The journal's file.
        said: What stands in the journal of each agent.
        seq: The number of the last event taken into account.
        at: Its time; empty if there is none.
    """

    def __init__(
        self, journal: Journal, emit: Emit, kept: Readings | None = None, since: int = 0
    ) -> None:
        self._journal, self._emit = journal, emit
        self.path = journal.path
        self.said: dict[str, Said] = {}
        self.seq, self.at = since, ""
        if kept is not None and _stands(journal, kept):
            self.said, self.seq, self.at = dict(kept.said), kept.seq, kept.at
        self._cursor = Cursor(self.seq)
        self._news: list[dict[str, Any]] = []

    def catch_up(self) -> None:
        """Take in what was said since, by anybody; one ``stat`` if nothing was.

        Raises:
            StateError: The journal cannot be read.
        """
        records, self._cursor = self._journal.poll(self._cursor)
        for record in records:
            self._take(record)
        self._news += records

    def news(self) -> list[dict[str, Any]]:
        """Return what was taken in since the last time this was asked."""
        found, self._news = self._news, []
        return found

    def tell(
        self, agent: str, runtime: str, reading: Reading, *, steady: bool = False
    ) -> list[str]:
        """Say what a reading says anew, and return the names of the events.

        Args:
            agent: The agent's name.
            runtime: The name of its runtime.
            reading: A reading that is certain.
            steady: As for `unsaid`.

        Raises:
            StateError: The journal cannot be written or read.
        """
        self.catch_up()
        names = unsaid(self.said.get(agent, NOTHING), reading, steady=steady)
        for name in names:
            before = self.said.get(agent, NOTHING)
            self._emit(name, agent, details_of(name, before, reading, runtime))
            self.catch_up()
        return names

    def _take(self, record: Mapping[str, Any]) -> None:
        self.seq, self.at = record["seq"], record["timestamp"]
        agent, event = record.get("agent"), record.get("event")
        if isinstance(agent, str) and isinstance(event, str) and event.startswith("agent."):
            self.said[agent] = heard(self.said.get(agent, NOTHING), event, record.get("data"))


def _stands(journal: Journal, kept: Readings) -> bool:
    """Return whether the event that was taken into account last is still the one of that number.

    After a power failure the journal may have lost what it had not been made to keep: its numbers
    then begin again below, and to go on from the old one would pass over what comes.
    """
    if kept.seq <= 0:
        return kept.seq == 0
    found = next(journal.read(after_seq=kept.seq - 1, limit=1), None)
    return found is not None and (found["seq"], found["timestamp"]) == (kept.seq, kept.at)

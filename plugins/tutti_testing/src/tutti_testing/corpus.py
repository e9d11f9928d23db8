"""Saved screens by the state they show: ``<state>/<version>-<what>.txt``, and facts beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core import Observation, Screen

NOW = 1_000_000.0


class Case(NamedTuple):
    """One saved screen.

    Attributes:
        path: Where it is saved.
        state: The state it shows: the name of its folder.
        text: The screen.
        facts: What was known beside the screen: ``title``, ``live``, ``kind``, ``width``,
            ``height``, ``cursor``, ``exit_status``; each may be missing.
    """

    path: Path
    state: str
    text: str
    facts: Mapping[str, Any]

    def observed(self, runtime: str, *, text: str | None = None) -> Observation:
        """Return what an observer would have seen.

        Args:
            runtime: The runtime's name.
            text: Another form of the screen.
        """
        facts = self.facts
        shown = self.text if text is None else text
        return Observation(
            NOW,
            runtime,
            session=True,
            alive=self.state != "exited",
            exit_status=facts.get("exit_status"),
            started=NOW - (1.0 if self.state == "starting" else 600.0),
            title=facts.get("title"),
            screen=_screen(shown, facts),
            live=facts.get("live"),
            live_at=NOW - 1.0 if facts.get("live") else None,
        )


def _screen(text: str, facts: Mapping[str, Any]) -> Screen:
    size = facts.get("width", 200), facts.get("height", 50)
    return Screen(text, *size, facts.get("alternate", False), facts.get("cursor"))


def cases(folder: Path) -> Iterator[Case]:
    """Yield every saved screen under a folder, in order of path.

    Args:
        folder: The corpus.
    """
    for path in sorted(folder.glob("*/*.txt")):
        beside = path.with_suffix(".json")
        facts = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
        yield Case(path, path.parent.name, path.read_text(encoding="utf-8"), facts)

"""Writes the files of the contract beside the journal; any of them can be made again from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tutti_core import Context, Journal, JsonFile, StateError

from .files import Files, write_again
from .ledger import ledger
from .shapes import automation_row, checkpoint, intent, run_result
from .state import RunState, StepState
from .verified import verify_summary

OFTEN_SECS = 0.5
"""How often files that grow with a run are written while it goes on."""
FACTS = ("issue_number", "issue_title", "title", "repository", "branch")


class Projections:
    """The files of one run.

    Args:
        context: The workspace.
        run: How the run is.
        about: What each step is about to do, by its key.
    """

    def __init__(
        self, context: Context, run: RunState, about: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        self.context, self.run, self.about = context, run, about or {}
        self.files = Files(context)
        self._due = 0.0
        self._known: dict[str, dict[str, Any]] = {}

    def touched(self, keys: Iterable[str]) -> None:
        """Write what a change of some steps changes.

        Args:
            keys: Of the steps.
        """
        for key in keys:
            self._intent(self.run.steps[key])
        if time.monotonic() >= self._due:
            begun = time.monotonic()
            self._whole()
            took = time.monotonic() - begun
            # What grows with the run is never more than a small part of its time.
            self._due = begun + max(OFTEN_SECS, 20 * took)

    def all(self) -> None:
        """Write every file of a run anew."""
        for step in self.run.steps.values():
            if step.attempts:
                self._intent(step)
        self._whole()

    def ended(self) -> None:
        """Write what the end of a run leaves, each once."""
        self._whole()
        row = automation_row(self.run)
        kept = Journal(self.files.automation)
        if not any(_is_same(row, one) for one in kept.read(after=self.run.finished_at or None)):
            kept.append(row)
        if self.run.origin == "verify":
            write_again(self.files.verify_last, verify_summary(self.run))

    def _whole(self) -> None:
        run_id = self.run.run_id
        result = run_result(self.run)
        write_again(self.files.checkpoint(run_id), checkpoint(self.run, result))
        write_again(self.files.ledger(run_id), ledger(self.run, self._facts()))
        write_again(self.files.record(run_id), result)

    def _facts(self) -> dict[str, Any]:
        """Return what the steps that moved the ledger left of the issue that is worked on."""
        found: dict[str, Any] = {}
        for one in self.run.ledger:
            path = self.run.outputs.get(str(one.get("reason")))
            if path is not None:
                if path not in self._known:
                    self._known[path] = _told(Path(path))
                found |= self._known[path]
        return found

    def _intent(self, step: StepState) -> None:
        path = self.files.intents(self.run.run_id) / f"{step.index:03}-{step.key}.json"
        write_again(path, intent(step, self.run, self.about.get(step.key, {})))


def _told(path: Path) -> dict[str, Any]:
    """Return what an output says of an issue; nothing if it cannot be read."""
    try:
        value = JsonFile(path).read()
    except StateError:
        return {}
    return {key: value[key] for key in FACTS if key in value} if isinstance(value, dict) else {}


def _is_same(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(row[key] == other.get(key) for key in ("run_id", "finished_at"))

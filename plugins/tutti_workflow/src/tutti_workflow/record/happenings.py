"""The events of a run, in the workspace's journal: each once, also over a crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutti_core import Context, TuttiError

from .shapes import message_of, spent
from .state import RunState

Line = Mapping[str, Any]


class Happenings:
    """Tells the workspace what happens in a run.

    Args:
        context: The workspace.
        run: How the run is.
    """

    def __init__(self, context: Context, run: RunState) -> None:
        self.context, self.run = context, run
        self._told: set[str] = set()

    def catch_up(self) -> None:
        """Learn which lines of the journal were told already, by a process that was killed."""
        since = self.run.started_at
        for one in self.context.journal.read(after=since) if since else ():
            if one.get("correlation_id") == self.run.run_id:
                line = (one.get("data") or {}).get("run_seq")
                self._told.add(f"{one.get('event')}:{line}")

    def of(self, line: Line) -> None:
        """Tell what a line of the run's journal says, unless that was told already.

        Args:
            line: The line.
        """
        kind = line["kind"]
        if kind == "begun":
            self._tell("workflow.started", line, {"resumed": False})
        elif kind == "resumed":
            self._tell("workflow.started", line, {"resumed": True})
        elif kind == "attempt":
            self._of_step("retrying" if line.get("retry") else "started", line)
        elif kind == "ended":
            self._of_end(line)
        elif kind == "settled" and line.get("status"):
            word = "warning" if line["status"] == "warning" else "completed"
            self._of_step(word, line, self._ending(line))
        elif kind == "finished":
            words = {"succeeded": "completed", "failed": "failed"}
            word = words.get(line["status"], "interrupted")
            self._tell(f"workflow.{word}", line, self._outcome())

    def _of_end(self, line: Line) -> None:
        words = {"success": "completed", "warning": "warning"}
        words |= {"failed": "failed", "timed_out": "failed"}
        word = words.get(line.get("status") or "")
        if word:
            self._of_step(word, line, self._ending(line))

    def _ending(self, line: Line) -> dict[str, Any]:
        step = self.run.steps[line["step"]]
        return {
            "duration_ms": spent(step),
            "timed_out": line.get("outcome") == "timed_out",
            "message": message_of(step),
            "attempts": len(step.attempts),
        }

    def _outcome(self) -> dict[str, Any]:
        return {
            "success": self.run.status == "succeeded",
            "failed_steps": self.run.failed_steps,
            "failure": self.run.failure,
        }

    def _of_step(self, word: str, line: Line, more: Mapping[str, Any] | None = None) -> None:
        step = self.run.steps[line["step"]]
        data = {
            "step_index": step.index,
            "step_id": step.key,
            "step_type": step.type,
            "total_steps": len(self.run.steps),
            **({"attempt": line["number"]} if "number" in line else {}),
            **(more or {}),
        }
        self._tell(f"workflow.step.{word}", line, data, step.agent, step.movement)

    def _tell(
        self,
        event: str,
        line: Line,
        data: Mapping[str, Any],
        agent: str | None = None,
        movement: str | None = None,
    ) -> None:
        if f"{event}:{line['seq']}" in self._told:
            return
        whole = {
            "run_id": self.run.run_id,
            "workflow_name": self.run.workflow,
            "origin": self.run.origin,
            "strict": bool(self.run.header.get("strict")),
            "movement": movement or self.run.header.get("movement"),
            "run_seq": line["seq"],
            **data,
        }
        if self.run.header.get("parent"):
            whole["parent"] = self.run.header["parent"]
        try:
            self.context.emit(event, agent, whole, self.run.run_id)
        except TuttiError as error:
            # The run's own journal has it: what cannot be told now is told when it is resumed.
            self.context.log.note("event not told", name=event, error=error.message)

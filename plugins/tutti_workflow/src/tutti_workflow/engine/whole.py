"""One run by one process: its steps, and everybody who is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tutti_core import ConfigError, Context, JsonFile, PolicyError, StateError, TuttiError

from ..keeping import Keeping, Retention
from ..plan.resolve import Node, Plan
from ..plan.split import trait
from ..record.facts import publish
from ..record.files import Files
from ..record.happenings import Happenings
from ..record.project import Projections
from ..record.pruning import by_retention, sweep
from ..record.state import RunState
from ..record.store import Store
from .conduct import Conductor, is_done
from .order import Seat, Told

Line = Mapping[str, Any]


class Whole:
    """A run that this process owns, and those who are told what happens in it.

    Args:
        context: The workspace.
        store: The run.
        seat: Who watches.
    """

    def __init__(self, context: Context, store: Store, seat: Seat) -> None:
        self.context, self.store, self.seat = context, store, seat
        self.happenings = Happenings(context, store.state)
        self.projections = Projections(context, store.state)

    def catch_up(self) -> None:
        """Tell the workspace what a process that was killed had no time to tell."""
        self.happenings.catch_up()
        for line in self.store.history:
            self.happenings.of(line)

    def heard(self, lines: Sequence[Line]) -> None:
        """Tell everybody what was written.

        Args:
            lines: Lines of the journal.
        """
        run = self.store.state
        keys = dict.fromkeys(line["step"] for line in lines if "step" in line)
        for line in lines:
            self.happenings.of(line)
        self.projections.touched(keys)
        begins = any(line["kind"] in ("begun", "resumed") for line in lines)
        if begins or any(run.steps[key].agent for key in keys):
            publish(self.context, run)
        for line in lines:
            self.seat.told(_telling(run, line))

    def conduct(
        self, plan: Plan, earlier: Mapping[str, Mapping[str, Any]] | None = None
    ) -> RunState:
        """Run what is not done of a plan, to the end of the run.

        Args:
            plan: The plan.
            earlier: Records of the interrupted attempts that are gone on with, by step.
        """
        clean, own = self.store.redactor.clean, plan.strict
        self.projections.about = {
            node.key: clean(_about(self.context, node, own)) for node in plan.nodes
        }
        conductor = Conductor(self.context, plan, self.store, self.seat, self.heard)
        conductor.earlier.update(earlier or {})
        try:
            conductor.run()
        finally:
            publish(self.context, self.store.state, over=True)
        self._finish(plan)
        self.close()
        return self.store.state

    def refuse(self, error: PolicyError) -> None:
        """Write that the run was refused before it did anything.

        Args:
            error: By whom, and why.
        """
        said = {"category": error.category, "message": error.message, "hint": error.hint}
        failure = {**said, "step_index": None, "step": None, "agent": None}
        line: dict[str, Any] = {"kind": "finished", "status": "failed", "failure": failure}
        line["ledger"] = {"to": "aborted", "actor": "tt", "reason": error.message}
        self.heard(self.store.history[:1])
        for kept in self.store.write(line):
            self.happenings.of(kept)
        self.projections.ended()
        self.store.write({"kind": "closed"})

    def close(self) -> None:
        """Do what is left to do at the end of a run; what is closed is over for good."""
        run = self.store.state
        self.projections.ended()
        if run.status != "interrupted":
            from ..hooks import run_ended

            run_ended(self.store, self.seat)
        self.store.write({"kind": "closed"})
        self.store.files.closing(run.run_id).unlink(missing_ok=True)
        self.projections.all()
        self._prune()
        self.seat.told(Told("ended", run))

    def _prune(self) -> None:
        """Remove the runs that the file says are to go by themselves."""
        retention = (self.context.arrangement.table(Keeping) or Keeping()).retention
        if retention != Retention() and not self.store.state.header.get("parent"):
            sweep(self.context, by_retention(retention))

    def _finish(self, plan: Plan) -> None:
        """Write how the run ended, and tell the workspace."""
        run = self.store.state
        whole = "succeeded" if is_done(self.store, plan) else "interrupted"
        failure = failure_of(run)
        line: dict[str, Any] = {"kind": "finished", "status": "failed" if failure else whole}
        line["failure"] = failure
        if failure and run.ledger:
            by = failure.get("agent") or "tt"
            line["ledger"] = {"to": "failed", "actor": by, "reason": failure["message"]}
        # From here until it is closed, whoever comes by closes it if this process is killed.
        JsonFile(self.store.files.closing(run.run_id)).write({"status": line["status"]})
        for kept in self.store.write(line):
            self.happenings.of(kept)


def close_left(context: Context, seat: Seat) -> list[str]:
    """Close the runs whose process was killed when all was done but to tell it.

    Their events come, and their hooks are done: each once, whoever else is at it.

    Args:
        context: The workspace.
        seat: Who watches.

    Returns:
        The runs that were closed.
    """
    folder = Files(context).closing("-").parent
    found = sorted(folder.iterdir()) if folder.is_dir() else ()
    return [one.name for one in found if _closed_now(context, one, seat)]


def _closed_now(context: Context, mark: Path, seat: Seat) -> bool:
    try:
        store = Store.take(context, mark.name)
    except ConfigError:
        mark.unlink(missing_ok=True)  # the run was removed
        return False
    except StateError:
        return False  # it is owned: somebody is at it
    try:
        run = store.state
        if not run.finished_at or run.closed:
            mark.unlink(missing_ok=True)
            return False
        said = f"run {run.run_id} was killed before its end was told: that is done now"
        seat.told(Told("say", run, None, said))
        whole = Whole(context, store, seat)
        whole.catch_up()
        whole.close()
    except (TuttiError, OSError) as error:
        # Another run's trouble: it is tried again by whoever comes next, and keeps nobody waiting.
        seat.told(Told("say", store.state, None, f"run {mark.name} could not be closed: {error}"))
        return False
    finally:
        store.release()
    return True


def failure_of(run: RunState) -> dict[str, Any] | None:
    """Return why a run failed: the failure of its first step that did.

    Args:
        run: How it is.
    """
    for step in run.steps.values():
        if step.status in ("failed", "timed_out"):
            found = step.failure or {"category": "tool", "message": "it failed", "hint": ""}
            told = {key: found.get(key, "") for key in ("category", "message", "hint")}
            return {**told, "step_index": step.index, "step": step.key, "agent": step.agent}
    return None


def _about(context: Context, node: Node, strict: bool) -> dict[str, Any]:
    """Return what a step is about to do, as the contract's intents say it."""
    found = attrs.asdict(node.step) if attrs.has(type(node.step)) else {}
    own = trait(node.kind, "intent", None)
    try:
        said = dict(own(context, node.step)) if own is not None else {}
    except TuttiError:
        said = {}  # what cannot be said yet, as before a template is replaced
    known = {key: value for key, value in found.items() if value is not None}
    said |= {"strict": strict} if said.get("strict", strict) is None else {}
    return {**known, "agent": node.agent, "timeout_secs": node.timeout, **said}


def _telling(run: RunState, line: Line) -> Told:
    step = run.steps.get(line.get("step", ""))
    if line["kind"] in ("begun", "resumed"):
        return Told(line["kind"], run)
    if line.get("again_ms") is not None:
        return Told("retry", run, step, f"tried again in {line['again_ms'] / 1000:.1f} s")
    return Told("step", run, step)

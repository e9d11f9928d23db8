"""Runs a workflow in processes that are killed at chosen moments, then resumes it; for tests.

Run as a program it takes one JSON object on its arguments and prints one for each moment. Each run
is a fork of its own, so that nothing of it but files outlives the kill.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recorded import Desk, Recorded
from tutti_core import Context, Journal, JsonFile, Plugins
from tutti_core.state import writer
from tutti_workflow.engine.again import resume
from tutti_workflow.engine.order import Again, Order
from tutti_workflow.engine.run import run_order
from tutti_workflow.record.project import Projections
from tutti_workflow.record.state import RunState
from tutti_workflow.record.store import Store, read, run_ids

MOMENTS: tuple[tuple[type, str], ...] = (
    (Store, "write"),
    (Context, "emit"),
    (Projections, "touched"),
    (Projections, "ended"),
    (JsonFile, "write"),
    (Recorded, "effect"),
)
"""What is counted: each journal write, event, file of the contract, and effect."""


class Counter:
    """Counts moments, and kills this process at one of them.

    Args:
        number: Which one, from 1; 0 for none.
        when: `before` it, `after` it, or `torn`: in the middle of what it writes.
    """

    def __init__(self, number: int, when: str) -> None:
        self.number, self.when, self.seen = number, when, 0
        self.names: list[str] = []
        for owner, name in MOMENTS:
            setattr(owner, name, self._counted(owner, name, getattr(owner, name)))

    def _counted(self, owner: type, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self.seen += 1
            here = self.seen == self.number
            self.names.append(f"{owner.__name__}.{name}{depth_of(args)}")
            if here and self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            if here and self.when == "torn":
                writer.write_all = torn
            done = work(*args, **options)
            if here:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return counted


def depth_of(args: tuple[Any, ...]) -> str:
    """Say for a write of a journal how deep within other runs its run is, such as `@2`."""
    if not isinstance(args[0], Store):
        return ""
    above = args[0].state.header.get("above") or args[1].get("above") or ()
    return f"@{len(above)}"


def torn(fd: int, data: bytes) -> None:
    """Write a part, and die."""
    os.write(fd, bytes(data)[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], Any], folder: Path) -> tuple[int, Any]:
    """Do something in a process of its own.

    Returns:
        How it ended, negative for a signal, and what it gave.
    """
    said = folder / "said.json"
    said.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            said.write_text(json.dumps(work()))
            code = 0
        except BaseException:  # noqa: BLE001 -- whatever it is, it is told and this process ends
            traceback.print_exc()
        os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status, json.loads(said.read_text()) if said.exists() else None


def summary(desk: Desk, run: RunState) -> dict[str, Any]:
    """Everything that is compared of a run, and of those that are a part of it."""
    context = desk.open()
    commands = desk.root / "commands"
    parts = [one for one in every(context) if one.header.get("parent")]
    return {
        **told(context, run),
        "effects": desk.done(),
        "commands": commands.read_text().split() if commands.exists() else [],
        "runs": len(begun(context)),
        "parts": [told(context, one) for one in parts],
    }


def told(context: Context, run: RunState) -> dict[str, Any]:
    """What is on record of one run."""
    events = [one for one in context.journal.read() if one["correlation_id"] == run.run_id]
    rows = context.places.state / "automation-runs.jsonl"
    return {
        "run_id": run.run_id,
        "workflow": run.workflow,
        "status": run.status,
        "closed": run.closed,
        "steps": {key: one.status for key, one in run.steps.items()},
        "settled": {key: one.settled for key, one in run.steps.items() if one.settled},
        "outputs": sorted(run.outputs),
        "events": [(one["event"], one["data"].get("step_id")) for one in events],
        "rows": sum(one["run_id"] == run.run_id for one in Journal(rows).read()),
    }


def played(desk: Desk, folder: Path, number: int, when: str) -> dict[str, Any]:
    """Run a workflow, killed at one moment, then resume it until it has ended."""

    def first() -> Any:
        counter = Counter(number, when)
        run = run_order(desk.open(), Order("a"))
        return {**summary(desk, run), "moments": counter.names}

    def again() -> Any:
        context = desk.open()
        # Killed before anything of it was on disk, there is nothing to resume.
        ids = begun(context)
        run = _resumed(context, ids[0]) if ids else run_order(context, Order("a"))
        return summary(desk, run)

    status, whole = forked(first, folder)
    if status == 0:
        return {"killed": False, **whole}
    if status != -signal.SIGKILL:
        return {"broken": f"the run ended with {status}"}
    status, whole = forked(again, folder)
    return {"killed": True, **whole} if status == 0 else {"broken": f"resuming: {status}"}


def begun(context: Context) -> list[str]:
    """The runs that began, and are no part of another."""
    return [one.run_id for one in every(context) if not one.header.get("parent")]


def every(context: Context) -> list[RunState]:
    """All runs that began."""
    found = [read(context, one) for one in run_ids(context)]
    return [one for one in found if one is not None]


def _resumed(context: Context, run_id: str) -> RunState:
    state = read(context, run_id)
    assert state is not None
    if state.status == "succeeded" and state.closed:
        return state
    return resume(context, run_id, Again())


def main() -> None:
    """Play every moment that is asked for."""
    asked = json.loads(sys.argv[1])
    folder = Path(asked["folder"])
    plugins = Plugins.installed()
    for number, when in asked["moments"]:
        place = folder / f"{when}-{number}"
        desk = Desk(place / "project", plugins)
        (desk.root / "tutti.toml").write_text(asked["toml"])
        found = played(desk, place, number, when)
        print(json.dumps({"moment": [number, when], **found}), flush=True)  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    main()

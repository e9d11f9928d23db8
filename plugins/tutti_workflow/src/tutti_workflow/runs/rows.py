"""What is said of a run: a row of a list, or all of it, with what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..record.ledger import transitions
from ..record.shapes import message_of, run_result, spent, status_of, warnings_of
from ..record.state import RunState, StepState
from ..record.times import ms_between


def row(run: RunState) -> dict[str, Any]:
    """Return what a list says of a run.

    Args:
        run: How it is.
    """
    done = sum(1 for one in run.steps.values() if one.status in ("success", "warning"))
    return {
        "run_id": run.run_id,
        "workflow_name": run.workflow,
        "status": run.status,
        "origin": run.origin,
        "movement": run.header.get("movement"),
        "agent_scope": run.header.get("agent"),
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
        "duration_ms": ms_between(run.started_at, run.finished_at or run.updated_at),
        "steps_done": done,
        "steps_total": len(run.steps),
        "warning_count": len(warnings_of(run)),
        "failure": run.failure,
        "resume_eligible": is_resumable(run),
        "parent": run.header.get("parent") or None,
        "state": transitions(run)[0],
    }


def whole(run: RunState) -> dict[str, Any]:
    """Return everything there is to say of a run.

    Args:
        run: How it is.
    """
    state, passed = transitions(run)
    result = run_result(run)
    return {
        **row(run),
        "strict": result["strict"],
        "updated_at": run.updated_at,
        "failed_steps": run.failed_steps,
        "output_files": result["output_files"],
        "steps": [_step(one, run) for one in run.steps.values()],
        "next_action": next_action(run),
        "state": state,
        "transitions": passed,
        "resumes": list(run.resumes),
        "ends": dict(run.marks),
        "timeline": timeline(run),
    }


def _step(step: StepState, run: RunState) -> dict[str, Any]:
    return {
        "index": step.index,
        "key": step.key,
        "type": step.type,
        "agent": step.agent,
        "movement": step.movement,
        "status": status_of(step, run),
        "attempts": len(step.attempts),
        "duration_ms": spent(step),
        "message": message_of(step),
        "failure": step.failure,
        "settled": step.settled,
        "stdout_file": step.result.get("stdout_file"),
        "stderr_file": step.result.get("stderr_file"),
    }


def timeline(run: RunState) -> list[dict[str, Any]]:
    """Return what happened in a run, in order.

    Args:
        run: How it is.
    """
    found = [{"at": run.started_at, "what": "begun", "step": None}]
    found += [{"at": at, "what": "resumed", "step": None} for at in run.resumes]
    for step in run.steps.values():
        for one in step.attempts:
            number = f" (attempt {one.number})" if one.number > 1 else ""
            found.append({"at": one.started_at, "what": f"began{number}", "step": step.key})
            if one.ended_at:
                found.append({"at": one.ended_at, "what": one.outcome, "step": step.key})
    if run.finished_at:
        found.append({"at": run.finished_at, "what": run.status, "step": None})
    return sorted(found, key=lambda one: str(one["at"]))


def is_resumable(run: RunState) -> bool:
    """Return whether a run can be gone on with."""
    return run.status in ("failed", "interrupted")


def next_action(run: RunState) -> str:
    """Return what to do about a run, in one line.

    Args:
        run: How it is.
    """
    if run.status == "running":
        under_way = [one.key for one in run.steps.values() if one.status == "running"]
        return f"In progress: {', '.join(under_way) or 'between two steps'}"
    if is_resumable(run):
        failed = [one for one in run.steps.values() if one.status in ("failed", "timed_out")]
        first = f"{_inspect(failed[0])}; then " if failed else ""
        said = f"{first}run: tt run --resume {run.run_id}"
        return said[:1].upper() + said[1:]
    warned = [one for one in run.steps.values() if one.status == "warning"]
    if warned:
        return f"All steps are done; {_inspect(warned[0])}"
    return "All steps are done"


def _inspect(step: StepState) -> str:
    for name in ("stderr_file", "stdout_file"):
        path = Path(str(step.result.get(name) or ""))
        if path.is_file() and path.stat().st_size:
            return f"inspect {path} of step {step.key!r}"
    printed = "stderr_file" in step.result
    if not printed and step.failure and step.failure.get("hint"):
        return f"{step.failure['hint']} (step {step.key!r})"
    if step.agent:
        return f"inspect agent {step.agent!r} transcript for step {step.key!r} (tt logs)"
    said = f": {message_of(step)}" if printed and message_of(step) else " output"
    return f"inspect step {step.key!r}{said}"

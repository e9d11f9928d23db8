"""The JSON shapes of the contract, made from the state of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .state import RunState, StepState
from .times import ms_between

COMPAT = {
    "success": "success",
    "warning": "warning",
    "failed": "failed",
    "timed_out": "failed",
    "cancelled": "failed",
}
"""The contract's word for each status of a step that has a result."""


def status_of(step: StepState, run: RunState) -> str:
    """Return how a step is, seen from outside.

    Args:
        step: The step.
        run: Its run.
    """
    if step.status == "pending" and run.status in ("failed", "succeeded"):
        return "skipped"
    if step.status == "running" and run.status != "running":
        return "cancelled"
    return step.status


def step_result(step: StepState, run: RunState) -> dict[str, Any] | None:
    """Return the contract's result of a step, or None if it has none.

    Args:
        step: The step.
        run: Its run.
    """
    word = COMPAT.get(status_of(step, run))
    if word is None:
        return None
    result = step.result
    good = word == "success" and step.type != "command"
    return {
        "index": step.index,
        "step_type": step.type,
        "status": word,
        "duration_ms": spent(step),
        "exit_code": result.get("exit_code", 0 if good else None),
        "timed_out": is_timed_out(step),
        "message": message_of(step),
        "stdout": result.get("stdout"),
        "stderr": result.get("stderr"),
        "id": step.key,
        "state": status_of(step, run),
        "agent": step.agent,
        "movement": step.movement,
        "attempts": [
            {
                "number": one.number,
                "outcome": one.outcome or None,
                "started_at": one.started_at,
                "ended_at": one.ended_at or None,
                "message": one.message,
            }
            for one in step.attempts
        ],
        "failure": step.failure,
        "settled": step.settled,
        "untrusted": step.untrusted,
        "drew_on": list(step.drew_on),
        "result": {key: one for key, one in result.items() if key not in _APART},
    }


def spent(step: StepState) -> int:
    """Return the milliseconds that the attempts at a step took, without what lies between them."""
    return sum(ms_between(one.started_at, one.ended_at) for one in step.attempts)


_APART = frozenset({"exit_code", "stdout", "stderr", "message"})


def is_timed_out(step: StepState) -> bool:
    """Return whether a step ended because its time was up."""
    last = step.attempts[-1].outcome if step.attempts else ""
    return step.status in ("timed_out", "warning") and last == "timed_out"


def message_of(step: StepState) -> str | None:
    """Return what there is to say of a step's end."""
    said = step.result.get("message")
    if step.failure:
        said = step.failure.get("message")
        tries = len(step.attempts)
        if tries > 1 and step.status in ("failed", "timed_out", "warning"):
            said = f"{said} (after {tries} attempts)"
    return None if said is None else str(said)


def run_result(run: RunState) -> dict[str, Any]:
    """Return the contract's result of a run.

    Args:
        run: How it is.
    """
    results = [step_result(one, run) for one in run.steps.values()]
    return {
        "run_id": run.run_id,
        "workflow_name": run.workflow,
        "strict": bool(run.header.get("strict")),
        "success": run.status == "succeeded",
        "started_at": run.started_at,
        "finished_at": run.finished_at or run.updated_at,
        "failed_steps": run.failed_steps,
        "step_results": [one for one in results if one is not None],
        "output_files": dict(run.outputs),
        "untrusted_outputs": sorted(run.untrusted),
        "status": run.status,
        "origin": run.origin,
        "agent_scope": run.header.get("agent"),
        "movement": run.header.get("movement"),
        "parent": run.header.get("parent") or None,
        "warning_count": len(warnings_of(run)),
        "skipped_steps": [
            one.index for one in run.steps.values() if status_of(one, run) == "skipped"
        ],
        "failure": run.failure,
        "hooks": hooks_of(run),
        "reclaimed": list(run.marks.get("reclaimed") or ()),
    }


def hooks_of(run: RunState) -> list[dict[str, Any]]:
    """Return what came of the hooks of a run's end, in the order they were done in."""
    return [
        {"hook": int(name.removeprefix("hook-")), **told}
        for name, told in run.marks.items()
        if name.startswith("hook-") and isinstance(told, dict)
    ]


def warnings_of(run: RunState) -> list[str]:
    """Return what steps warned of, one line each."""
    return [
        f"step {one.index} ({one.key}): {message_of(one) or 'ended with a warning'}"
        for one in run.steps.values()
        if one.status == "warning"
    ]


def checkpoint(run: RunState, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contract's checkpoint of a run.

    Args:
        run: How it is.
        result: Its result.
    """
    done = [one.index for one in run.steps.values() if one.status in ("success", "warning")]
    return {
        "agent_scope": run.header.get("agent"),
        "completed_steps": done,
        "failed_steps": run.failed_steps,
        "finished_at": result["finished_at"],
        "origin": run.origin,
        "output_files": result["output_files"],
        "run_id": run.run_id,
        "started_at": run.started_at,
        "status": run.status,
        "step_results": result["step_results"],
        "strict": result["strict"],
        "success": result["success"],
        "workflow_name": run.workflow,
    }


def intent(step: StepState, run: RunState, about: dict[str, Any]) -> dict[str, Any]:
    """Return the contract's intent of a step that was begun.

    Args:
        step: The step.
        run: Its run.
        about: What it is about to do.
    """
    word = COMPAT.get(status_of(step, run))
    outcome = None
    if word is not None and step.ended_at:
        outcome = {
            "completed_at": step.ended_at,
            "status": word,
            "success": word == "success",
            "exit_code": step.result.get("exit_code"),
            "timed_out": is_timed_out(step),
            "message": message_of(step),
            "side_effects": step.result.get("side_effects"),
        }
    return {
        "run_id": run.run_id,
        "workflow_name": run.workflow,
        "step_index": step.index,
        "step_id": f"{step.index:03}-{step.key}",
        "step_type": step.type,
        "planned_at": step.started_at,
        "intent": about,
        "attempt": max(1, len(step.attempts)),
        "token": step.attempts[-1].token if step.attempts else None,
        "outcome": outcome,
    }


def automation_row(run: RunState) -> dict[str, Any]:
    """Return the contract's line about a run that has ended.

    Args:
        run: How it is.
    """
    more = run.header.get("more") or {}
    return {
        "workflow_name": run.workflow,
        "trigger": run.origin,
        "success": run.status == "succeeded",
        "strict": bool(run.header.get("strict")),
        "failed_steps": run.failed_steps,
        "warning_count": len(warnings_of(run)),
        "agent_scope": run.header.get("agent"),
        "hook_event": more.get("hook_event"),
        "hook_agent": more.get("hook_agent"),
        "template_id": more.get("template_id"),
        "template_version": more.get("template_version"),
        "run_id": run.run_id,
        "status": run.status,
        "movement": run.header.get("movement"),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_ms": ms_between(run.started_at, run.finished_at),
        "resumed": bool(run.resumes),
        "failure": run.failure,
    }

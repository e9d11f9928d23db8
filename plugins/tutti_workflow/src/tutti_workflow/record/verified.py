"""What is kept of a verification: the contract's summary of the last one."""

from __future__ import annotations

from typing import Any

from tutti_core import TuttiError

from .shapes import warnings_of
from .state import RunState
from .times import ms_between, now


def verify_summary(run: RunState) -> dict[str, Any]:
    """Return the contract's summary of a verification.

    Args:
        run: How it is.
    """
    warned = bool(warnings_of(run))
    passed = "passed_with_warnings" if warned else "passed"
    words = {"succeeded": passed, "interrupted": "interrupted"}
    return {
        "workflow_name": run.workflow,
        "timestamp": run.finished_at or run.updated_at,
        "success": run.status == "succeeded",
        "failed_steps": run.failed_steps,
        "strict": bool(run.header.get("strict")),
        "agent_scope": run.header.get("agent"),
        "run_id": run.run_id,
        "status": words.get(run.status, "failed"),
        "warning_count": len(warnings_of(run)),
        "warnings": warnings_of(run),
        "failure": run.failure,
        "duration_ms": ms_between(run.started_at, run.finished_at or run.updated_at),
    }


def unverified(workflow: str, agent: str | None, error: TuttiError) -> dict[str, Any]:
    """Return the contract's summary of a verification that could not be begun, or was cut off.

    Args:
        workflow: Name of the workflow.
        agent: The agent that it was for.
        error: Why.
    """
    failure = {"category": error.category, "message": error.message, "hint": error.hint}
    return {
        "workflow_name": workflow,
        "timestamp": now(),
        "success": False,
        "failed_steps": [],
        "strict": False,
        "agent_scope": agent,
        "run_id": None,
        "status": "failed",
        "warning_count": 0,
        "warnings": [],
        "failure": failure,
        "duration_ms": 0,
    }

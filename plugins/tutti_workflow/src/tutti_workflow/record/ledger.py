"""The run ledger: how far the work of a run is, in the contract's words."""

from __future__ import annotations

from typing import Any

from ..model import GOES_ON, LEDGER
from .state import RunState

ENDS = ("failed", "aborted")
BEGINS = LEDGER[0]


def is_legal(before: str, after: str) -> bool:
    """Return whether a ledger may go from one state to another.

    Work goes forward, over states that a workflow does not have too; it may fail or be given up,
    and be taken up again where it was; a review may send it back to where it is implemented.

    Args:
        before: The state it is in.
        after: The state it is to be in.
    """
    if before == after or after in ENDS:
        return True
    if after not in LEDGER:
        return False
    if before in ENDS:
        return True
    forward = LEDGER.index(after) > LEDGER.index(before)
    return forward or (before, after) == ("reviewed", "implemented")


def transitions(run: RunState) -> tuple[str, list[dict[str, Any]]]:
    """Return the state of a run's ledger, and how it came to it.

    Args:
        run: How the run is.

    Returns:
        The state, and the transitions that were legal; what is not is left out, and told by the
        record as `refused`.
    """
    state, found = BEGINS, []
    for one in run.ledger:
        after = str(one["to"])
        if after == state:
            continue
        legal = is_legal(state, after)
        row = {
            "from": state,
            "to": after,
            "timestamp": one["timestamp"],
            "actor": one.get("actor") or "tt",
            "reason": one.get("reason"),
        }
        found.append(row if legal else {**row, "refused": True})
        state = after if legal else state
    return state, found


def ledger(run: RunState, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the contract's ledger of a run.

    Args:
        run: How the run is.
        facts: What steps left of the issue worked on: `issue_number`, `issue_title`, `repository`,
            `branch`.
    """
    state, passed = transitions(run)
    done = [one for one in run.steps.values() if one.status in GOES_ON]
    under_way = [one for one in run.steps.values() if one.status == "running"]
    failed = [one for one in run.steps.values() if one.status in ("failed", "timed_out")]
    current = next(iter([*under_way, *failed]), None)
    failure = run.failure or {}
    agents = {one.agent for one in under_way if one.agent}
    return {
        "run_id": run.run_id,
        "issue_number": facts.get("issue_number"),
        "issue_title": facts.get("issue_title") or facts.get("title"),
        "repository": facts.get("repository"),
        "workflow_name": run.workflow,
        "state": state,
        "updated_at": run.updated_at,
        "actor": passed[-1]["actor"] if passed else "tt",
        "branch": facts.get("branch"),
        "failure_message": failure.get("message"),
        "failure_class": failure.get("category"),
        "current_step_id": current.key if current is not None else None,
        "last_successful_step_id": max(done, key=lambda one: one.ended_at).key if done else None,
        "resume_eligible": run.status in ("failed", "interrupted"),
        "active_agents": sorted(agents),
        "transitions": [one for one in passed if not one.get("refused")],
        "refused": [one for one in passed if one.get("refused")],
        "status": run.status,
        "movement": run.header.get("movement"),
    }

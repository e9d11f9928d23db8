"""The step `ensure_running`: an agent runs and is ready, started if it did not run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from tutti_core import Attempt, Context, Session, launched_by
from tutti_core.errors import StepStopped

from ..model import Common, StepFailed

WELL = ("idle", "working")
MUTE = ("", "unknown")
"""States of agents whose runtime says nothing of how it is."""
CATEGORIES = {"auth_failed": "policy", "rate_limited": "provider", "provider_down": "provider"}


@attrs.frozen
class EnsureKeys:
    """The keys of a step of type `ensure_running`.

    Attributes:
        agent: The agent.
    """

    agent: str = attrs.field(validator=attrs.validators.min_len(1))


class EnsureRunning:
    """Starts an agent that does not run, as `tt up` does."""

    name = "ensure_running"
    schema = EnsureKeys
    fail_mode = "closed"
    holds_agent = True
    on_resume = "rerun"

    def leaves(self, step: EnsureKeys, common: Common) -> tuple[str, ...]:
        """Name what it leaves for later steps: nothing."""
        return ()

    def intent(self, context: Context, step: EnsureKeys) -> Mapping[str, Any]:
        """Say what the contract's intent has of it beside its keys."""
        return {"session_name": f"tutti-{context.name}-{step.agent}"}

    def plan(self, context: Context, step: EnsureKeys) -> Mapping[str, Any]:
        """Say which agent would run; who does already is found when the step starts."""
        return {"agent": context.agent(step.agent).name, "starts": [step.agent]}

    def run(self, context: Context, step: EnsureKeys, attempt: Attempt) -> Mapping[str, Any]:
        """Start it if it does not run, and see that it is ready."""
        attempt.check()
        state = begin(context, step.agent, attempt, fresh=attempt.number == 1)
        said = f"started agent {step.agent!r}"
        if not state["started"]:
            said = f"agent {step.agent!r} already running"
        return {"exit_code": 0, "message": said, **state}

    def recover(
        self, context: Context, step: EnsureKeys, record: Mapping[str, Any]
    ) -> Literal["redo", "unknown"]:
        """It does no harm to look again."""
        return "redo" if isinstance(record.get("token"), str) and record["token"] else "unknown"


def begin(context: Context, agent: str, attempt: Attempt, *, fresh: bool = False) -> dict[str, Any]:
    """See that an agent runs and is ready; start it if it does not run.

    Args:
        context: The workspace.
        agent: Its name.
        attempt: The attempt at the step that needs it; it notes whom it started.
        fresh: Whether its worktree is brought forward, if the arrangement wishes that.

    Returns:
        Its ``state``, and in ``started`` whether this step started it, also if in an attempt that
        was interrupted.

    Raises:
        StepFailed: If it cannot be started, or is not ready.
        StepStopped: If there is no time left for it.
    """
    voice = context.voices([agent])[agent]
    if voice.session is not None and voice.reading.state in WELL:
        mine = _is_ours(context, voice.session, attempt)
        return {"started": mine, "state": voice.reading.state, "outcome": "running"}
    up = context.plugins.verbs()["up"]
    attempt.note({"starts": agent})
    response = up.run(context, up.request((agent,), keep_trees=not fresh, by=attempt.token))
    (outcome,) = response.results
    for warning in (*response.warnings, *outcome.warnings):
        attempt.say(f"{agent}: {warning}")
    if response.interrupted:
        raise StepStopped("the step was cancelled while an agent started")
    attempt.check()
    session = context.voices([agent])[agent].session
    mine = session is not None and _is_ours(context, session, attempt)
    data = {"started": mine, "state": outcome.state, "outcome": outcome.outcome}
    if not outcome.ok or not (outcome.ready or outcome.state in MUTE):
        raise _failed(agent, outcome, data)
    return data


def _is_ours(context: Context, session: Session, attempt: Attempt) -> bool:
    """Return whether a session was launched by an attempt at this step of this run."""
    return launched_by(context, session).rpartition(":")[0] == attempt.token.rpartition(":")[0]


def _failed(agent: str, outcome: Any, data: Mapping[str, Any]) -> StepFailed:
    why = outcome.detail or f"it is {outcome.state.replace('_', ' ')}"
    error = StepFailed(f"failed to start {agent!r}: {why}", hint=outcome.hint, data=data)
    error.category = CATEGORIES.get(outcome.state, "runtime")
    return error

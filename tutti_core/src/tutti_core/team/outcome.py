"""What became of each agent in `up`, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ..detection.regions import rows_of
from ..errors import PolicyError, TuttiError

if TYPE_CHECKING:
    from ..model.arrangement import Agent
    from ..watching.look import Voice
    from .start import Started

READY = frozenset(("idle", "working"))
WELL = READY | {"waiting"}


@attrs.frozen
class Outcome:
    """What became of one agent.

    Attributes:
        agent: Its name.
        outcome: ``launched``, ``running`` (it was already), ``refused``, ``blocked`` or ``failed``.
        ok: Whether it runs, be it ready or waiting for an answer.
        state: Its state as read, or empty when it was not looked at.
        runtime: Its runtime's name.
        session: Its session's name, or empty.
        worktree: Its worktree, or None.
        branch: The branch it is on, or None.
        enforcement: Who holds it to the policy.
        detail: What the user should know, in one line.
        hint: What the user can do.
        warnings: Further remarks.
    """

    agent: str
    outcome: str
    ok: bool
    state: str = ""
    runtime: str = ""
    session: str = ""
    worktree: str | None = None
    branch: str | None = None
    enforcement: str = ""
    detail: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()


def outcome_of(begun: Started, voice: Voice | None) -> Outcome:
    """Return the outcome of a start.

    Args:
        begun: The start.
        voice: The agent as it was seen last, or None if nobody waited for it.
    """
    state = voice.reading.state if voice else ""
    lost = voice is not None and state not in WELL
    detail, hint = _words(begun.request.agent.name, voice)
    return Outcome(
        agent=begun.request.agent.name,
        outcome="failed" if lost else "launched",
        ok=not lost,
        state=state,
        runtime=begun.session.runtime,
        session=begun.session.name,
        worktree=begun.tree.worktree,
        branch=begun.tree.branch,
        enforcement=begun.launch.enforcement,
        detail=detail,
        hint=hint,
        warnings=begun.warnings,
    )


def running(voice: Voice) -> Outcome:
    """Return the outcome for an agent that was up already."""
    session = voice.session.name if voice.session else ""
    state = voice.reading.state
    return Outcome(
        voice.agent, "running", True, state, voice.runtime, session, detail="already running"
    )


def failed(agent: Agent, error: TuttiError) -> Outcome:
    """Return the outcome for an agent whose start was refused or went wrong."""
    word = "refused" if isinstance(error, PolicyError) else "failed"
    return Outcome(agent.name, word, False, detail=error.message, hint=error.hint)


def blocked(agent: Agent, need: Outcome) -> Outcome:
    """Return the outcome for an agent that was not started because another is not ready."""
    why = need.state or need.outcome
    hint = f"see to {need.agent}, then tt up {agent.name}"
    return Outcome(agent.name, "blocked", False, detail=f"{need.agent} is {why}", hint=hint)


def _words(name: str, voice: Voice | None) -> tuple[str, str]:
    if voice is None:
        return "", ""
    reading = voice.reading
    if reading.state == "exited":
        return f"ended at once ({reading.detail}): {_last_words(voice)}", f"tt peek {name}"
    if reading.state == "waiting":
        return f"waits for you ({reading.kind}: {reading.detail})", f"tt attach {name}"
    if reading.state in ("starting", "unknown"):
        return "not ready in time", f"tt peek {name}"
    return reading.detail, "" if reading.state in READY else f"tt attach {name}"


def _last_words(voice: Voice) -> str:
    rows = rows_of(voice.seen.screen.text) if voice.seen.screen else []
    said = [row.strip() for row in rows if row.strip() and not row.startswith("Pane is dead")]
    return " / ".join(said[-3:])[:300]

"""Agents that a run started end with it; nobody else's do.

A session is the run's if one of its attempts launched it: an attempt notes whom it starts, and its
token is in the agent's record before there is a session. So it holds wherever a run was killed, and
whoever was started since by somebody else, under the same name, is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from tutti_core import Context, Session, TuttiError, launched_by

from .record.state import RunState, Try
from .record.store import read


@attrs.frozen
class Starts:
    """Whom a run set out to start.

    Attributes:
        agents: Their names, each once.
        tokens: Those of all attempts of the run, and of the runs that are a part of it.
    """

    agents: tuple[str, ...]
    tokens: frozenset[str]


def starts_of(context: Context, run: RunState) -> Starts:
    """Return whom a run set out to start.

    Args:
        context: The workspace.
        run: How it is.
    """
    tries = list(_tries(context, run))
    named = [one.notes.get("starts") for one in tries]
    agents = dict.fromkeys(name for name in named if isinstance(name, str))
    return Starts(tuple(agents), frozenset(one.token for one in tries))


def _tries(context: Context, run: RunState) -> Iterator[Try]:
    for step in run.steps.values():
        for one in step.attempts:
            yield one
            part = one.notes.get("run_id") if step.type == "workflow" else None
            inner = read(context, part) if isinstance(part, str) else None
            if inner is not None:
                yield from _tries(context, inner)


def reclaim(
    context: Context, starts: Starts, correlation_id: str = "", movement: str | None = None
) -> list[dict[str, Any]]:
    """End the agents that a run started and that are not to stay.

    Args:
        context: The workspace.
        starts: Whom it set out to start.
        correlation_id: The run's id, for the events.
        movement: The run's, for the events.

    Returns:
        For each of them its agent and what became of it: ``reclaimed``, ``persistent``, ``gone``,
        ``another's`` or ``failed``, with a reason. It never raises.
    """
    try:
        live = context.host.list(str(context.root)) if starts.agents else ()
    except TuttiError as error:
        return [_told(one, "failed", error.message) for one in starts.agents]
    there = {one.agent: one for one in live if not one.dead}
    told = [_reclaimed(context, one, there, starts.tokens) for one in starts.agents]
    for one in told:
        data = {**one, "movement": movement}
        if one["outcome"] == "reclaimed":
            context.emit("agent.reclaimed", one["agent"], data, correlation_id)
        elif one["outcome"] == "failed":
            context.emit("agent.reclaim_failed", one["agent"], data, correlation_id)
    return told


def _reclaimed(
    context: Context, name: str, there: Mapping[str, Session], tokens: frozenset[str]
) -> dict[str, Any]:
    configured, session = context.arrangement.named(name), there.get(name)
    if configured is not None and configured.persistent:
        return _told(name, "persistent")
    if session is None:
        return _told(name, "gone")
    if launched_by(context, session) not in tokens:
        return _told(name, "another's", "somebody else started it")
    try:
        down = context.plugins.verbs()["down"]
        (done,) = down.run(context, down.request((name,))).results
    except TuttiError as error:
        return _told(name, "failed", error.message)
    return _told(name, "reclaimed" if done.ok else "failed", done.detail)


def _told(agent: str, outcome: str, detail: str = "") -> dict[str, Any]:
    return {"agent": agent, "outcome": outcome, "detail": detail}

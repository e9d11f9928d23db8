"""Agents that a run started end with it; nobody else's do.

A session is the run's if one of its steps started it: what is noted is the pane and the instant it
was made, which no other session has. Whoever was started since by somebody else, under the same
name, is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutti_core import Context, TuttiError


def running_of(context: Context) -> dict[str, Any]:
    """Return the live sessions of a workspace by their agents.

    Args:
        context: The workspace.
    """
    return {one.agent: one for one in context.host.list(str(context.root)) if not one.dead}


def kept_of(context: Context, agents: Iterable[str]) -> list[dict[str, Any]]:
    """Return what tells the sessions of some agents from all others, as it is noted.

    Args:
        context: The workspace.
        agents: Their names; who has no session is left out.
    """
    there = running_of(context)
    found = [there[name] for name in agents if name in there]
    return [{"agent": one.agent, "pane": one.pane, "created": one.created} for one in found]


def started_in(notes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the sessions that steps noted as started.

    Args:
        notes: What each attempt of the run noted.
    """
    found: list[dict[str, Any]] = []
    for one in notes:
        mine = one.get("started")
        for session in mine if isinstance(mine, list) else ():
            if isinstance(session, dict) and session not in found:
                found.append(session)
    return found


def reclaim(
    context: Context, started: Sequence[Mapping[str, Any]], correlation_id: str = ""
) -> list[dict[str, Any]]:
    """End the agents that a run started and that are not to stay.

    Args:
        context: The workspace.
        started: The sessions, as they were noted.
        correlation_id: The run's id, for the events.

    Returns:
        For each of them its agent and what became of it: ``reclaimed``, ``persistent``, ``gone``,
        ``another's`` or ``failed``, with a reason. It never raises.
    """
    try:
        there = running_of(context)
    except TuttiError as error:
        return [_told(one, "failed", error.message) for one in started]
    told = [_reclaimed(context, one, there) for one in _each(started)]
    for one in told:
        if one["outcome"] == "reclaimed":
            context.emit("agent.reclaimed", one["agent"], one, correlation_id)
        elif one["outcome"] == "failed":
            context.emit("agent.reclaim_failed", one["agent"], one, correlation_id)
    return told


def _each(started: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield the last session of each agent: the ones before it are gone."""
    return {str(one.get("agent")): one for one in started}.values()


def _reclaimed(
    context: Context, one: Mapping[str, Any], there: Mapping[str, Any]
) -> dict[str, Any]:
    name = str(one.get("agent"))
    configured, session = context.arrangement.named(name), there.get(name)
    if configured is not None and configured.persistent:
        return _told(one, "persistent")
    if session is None:
        return _told(one, "gone")
    if (session.pane, session.created) != (one.get("pane"), one.get("created")):
        return _told(one, "another's", "somebody started it since")
    try:
        down = context.plugins.verbs()["down"]
        (done,) = down.run(context, down.request((name,))).results
    except TuttiError as error:
        return _told(one, "failed", error.message)
    return _told(one, "reclaimed" if done.ok else "failed", done.detail)


def _told(one: Mapping[str, Any], outcome: str, detail: str = "") -> dict[str, Any]:
    return {"agent": str(one.get("agent")), "outcome": outcome, "detail": detail}

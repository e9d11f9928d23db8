"""What `tt sessions` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from tutti_core import ConfigError, Lock, RuntimeFailure, forget, known

if TYPE_CHECKING:
    from tutti_core import Context

LOCK_SECS = 300.0
SHOWN = 8
"""Characters of an id that are enough to tell it from the others of an agent, mostly."""


@attrs.frozen
class SessionsRequest:
    """What `sessions` takes.

    Attributes:
        agents: The agents wanted; all of them if empty.
    """

    agents: tuple[str, ...] = ()


@attrs.frozen
class Talk:
    """A conversation that an agent has had.

    Attributes:
        agent: The agent.
        conversation: Its id, as the runtime has it.
        state: ``running``, ``last`` (the one its next start goes on with) or ``earlier``.
        runtime: The runtime.
        began: When it was begun, or None if nobody knows.
        ended: When it was ended last, or None while it runs.
        branch: The branch the agent was on.
        worktree: The worktree it was had in, or None for the workspace's own folder.
        profile: The profile it was had on, or None.
    """

    agent: str
    conversation: str
    state: str
    runtime: str | None = None
    began: str | None = None
    ended: str | None = None
    branch: str | None = None
    worktree: str | None = None
    profile: str | None = None


@attrs.frozen
class SessionsResponse:
    """What `sessions` answers.

    Attributes:
        sessions: The conversations, agent after agent, the last one of each first.
    """

    sessions: tuple[Talk, ...]


@attrs.frozen
class ForgetRequest:
    """What `forget_session` takes.

    Attributes:
        agent: The agent.
        conversation: The id of the conversation, or a beginning of it that no other has.
    """

    agent: str
    conversation: str


def sessions(context: Context, request: SessionsRequest) -> SessionsResponse:
    """List the conversations that agents have had.

    Args:
        context: The workspace.
        request: Whose.

    Raises:
        ConfigError: If one of them is not an agent of the workspace.
    """
    names = request.agents or [agent.name for agent in context.arrangement.agent]
    running = _running(context)
    return SessionsResponse(tuple(one for name in names for one in _talks(context, name, running)))


def forget_session(context: Context, request: ForgetRequest) -> Talk:
    """Forget a conversation of an agent that does not run; the CLI's own files stay.

    Args:
        context: The workspace.
        request: Which.

    Returns:
        What was forgotten.

    Raises:
        RuntimeFailure: If the agent has it just now.
    """
    name = request.agent
    place = context.places.lock(f"agent-{name}")
    with Lock(place, timeout=LOCK_SECS, purpose=f"tt sessions forget {name}"):
        found = chosen(context, name, request.conversation)
        if found.state == "running":
            raise RuntimeFailure(f"{name} is in that conversation now", hint=f"tt down {name}")
        forget(context.root, name, found.conversation)
        return found


def chosen(context: Context, agent: str, beginning: str) -> Talk:
    """Return the conversation of an agent whose id begins like this.

    Args:
        context: The workspace.
        agent: The agent's name.
        beginning: The beginning of an id.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    talks = list(_talks(context, agent, _running(context)))
    found = [one for one in talks if one.conversation.startswith(beginning)]
    exact = [one for one in found if one.conversation == beginning]
    if len(exact or found) == 1:
        return (exact or found)[0]
    listed = ", ".join(one.conversation[:SHOWN] for one in (found or talks)[:SHOWN]) or "none"
    word = f"{len(found)} conversations" if found else "no conversation"
    raise ConfigError(
        f"{agent} has {word} beginning with {beginning!r} (there are: {listed})",
        hint=f"tt sessions list {agent}",
    )


def _running(context: Context) -> frozenset[str]:
    alive = [one for one in context.host.list(str(context.root)) if not one.dead]
    return frozenset(one.agent for one in alive)


def _talks(context: Context, name: str, running: frozenset[str]) -> Iterator[Talk]:
    context.agent(name)
    found: Sequence[dict[str, Any]] = known(context.root, name)
    for number, one in enumerate(found):
        last = "running" if name in running else "last"
        yield Talk(
            agent=name,
            conversation=one["conversation"],
            state="earlier" if number else last,
            runtime=one.get("runtime"),
            began=one.get("began"),
            ended=one.get("ended"),
            branch=one.get("branch"),
            worktree=one.get("worktree_path"),
            profile=one.get("profile"),
        )

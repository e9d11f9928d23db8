"""`attach` and `peek`: a person looks at one agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..detection.regions import rows_of
from ..errors import RuntimeFailure
from ..model.session import Session

if TYPE_CHECKING:
    from .context import Context


def session_of(context: Context, agent: str) -> Session:
    """Return an agent's session.

    Raises:
        ConfigError: If there is neither such an agent nor a session left of one.
        RuntimeFailure: If it is not running.
    """
    sessions = {one.agent: one for one in context.host.list(str(context.root))}
    if agent not in sessions:
        context.agent(agent)
        raise RuntimeFailure(f"{agent} is not running", hint=f"tt up {agent}")
    return sessions[agent]


def attach_command(context: Context, agent: str) -> list[str]:
    """Return the command that shows an agent's session to a person, from where they are.

    Args:
        context: The workspace.
        agent: The agent's name.
    """
    return list(context.host.attach_argv(session_of(context, agent)))


def peek(context: Context, agent: str, lines: int) -> list[str]:
    """Return the last lines of an agent's screen and scrollback.

    Args:
        context: The workspace.
        agent: The agent's name.
        lines: How many at most.
    """
    session = session_of(context, agent)
    text = context.host.capture([session.pane], history=lines).get(session.pane, "")
    return rows_of(text)[-lines:]

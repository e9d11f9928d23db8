"""`attach` and `peek`: a person looks at one agent."""

from __future__ import annotations

import os
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


def attach_command(context: Context, agent: str) -> tuple[list[str], dict[str, str]]:
    """Return the command that shows an agent's session, and the environment to run it in.

    Inside the very same tmux server it switches the client; inside another one it nests, which
    tmux allows once TMUX is out of the environment.

    Args:
        context: The workspace.
        agent: The agent's name.
    """
    session = session_of(context, agent)
    argv = list(context.host.attach_argv(session.name))
    return argv, {name: value for name, value in os.environ.items() if name != "TMUX"}


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

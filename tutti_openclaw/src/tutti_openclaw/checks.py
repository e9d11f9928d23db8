"""Whether OpenClaw can run at all: asked before it is started, and by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tutti_core import Finding, LaunchRequest, Refusal, started_by

from .node import Node, node_of

if TYPE_CHECKING:
    from tutti_core import Context

NAME = "openclaw"
REMEDY = (
    "install one (such as `nvm install 26`), or put the folder of one first in the PATH of the "
    "profile's env"
)


def refused(launch: LaunchRequest) -> Refusal | None:
    """Return why an agent cannot be started, if it is OpenClaw and cannot.

    Args:
        launch: What is to be started.
    """
    if launch.arrangement.runtime_of(launch.agent) != NAME:
        return None
    node = node_of(launch.command, launch.env)
    return None if node is None or node.good else Refusal(node.problem, REMEDY, "tutti-openclaw")


def examined(context: Context) -> Iterator[Finding]:
    """Yield what is to be said of each agent's Node.js.

    Args:
        context: The workspace.
    """
    for agent in context.arrangement.agent:
        if context.arrangement.runtime_of(agent) != NAME:
            continue
        command, env = started_by(context, agent)
        node = node_of(command, env)
        if node is not None:
            yield _finding(f"openclaw/node/{agent.name}", node)


def _finding(check: str, node: Node) -> Finding:
    if node.good:
        return Finding(check, "pass", f"Node.js {node.version or 'of its own'}")
    return Finding(check, "fail", node.problem, REMEDY)

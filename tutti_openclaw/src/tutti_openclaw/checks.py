"""Whether OpenClaw can run at all: asked before it is started, and by the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tutti_core import Finding, started_by
from tutti_core.errors import RuntimeFailure

from .node import Node, node_of

if TYPE_CHECKING:
    from tutti_core import Context

NAME = "openclaw"
REMEDY = (
    "install one (such as `nvm install 26`), or put the folder of one first in the PATH of the "
    "profile's env"
)


def require_node(command: Sequence[str], env: Mapping[str, str]) -> None:
    """Refuse to start OpenClaw on a Node.js that it cannot run on.

    Args:
        command: The program and its leading arguments.
        env: What its environment has beside this process's.

    Raises:
        RuntimeFailure: Naming what was found and what is wanted.
    """
    node = node_of(command, env)
    if node is not None and not node.good:
        raise RuntimeFailure(node.problem, hint=REMEDY)


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

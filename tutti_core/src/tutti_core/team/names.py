"""The names of sessions: labels for people, never what an agent is found by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import Context


def session_name(context: Context, agent: str) -> str:
    """Return ``tutti-<workspace>-<agent>``, with a mark of the root if another root holds that.

    Args:
        context: The workspace.
        agent: The agent's name.
    """
    name = f"tutti-{context.name}-{agent}"
    taken = [one for one in context.host.list() if one.name == name]
    if any((one.root, one.agent) != (str(context.root), agent) for one in taken):
        return f"{name}-{hashlib.sha256(str(context.root).encode()).hexdigest()[:6]}"
    return name

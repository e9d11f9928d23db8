"""The names of sessions: labels for people, never what an agent is found by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..model.session import Session
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


def name_of(root: Path, sessions: Sequence[Session]) -> str:
    """Return the name a running workspace has, whatever its file says by now.

    Args:
        root: Absolute path of the workspace.
        sessions: Its sessions.
    """
    return next((one.workspace for one in sessions if one.workspace), root.name)


def no_agent(name: str, workspace: str, known: Sequence[str]) -> ConfigError:
    """Return the error for a name that no agent has.

    Args:
        name: What was written.
        workspace: The workspace's name.
        known: The names there are.
    """
    from difflib import get_close_matches

    folded = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), folded, n=1)
    other = "check the spelling, or add an [[agent]] to tutti.toml"
    return ConfigError(
        f"no agent {name!r} in {workspace} (there are: {', '.join(known) or 'none'})",
        hint=f"did you mean {folded[near[0]]}?" if near else other,
    )

"""What was recorded at each agent's launch: the contract's ``state/<agent>.json``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .places import Places

TEXTS = frozenset(
    (
        "name",
        "runtime",
        "session_name",
        "worktree_path",
        "branch",
        "by",
        "status",
        "started_at",
        "stopped_at",
        "launch",
        "conversation",
        "enforcement",
        "live_status",
        "mode",
        "policy",
        "transcript",
        "turned_at",
    )
)
"""Keys whose value is a text or null; another tool's idea of them is left out."""


class Records(dict[str, Mapping[str, Any]]):
    """The records of a workspace's agents by name, each read when it is first asked for.

    Args:
        root: Absolute path of the workspace.
    """

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._places = Places(root)

    def __missing__(self, name: str) -> Mapping[str, Any]:
        self[name] = read_record(self._places.agent(name))
        return self[name]


def read_record(path: Path) -> dict[str, Any]:
    """Return one record; empty when it is missing or cannot be read.

    A damaged record must not hide an agent: everything in it can be seen again.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return _sound(found) if isinstance(found, dict) else {}


def write_record(root: Path, name: str, values: Mapping[str, Any]) -> None:
    """Write an agent's record, keeping what is not mentioned.

    Args:
        root: Absolute path of the workspace.
        name: The agent's name.
        values: The keys to set.
    """
    from ..state.files import JsonFile

    path = Places(root).agent(name)
    JsonFile(path).write({**read_record(path), **values})


def amend(root: Path, name: str, launch: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Write what was found out later of a launch, unless the agent is being started or ended.

    Args:
        root: Absolute path of the workspace.
        name: The agent's name.
        launch: The record as it was when that was found out.
        values: The keys to set.

    Returns:
        Whether it stands there; what was found may be about a launch that is over.
    """
    from ..errors import StateError
    from ..state.lock import Lock

    try:
        with Lock(Places(root).lock(f"agent-{name}"), timeout=0, purpose="noting what was seen"):
            now = read_record(Places(root).agent(name))
            if now.get("started_at") != launch.get("started_at"):
                return False
            write_record(root, name, values)
            return True
    except StateError:
        return False


def note_turn(root: Path, name: str, launch: Mapping[str, Any]) -> None:
    """Note that a turn has begun since a conversation was taken up; the first one is enough.

    Args:
        root: Absolute path of the workspace.
        name: The agent's name.
        launch: What is recorded of its launch.
    """
    from ..state.instants import text_of

    if launch.get("resumed") is True and not launch.get("turned_at"):
        amend(root, name, launch, {"turned_at": text_of(time.time_ns() // 1_000)})


def _sound(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in found.items()
        if key not in TEXTS or value is None or isinstance(value, str)
    }

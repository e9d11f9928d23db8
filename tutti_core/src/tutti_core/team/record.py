"""What was recorded at each agent's launch: the contract's ``state/<agent>.json``."""

from __future__ import annotations

import json
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


def _sound(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in found.items()
        if key not in TEXTS or value is None or isinstance(value, str)
    }

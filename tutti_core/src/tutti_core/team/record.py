"""What was recorded at each agent's launch: the contract's ``state/<agent>.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .places import Places


def read_record(path: Path) -> dict[str, Any]:
    """Return one record; empty when it is missing or cannot be read.

    A damaged record must not hide an agent: everything in it can be seen again.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_records(root: Path, agents: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the records of several agents by name."""
    places = Places(root)
    return {name: read_record(places.agent(name)) for name in agents}


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

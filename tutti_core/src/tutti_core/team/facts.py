"""Facts that plugins publish beside a voice, as files, so that showing them imports no plugin."""

from __future__ import annotations

import json
import os
from math import isfinite
from pathlib import Path
from typing import Any


def facts_of(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what plugins say of each agent.

    Args:
        root: Absolute path of the workspace.

    Returns:
        For each agent a list of ``{"plugin", "key", "label", "value", "at"}``, with `holder` while
        that process lives; what cannot be read is left out, because a fact is never worth failing
        for.
    """
    folder = root / ".tutti" / "state" / "facts"
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError:
        return {}
    for name in names:
        for agent, facts in _read(folder / name).items():
            found.setdefault(agent, []).extend(_sound(name.removesuffix(".json"), facts))
    return found


def publish_facts(root: Path, plugin: str, facts: dict[str, list[dict[str, Any]]]) -> None:
    """Publish a plugin's facts in place of its earlier ones.

    Args:
        root: Absolute path of the workspace.
        plugin: The plugin's name.
        facts: For each agent a list of ``{"key", "label", "value", "at"}``; ``at`` is in epoch
            seconds. What is true only as long as a process lives has a ``holder`` too, its number
            and `start_time`, and ``otherwise``, the value that takes its place.
    """
    from ..state.files import JsonFile

    JsonFile(root / ".tutti" / "state" / "facts" / f"{plugin}.json").write(facts)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sound(plugin: str, facts: Any) -> list[dict[str, Any]]:
    listed = facts if isinstance(facts, list) else []
    sound = [one for one in listed if isinstance(one, dict) and _is_fact(one)]
    return [{**_current(one), "plugin": plugin} for one in sound]


def _current(one: dict[str, Any]) -> dict[str, Any]:
    """Return a fact as it is now: of a process that was killed, nobody has taken it back."""
    if "holder" not in one:
        return one
    kept = {key: value for key, value in one.items() if key not in ("holder", "otherwise")}
    if _lives(one["holder"]):
        return {**kept, "holder": one["holder"]}
    return {**kept, "value": str(one.get("otherwise", "interrupted"))}


def _lives(holder: Any) -> bool:
    from ..terminal.processes import start_time

    if not (isinstance(holder, list) and len(holder) == 2 and isinstance(holder[0], int)):
        return False
    return bool(start_time(holder[0]) == holder[1])


def _is_fact(one: dict[str, Any]) -> bool:
    at, value = one.get("at"), one.get("value")
    dated = isinstance(at, (int, float)) and not isinstance(at, bool) and isfinite(at)
    return dated and isinstance(value, (str, int, float)) and isinstance(one.get("label"), str)

"""What `tt status` shows beside an agent while a step has to do with it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from tutti_core import Context, JsonFile, start_time

from .files import Files
from .state import RunState


def publish(context: Context, run: RunState, *, over: bool = False) -> None:
    """Publish which step of a run each agent is at, beside the facts of other runs.

    Args:
        context: The workspace.
        run: How the run is.
        over: Whether nothing of it is under way any more.
    """
    mine = {} if over else _facts(run)
    file = JsonFile(Files(context).facts)
    if not mine and not file.path.exists():
        return

    def change(found: Any) -> dict[str, list[dict[str, Any]]]:
        others = {
            agent: [one for one in facts if one.get("run") != run.run_id]
            for agent, facts in (found if isinstance(found, dict) else {}).items()
        }
        for agent, facts in mine.items():
            others[agent] = others.get(agent, []) + facts
        return {agent: facts for agent, facts in others.items() if facts}

    file.update(change, default={})


def _facts(run: RunState) -> dict[str, list[dict[str, Any]]]:
    pid = os.getpid()
    holder = [pid, start_time(pid)]
    common = {"at": time.time(), "holder": holder, "run": run.run_id}
    found: dict[str, list[dict[str, Any]]] = {}
    for step in run.steps.values():
        if step.agent and step.status == "running":
            value = f"{run.workflow}: {step.key} {step.index}/{len(run.steps)}"
            fact = {"key": "step", "label": "step", "value": value}
            left = {"otherwise": f"{value}, interrupted", **common}
            found.setdefault(step.agent, []).append({**fact, **left})
    for agent, movement in _parts(run):
        fact = {"key": "movement", "label": "movement", "value": movement, "otherwise": movement}
        found.setdefault(agent, []).append({**fact, **common})
    return found


def _parts(run: RunState) -> Iterable[tuple[str, str]]:
    """Return who has a part in which movement, as long as a run goes on: each once."""
    parts = [(one.agent, one.movement) for one in run.steps.values()]
    return dict.fromkeys((agent, part) for agent, part in parts if agent and part)

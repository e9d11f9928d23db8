"""Hooks on what befalls agents: a service of the watcher, with its cursor in the journal."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutti_core import Context, Event, JsonFile

from ..record.files import Files
from .doing import do, interrupted
from .table import Hook

OCCASIONS: Mapping[str, str] = {
    "agent.stopped": "agent_stop",
    "agent.waiting": "agent_waiting",
    "agent.exited": "agent_exited",
}
MANY = 5
SPAN_SECS = 600.0
"""A hook that comes back this often in this time for one agent is left out: it brings itself on."""
KEPT = 500
CLOSE_SECS = 20.0


class HookService:
    """Does the hooks of agents' events, each once for each event."""

    name = "hooks"
    events = tuple(OCCASIONS)
    every = 0.0

    def __init__(self) -> None:
        self._recent: dict[tuple[int, str], list[float]] = {}

    def handle(self, context: Context, event: Event | None) -> None:
        """Do the hooks that are meant for an event."""
        occasion = OCCASIONS.get(event.event) if event else None
        if event is None or occasion is None:
            return
        for number, hook in enumerate(context.arrangement.many(Hook)):
            if hook.event == occasion and hook.agent in (None, event.agent):
                self._see_to(context, hook, number, event)
        _prune(_home(context))

    def _see_to(self, context: Context, hook: Hook, number: int, event: Event) -> None:
        payload = told_of(context, event, OCCASIONS[event.event]) | {"hook": number}
        folder = _home(context) / f"{event.seq:010}-{number}"
        record = JsonFile(folder / "record.json")
        known = record.read({})
        if known.get("status") == "ended":
            return
        if known:
            record.write({"status": "ended", **interrupted(context, hook, payload)})
            return
        if self._comes_back(number, event.agent or ""):
            why = f"it came {MANY} times within {SPAN_SECS:.0f} s: it seems to bring itself on"
            context.emit("hook.suppressed", event.agent, {"hook": number, "why": why})
            return
        record.write({"status": "begun", "event": event.event, "seq": event.seq})
        record.write({"status": "ended", **do(context, hook, payload, folder)})

    def _comes_back(self, number: int, agent: str) -> bool:
        now = time.monotonic()
        times = self._recent.setdefault((number, agent), [])
        times[:] = [one for one in times if now - one < SPAN_SECS]
        if len(times) >= MANY:
            return True
        times.append(now)
        return False


class ClosingService:
    """Tells of runs that ended, and does their hooks, where whoever ran them was killed before."""

    name = "closing"
    events: tuple[str, ...] = ()
    every = CLOSE_SECS

    def handle(self, context: Context, event: Event | None) -> None:
        """Look whether there is one."""
        if event is None and Files(context).closing("-").parent.is_dir():
            from ..engine.order import Seat
            from ..engine.whole import close_left

            close_left(context, Seat())


def told_of(context: Context, event: Event, occasion: str) -> dict[str, Any]:
    """Return what a hook is told of an agent's event.

    Args:
        context: The workspace.
        event: The event.
        occasion: What `[[hook]]` calls it.
    """
    data = dict(event.data or {})
    return {
        "event": occasion,
        "workspace": context.name,
        "root": str(context.root),
        "agent": event.agent,
        "runtime": data.get("runtime"),
        "session_name": data.get("session_name"),
        "reason": data.get("reason") or data.get("detail"),
        "timestamp": event.timestamp,
        "seq": event.seq,
        "correlation_id": event.correlation_id,
        "data": data,
    }


def _home(context: Context) -> Path:
    return context.places.state / "hook-runs"


def _prune(home: Path) -> None:
    """Keep the files of the newest only."""
    named = (one for one in home.iterdir() if re.fullmatch(r"\d{10,}-\d+", one.name))
    found = sorted(named, key=lambda one: one.name) if home.is_dir() else []
    for one in found[:-KEPT] if len(found) > KEPT + 50 else ():
        shutil.rmtree(one, ignore_errors=True)

"""What agents write down that is found only later: asked for until it is there, and recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.contract import Learns
from ..model.launch import Past
from .conversations import seconds_of
from .record import amend, read_record

if TYPE_CHECKING:
    from .context import Context

AGAIN_SECS = 2.0
"""So long nobody is asked again: finding a file means looking through folders."""


class Learning:
    """Asks runtimes for the feeds of agents that run.

    Args:
        context: The workspace.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: dict[str, float] = {}

    def learn(self, names: Iterable[str]) -> None:
        """Record the feeds of these agents that are known by now.

        Args:
            names: The agents.
        """
        for name in names:
            if time.monotonic() - self._asked.get(name, -AGAIN_SECS) >= AGAIN_SECS:
                self._asked[name] = time.monotonic()
                self._ask(name)

    def _ask(self, name: str) -> None:
        record = read_record(self._context.places.agent(name))
        runtime: Any = self._context.runtimes.get(str(record.get("runtime")))
        if not isinstance(runtime, Learns) or record.get("status") == "Stopped":
            return
        known = record.get("feeds")
        feeds = known if isinstance(known, dict) else {}
        fresh = dict(runtime.learn(self._past(record)))
        if {**feeds, **fresh} != feeds:
            amend(self._context.root, name, record, {"feeds": {**feeds, **fresh}})

    def _past(self, record: Mapping[str, Any]) -> Past:
        own = record.get("worktree_path")
        folder = Path(str(record.get("cwd") or own or self._context.root))
        profile = self._context.arrangement.settings.named_profile(str(record.get("profile") or ""))
        began = seconds_of(record.get("started_at"))
        env = dict(profile.env) if profile else {}
        return Past(folder, env, record.get("conversation"), began, alone=bool(own))

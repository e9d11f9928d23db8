"""Live-status files: what a runtime itself writes, believed only if it is about its own process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ..model.session import Session


def live_status(
    template: object, session: Session, live: Mapping[str, Any] | None
) -> tuple[dict[str, Any], float] | None:
    """Read a live-status file and check that it belongs to the process in the pane.

    Args:
        template: Path with ``{pid}``, as the launch recorded it; anything else means there is none.
        session: The agent's session.
        live: The `[live]` part of the runtime's rules.

    Returns:
        The parsed file and the epoch seconds of its last change, or None if there is none, it
        cannot be read, or it was written by another process.
    """
    if not isinstance(template, str) or not template or session.dead or live is None:
        return None
    path = template.replace("{pid}", str(session.pid))
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read())
            changed = os.fstat(file.fileno()).st_mtime
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not _own(data, live, session.pid):
        return None
    return data, _since(data, live) or changed


def _own(data: Mapping[str, Any], live: Mapping[str, Any], pid: int) -> bool:
    if "pid" in live and data.get(live["pid"]) != pid:
        return False
    started = data.get(live.get("start", ""))
    return started is None or str(started) == _start_ticks(pid)


def _start_ticks(pid: int) -> str:
    """Return a process's start time as field 22 of its stat file, see proc(5)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _since(data: Mapping[str, Any], live: Mapping[str, Any]) -> float | None:
    since = data.get(live.get("since", ""))
    return since / 1000 if isinstance(since, (int, float)) else None

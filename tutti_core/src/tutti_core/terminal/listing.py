"""Reads tmux's list of panes as sessions of ours."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..model.order import natural
from ..model.session import Session
from . import processes
from .quoting import row, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A pane option, set on the pane the agent was started in: a person may split the window.
PANE_MARK = "@tutti_pane"

_FIELDS = (
    "pane_id", "session_name", "pane_pid", "pane_dead", "pane_dead_status", "pane_dead_signal",
    "pane_title", "pane_width", "pane_height", "pane_in_mode", "alternate_on",
    "cursor_y", "cursor_flag",
    "session_created", "window_activity", "session_attached",
    "@tutti_root", "@tutti_agent", "@tutti_workspace", "@tutti_runtime", "@tutti_profile",
    PANE_MARK, "pane_pipe",
)  # fmt: skip

FORMAT = row(_FIELDS)


def sessions(listing: bytes) -> tuple[Session, ...]:
    """Read what ``list-panes -F FORMAT`` printed.

    Args:
        listing: Its standard output.

    Returns:
        One session for each that carries a root, by agent.
    """
    found: dict[str, tuple[bool, Session]] = {}
    for values in rows(listing, len(_FIELDS)):
        pane = dict(zip(_FIELDS, map(os.fsdecode, values), strict=True))
        name, marked = pane["session_name"], pane[PANE_MARK] != ""
        if pane["@tutti_root"] and (marked or name not in found):
            found[name] = (marked, _session(pane))
    return tuple(sorted(_with_own_pane(found.values()), key=lambda one: natural(one.agent)))


def listed(take: Callable[[], bytes], root: str | None = None) -> tuple[Session, ...]:
    """List our sessions, a second time if an agent has ended and tmux has not noticed.

    Args:
        take: Has tmux print ``list-panes -a -F FORMAT``.
        root: The workspace whose sessions are wanted; by default all.
    """
    ours = sessions(take())
    unknown = (one.pid for one in ours if (one.exit_status, one.exit_signal) == (None, None))
    if processes.remind(unknown):
        ours = sessions(take())
    return tuple(one for one in ours if root is None or one.root == root)


def _with_own_pane(found: Iterable[tuple[bool, Session]]) -> Iterable[Session]:
    for marked, session in found:
        # Somebody split the window and killed the agent's pane: what is left is not the agent.
        yield session if marked else session._replace(pid=0, dead=True, exit_status=None)


def _session(pane: dict[str, str]) -> Session:
    dead = _on(pane["pane_dead"])
    return Session(
        name=pane["session_name"],
        pane=pane["pane_id"],
        pid=_number(pane["pane_pid"]) or 0,
        dead=dead,
        exit_status=_number(pane["pane_dead_status"]) if dead else None,
        exit_signal=_signal(pane["pane_dead_signal"]) if dead else None,
        title=pane["pane_title"],
        width=_number(pane["pane_width"]) or 0,
        height=_number(pane["pane_height"]) or 0,
        in_mode=_on(pane["pane_in_mode"]),
        alternate=_on(pane["alternate_on"]),
        created=float(_number(pane["session_created"]) or 0),
        activity=float(_number(pane["window_activity"]) or 0),
        attached=_number(pane["session_attached"]) or 0,
        root=pane["@tutti_root"],
        agent=pane["@tutti_agent"],
        workspace=pane["@tutti_workspace"],
        runtime=pane["@tutti_runtime"],
        profile=pane["@tutti_profile"],
        cursor=_number(pane["cursor_y"]) if _on(pane["cursor_flag"]) else None,
        piped=_on(pane["pane_pipe"]),
    )


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]+", value) else None


def _on(value: str) -> bool:
    return value not in ("", "0")


def _signal(value: str) -> str | None:
    """Name a signal; tmux gives its number where the system has no names."""
    import signal

    number = _number(value)
    if not number:
        return f"SIG{value.upper().removeprefix('SIG')}" if value and number is None else None
    try:
        return signal.Signals(number).name
    except ValueError:
        return value

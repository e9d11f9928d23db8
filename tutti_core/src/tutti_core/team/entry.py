"""What is written down of a voice's life, in an order that leaves nothing unknown after a crash.

The record is written before the session is made, and completed when its event is in the journal.
Whoever finds a session with an incomplete record completes it, and whoever finds a record without
its session closes it: each event is emitted once, wherever tt was killed. All of it happens under
the agent's own lock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import TuttiError
from ..state.files import JsonFile
from ..state.instants import text_of
from .record import read_record, write_record

if TYPE_CHECKING:
    from ..model.session import Session
    from .context import Context

OVER = (None, "Stopped")
"""What the status of a record says when no session belongs to it."""


@contextmanager
def planned(context: Context, name: str, plan: Mapping[str, Any]) -> Iterator[None]:
    """Write a launch down before it happens, and take that back if nothing came of it.

    Args:
        context: The workspace.
        name: The agent's name.
        plan: What is known of the launch beforehand.
    """
    path = context.places.agent(name)
    before, last = read_record(path), context.journal.last()
    opening = {
        "status": "Unknown",
        "started_at": now(),
        "stopped_at": None,
        "pane": None,
        "pid": None,
        "launch": f"launch-{_millis()}-{name}",
        "seq": last["seq"] if last else 0,
    }
    write_record(context.root, name, {"name": name, **plan, **opening})
    try:
        yield
    except TuttiError:
        if not _may_be_there(context, name):
            JsonFile(path).write(before)
        raise


def complete(context: Context, name: str, session: Session) -> None:
    """Make the record of a session whole, and emit the event of its start unless that was done.

    Args:
        context: The workspace.
        name: The agent's name.
        session: Its session.
    """
    record = read_record(context.places.agent(name))
    if (record.get("pane"), record.get("pid")) == (session.pane, session.pid):
        return
    if record.get("launch") and record.get("pid") is None and not _has_begun(context, name, record):
        kept = ("runtime", "enforcement", "profile", "conversation")
        data = {"session_name": session.name, **{key: record.get(key) for key in kept}}
        data |= {"by": record["by"]} if record.get("by") else {}
        context.emit("agent.started", name, data, record["launch"])
    began = text_of(int(session.created * 1_000_000))
    known = {"name": name, "runtime": session.runtime, "started_at": began, **record}
    found = {"session_name": session.name, "pane": session.pane, "pid": session.pid}
    status = {"status": "Working", "stopped_at": None}
    write_record(context.root, name, {**known, **found, **status})


def launched_by(context: Context, session: Session) -> str:
    """Return who wanted the launch of a session, as `UpRequest.by` had it; empty if nobody said.

    What is said is on record before the session is there: it holds wherever tt was killed since.

    Args:
        context: The workspace.
        session: The session.
    """
    record = read_record(context.places.agent(session.agent))
    known = record.get("pid") is None or (
        (record.get("pane"), record["pid"]) == (session.pane, session.pid)
    )
    return str(record.get("by") or "") if known else ""


def closed(context: Context, name: str, reason: str, facts: Mapping[str, Any]) -> None:
    """Emit the end of a session that is gone, and close its record.

    Args:
        context: The workspace.
        name: The agent's name.
        reason: ``manual`` tt ended it, ``exited`` its process had ended, ``replaced`` another
            launch takes its place, ``vanished`` nobody knows.
        facts: Details for the event.
    """
    data = {"reason": reason, **facts}
    context.emit("agent.stopped", name, data, f"down-{_millis()}-{name}")
    _close(context, name)


def lost(context: Context, name: str) -> None:
    """Close the record of an agent that has no session, unless that was done.

    Args:
        context: The workspace.
        name: The agent's name.
    """
    record = read_record(context.places.agent(name))
    if record.get("status") in OVER:
        return
    began = record.get("pid") is not None or _has_begun(context, name, record)
    if began and not _happened(context, name, record, "agent.stopped"):
        closed(context, name, "vanished", {"session_name": record.get("session_name")})
    else:
        _close(context, name)


def vanished(context: Context, name: str) -> None:
    """Tell that a session is gone of which nobody said that it ends, unless that was done.

    The record stays open: whoever runs when everything goes is brought back by `tt up --restore`.

    Args:
        context: The workspace.
        name: The agent's name.
    """
    record = read_record(context.places.agent(name))
    if record.get("status") in OVER or _happened(context, name, record, "agent.stopped"):
        return
    if record.get("pid") is not None or _has_begun(context, name, record):
        data = {"reason": "vanished", "session_name": record.get("session_name")}
        context.emit("agent.stopped", name, data, f"probe-{_millis()}-{name}")


def is_open(context: Context, name: str) -> bool:
    """Return whether an agent's record says that there is a session."""
    return read_record(context.places.agent(name)).get("status") not in OVER


def now() -> str:
    """Return the time as the journal writes it."""
    return text_of(time.time_ns() // 1_000)


def _close(context: Context, name: str) -> None:
    write_record(context.root, name, {"status": "Stopped", "stopped_at": now()})


def _has_begun(context: Context, name: str, record: Mapping[str, Any]) -> bool:
    return _happened(context, name, record, "agent.started", record.get("launch"))


def _happened(
    context: Context, name: str, record: Mapping[str, Any], event: str, act: str | None = None
) -> bool:
    """Return whether an event of this launch is in the journal, which is read from its start on."""
    begun = record.get("seq")
    after = context.journal.read(after_seq=begun if isinstance(begun, int) else 0)
    return any(
        (one.get("event"), one.get("agent")) == (event, name)
        and act in (None, one.get("correlation_id"))
        for one in after
    )


def _may_be_there(context: Context, name: str) -> bool:
    """Return whether a session of the agent is there, or nobody can say."""
    try:
        return any(one.agent == name for one in context.host.list(str(context.root)))
    except TuttiError:
        return True


def _millis() -> int:
    return time.time_ns() // 1_000_000

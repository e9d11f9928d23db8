"""Ends what is left of an agent, and says what that was; always under the agent's own lock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ..errors import RuntimeFailure
from ..model.session import Ended, Session
from ..terminal.processes import marked
from .entry import closed, complete, is_open, lost
from .keeping import Last

if TYPE_CHECKING:
    from .context import Context

GRACE_SECS = 5.0
WORDS = {"manual": "taken down", "exited": "its process had ended", "replaced": "replaced"}
"""Why a session ends, as its log says it."""


def session_now(context: Context, name: str) -> Session | None:
    """Return the session an agent has at this moment."""
    sessions = context.host.list(str(context.root))
    return next((one for one in sessions if one.agent == name), None)


class Gone(NamedTuple):
    """How a session ended.

    Attributes:
        ended: What became of its processes.
        trouble: Why its last screen could not be kept, if it could not.
    """

    ended: Ended
    trouble: str


def end(
    context: Context, name: str, session: Session, reason: str, *, grace: float = GRACE_SECS
) -> Gone:
    """End a session with all its processes, and write that down if none is left.

    What it showed last is in the agent's log before it is gone.

    Args:
        context: The workspace.
        name: The agent's name.
        session: Its session.
        reason: Why, if its process has not ended by itself.
        grace: Seconds between asking a process to end and ending it.
    """
    complete(context, name, session)
    why = "exited" if session.dead else reason
    last = Last(context, session, WORDS[why])
    ended = context.host.end(session, grace=grace, closing=last.keep)
    context.log.note("ended", agent=name, pid=session.pid, **ended._asdict())
    if not ended.left:
        facts = {"session_name": session.name, "killed": len(ended.killed)}
        facts |= {"exit_status": session.exit_status} if session.dead else {}
        closed(context, name, why, facts)
    return Gone(ended, last.trouble)


def end_survivors(context: Context, name: str, *, grace: float = GRACE_SECS) -> Ended:
    """End processes of an agent that has no session, and close its record if that is open.

    It may have lost its session; or whoever started it was killed before there was one.

    Args:
        context: The workspace.
        name: The agent's name.
        grace: Seconds between asking a process to end and ending it.
    """
    ended = Ended()
    if survivors(context, name):
        ended = context.host.end(_vanished(context, name), grace=grace)
        context.log.note("ended without a session", agent=name, **ended._asdict())
    if not ended.left:
        lost(context, name)
    return ended


def make_way(context: Context, name: str, replaced: Session | None = None) -> None:
    """Clear away what an earlier launch of an agent left, so that it runs once.

    Args:
        context: The workspace.
        name: The agent's name.
        replaced: A session that may be alive, because another launch takes its place.

    Raises:
        RuntimeFailure: If something of it runs.
    """
    session = session_now(context, name)
    if session is None:
        _without_session(context, name)
        return
    if not session.dead and (replaced is None or replaced.pane != session.pane):
        raise RuntimeFailure(f"{name} runs already", hint=f"tt status, or tt down {name}")
    left = end(context, name, session, "replaced").ended.left
    if left:
        raise RuntimeFailure(f"processes of {name} could not be ended: {_list(left)}")


def survivors(context: Context, name: str) -> tuple[int, ...]:
    """Return the processes that carry an agent's mark."""
    marks = {"TUTTI_ROOT": str(context.root), "TUTTI_AGENT": name}
    return tuple(sorted(set(marked(marks)) - {os.getpid()}))


def _without_session(context: Context, name: str) -> None:
    left = survivors(context, name) if is_open(context, name) else ()
    if left:
        raise RuntimeFailure(
            f"{name} has lost its session, and processes of it still run: {_list(left)}",
            hint=f"tt down {name} ends them",
        )
    lost(context, name)


def _vanished(context: Context, name: str) -> Session:
    """Return a session that is not there, for a host to end what it left."""
    root = str(context.root)
    return Session(
        name="", pane="", pid=0, dead=True, exit_status=None, exit_signal=None, title="",
        width=0, height=0, in_mode=False, alternate=False, created=0.0, activity=0.0, attached=0,
        root=root, agent=name, workspace=context.name,
    )  # fmt: skip


def _list(pids: tuple[int, ...]) -> str:
    return ", ".join(map(str, pids))

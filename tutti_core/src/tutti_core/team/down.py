"""`down`: sessions end with every process in them; what the agents made stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import attrs

from ..errors import TuttiError
from ..model.session import Session
from ..state.lock import Lock
from .record import write_record

if TYPE_CHECKING:
    from .context import Context

PARALLEL = 8
LOCK_SECS = 120.0


@attrs.frozen
class DownRequest:
    """What `down` takes.

    Attributes:
        agents: The agents to end; if empty all, those no longer configured included.
        clean: Whether to remove their worktrees where nothing would be lost.
        grace: Seconds between asking a process to end and ending it.
    """

    agents: tuple[str, ...] = ()
    clean: bool = False
    grace: float = 5.0


@attrs.frozen
class Downed:
    """What became of one agent.

    Attributes:
        agent: Its name.
        outcome: ``stopped``, ``not running`` or ``failed``.
        ok: Whether nothing of it runs any more, and its tree is gone if that was asked.
        killed: Number of processes that had to be killed.
        cleaned: Whether its worktree was removed.
        detail: What the user should know.
        hint: What the user can do.
    """

    agent: str
    outcome: str
    ok: bool = True
    killed: int = 0
    cleaned: bool = False
    detail: str = ""
    hint: str = ""


@attrs.frozen
class DownResponse:
    """What `down` answers.

    Attributes:
        workspace: The workspace's name.
        results: What became of each agent.
    """

    workspace: str
    results: tuple[Downed, ...]

    @property
    def ok(self) -> bool:
        """Whether everything asked for was done."""
        return all(one.ok for one in self.results)


def down(
    context: Context, request: DownRequest, progress: Callable[[Downed], None] | None = None
) -> DownResponse:
    """End the team, or some of it.

    Args:
        context: The workspace.
        request: What to end.
        progress: Told of each agent as soon as it is done.

    Returns:
        One outcome for each agent.
    """
    sessions = {session.agent: session for session in context.host.list(str(context.root))}
    configured = [agent.name for agent in context.arrangement.agent]
    for name in request.agents:
        if name not in sessions:
            context.agent(name)
    names = list(request.agents) or [*configured, *sorted(set(sessions) - set(configured))]
    with ThreadPoolExecutor(PARALLEL) as pool:
        jobs = [pool.submit(_end, context, request, name, sessions.get(name)) for name in names]
        results = []
        for job in jobs:
            results.append(job.result())
            if progress:
                progress(results[-1])
    return DownResponse(context.name, tuple(results))


def _end(context: Context, request: DownRequest, name: str, session: Session | None) -> Downed:
    purpose = f"tt down {name}"
    try:
        with Lock(context.places.lock(f"agent-{name}"), timeout=LOCK_SECS, purpose=purpose):
            done = _stop(context, request, name, session)
            return _clean(context, name, done) if request.clean and done.ok else done
    except TuttiError as error:
        return Downed(name, "failed", False, detail=error.message, hint=error.hint)


def _stop(context: Context, request: DownRequest, name: str, session: Session | None) -> Downed:
    if session is None:
        return Downed(name, "not running")
    ended = context.host.end(session, grace=request.grace)
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    write_record(context.root, name, {"status": "Stopped", "stopped_at": now})
    context.log.note("ended", agent=name, pid=session.pid, **ended._asdict())
    data = {"reason": "manual", "session_name": session.name, "killed": len(ended.killed)}
    context.emit("agent.stopped", name, data, f"down-{time.time_ns() // 1_000_000}-{name}")
    if ended.left:
        left = ", ".join(str(pid) for pid in ended.left)
        return Downed(name, "failed", False, len(ended.killed), detail=f"still running: {left}")
    return Downed(name, "stopped", killed=len(ended.killed))


def _clean(context: Context, name: str, done: Downed) -> Downed:
    from ..git.worktrees import Worktrees

    try:
        Worktrees(context.root, context.places.worktrees).retire(name)
    except TuttiError as error:
        return attrs.evolve(done, ok=False, detail=error.message, hint=error.hint)
    return attrs.evolve(done, cleaned=True)

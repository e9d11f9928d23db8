"""`down`: sessions end with every process in them; what the agents made stays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from ..errors import RuntimeFailure, TuttiError
from ..model.order import natural
from ..model.session import Ended, Session
from .ending import GRACE_SECS, end, end_survivors, session_now
from .entry import is_open
from .restoring import keep_team
from .retiring import retire, unkept
from .rousing import relieve
from .trees import way_back
from .waiting import patient_lock

if TYPE_CHECKING:
    from ..model.contract import SessionHost
    from .context import Context

PARALLEL = 8


@attrs.frozen
class DownRequest:
    """What `down` takes.

    Attributes:
        agents: The agents to end; if empty all, those no longer configured included.
        clean: Whether to remove their worktrees; all that is in them is kept for `tt undo`.
        grace: Seconds between asking a process to end and ending it.
    """

    agents: tuple[str, ...] = ()
    clean: bool = False
    grace: float = GRACE_SECS


@attrs.frozen
class Downed:
    """What became of one agent.

    Attributes:
        agent: Its name.
        outcome: ``stopped``; ``exited`` (its process had ended by itself, and its session was
            closed); ``not running`` or ``failed``.
        ok: Whether nothing of it runs any more, and its tree is gone if that was asked.
        killed: Number of processes that had to be killed.
        cleaned: Whether its worktree was removed.
        detail: What the user should know.
        hint: What the user can do.
        undo: The id of the undo entry that brings its worktree back; empty if none went.
    """

    agent: str
    outcome: str
    ok: bool = True
    killed: int = 0
    cleaned: bool = False
    detail: str = ""
    hint: str = ""
    undo: str = ""


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
    context: Context,
    request: DownRequest,
    progress: Callable[[Downed], None] | None = None,
    waits: Callable[[str, str], None] = lambda _, __: None,
) -> DownResponse:
    """End the team, or some of it.

    Args:
        context: The workspace.
        request: What to end.
        progress: Told of each agent as soon as it is done.
        waits: Told of each agent that another tt has in its hands, and which.

    Returns:
        One outcome for each agent.
    """
    _ = context.sinks  # whatever is wrong with them is known before anything is done
    names = _chosen(context, request)
    _spare_caller(context, names)
    if not request.agents:
        keep_team(context, [name for name in names if is_open(context, name)])
    pool = ThreadPoolExecutor(PARALLEL)
    try:
        jobs = {name: pool.submit(_end, context, request, name, waits) for name in names}
        results = [_told(context, name, job, progress) for name, job in jobs.items()]
    finally:
        # On Ctrl+C whoever is being ended is ended; nobody else is begun with.
        pool.shutdown(cancel_futures=True)
    relieve(context)
    return DownResponse(context.name, tuple(results))


def end_orphans(
    host: SessionHost,
    root: str,
    request: DownRequest,
    progress: Callable[[Downed], None] = lambda _: None,
) -> DownResponse:
    """End what runs in a workspace whose folder is gone: nothing can be recorded there any more.

    Args:
        host: Where the sessions live.
        root: The workspace.
        request: How to end them; which agents is not asked.
        progress: Told of each agent as soon as it is done.
    """
    results = []
    name = ""
    for session in host.list(root):
        name = session.workspace
        done = _counted(session.agent, "stopped", host.end(session, grace=request.grace))
        results.append(attrs.evolve(done, detail=done.detail or "its folder is gone"))
        progress(results[-1])
    return DownResponse(name, tuple(results))


def _chosen(context: Context, request: DownRequest) -> list[str]:
    here = {session.agent for session in context.host.list(str(context.root))}
    configured = [agent.name for agent in context.arrangement.agent]
    for name in request.agents:
        if name not in here:
            context.agent(name)
    everybody = [*configured, *sorted(here - set(configured), key=natural)]
    return list(dict.fromkeys(request.agents)) or everybody


def _spare_caller(context: Context, names: list[str]) -> None:
    """Refuse to end the agent that asks for it: it would take this process along, half way."""
    caller = os.environ.get("TUTTI_AGENT", "")
    here = os.environ.get("TUTTI_ROOT") == str(context.root)
    if caller not in names or not here or session_now(context, caller) is None:
        return
    others = " ".join(name for name in names if name != caller)
    raise RuntimeFailure(
        f"{caller} would end itself before it is done: this is its own session",
        hint=f"tt down {others}" if others else "type it in a terminal of your own",
    )


def _told(
    context: Context,
    name: str,
    job: Future[Downed],
    progress: Callable[[Downed], None] | None,
) -> Downed:
    try:
        done = job.result()
    except TuttiError as error:
        done = Downed(name, "failed", False, detail=error.message, hint=error.hint)
    except Exception as error:  # noqa: BLE001 -- one agent's failure hides no other
        context.log.note("end failed", agent=name, exc_info=error)
        said = f"this is a bug: {type(error).__name__}: {error}"
        done = Downed(name, "failed", False, detail=said, hint="see .tutti/logs/tt.log")
    if progress:
        progress(done)
    return done


def _end(
    context: Context, request: DownRequest, name: str, waits: Callable[[str, str], None]
) -> Downed:
    if context.stop.is_set():
        raise RuntimeFailure("was not begun with, as its time was over", hint=f"tt down {name}")
    with _withdrawn(context, name, lambda words: waits(name, words)):
        done = _stop(context, request, name)
        return _clean(context, name, done) if request.clean and done.ok else done


@contextmanager
def _withdrawn(context: Context, name: str, told: Callable[[str], None]) -> Iterator[None]:
    """Hold an agent; whoever is starting it meanwhile is asked to leave off."""
    purpose, unless = f"tt down {name}", context.stop.is_set
    asking = patient_lock(context.places.withdrawal(name), purpose, told, unless=unless)
    holding = patient_lock(context.places.lock(f"agent-{name}"), purpose, told, unless=unless)
    with asking:
        holding.acquire()
    try:
        yield
    finally:
        holding.release()


def _stop(context: Context, request: DownRequest, name: str) -> Downed:
    # Looked up under the lock: whoever held it may have started or ended the agent.
    session = session_now(context, name)
    if session is None:
        was_open = is_open(context, name)
        ended = end_survivors(context, name, grace=request.grace)
        done = _counted(name, "stopped" if ended != Ended() else "not running", ended)
        said = "its session had vanished" if was_open else "its start had been cut short"
        lost = done.ok and done.outcome == "stopped"
        return attrs.evolve(done, detail=said) if lost else done
    ended, trouble = end(context, name, session, "manual", grace=request.grace)
    done = _counted(name, "exited" if session.dead else "stopped", ended)
    details = [done.detail, _death(session), trouble]
    return attrs.evolve(done, detail="; ".join(filter(None, details)))


def _death(session: Session) -> str:
    """Return how a process ended by itself, empty if it did not."""
    if not session.dead:
        return ""
    status = session.exit_signal or session.exit_status
    return "its process had ended" + ("" if status is None else f" ({_how(status)})")


def _how(status: int | str) -> str:
    return f"exit status {status}" if isinstance(status, int) else status


def _counted(name: str, outcome: str, ended: Ended) -> Downed:
    if ended.left:
        left = ", ".join(str(pid) for pid in ended.left)
        hint = f"see what keeps them, then tt down {name}"
        return Downed(
            name, "failed", False, len(ended.killed), detail=f"still running: {left}", hint=hint
        )
    return Downed(name, outcome, killed=len(ended.killed))


def _clean(context: Context, name: str, done: Downed) -> Downed:
    try:
        retired = retire(context, name, f"tt down --clean {name}")
    except TuttiError as error:
        return attrs.evolve(done, ok=False, detail=error.message, hint=error.hint)
    if retired is None:
        return done
    back = way_back(retired.undo) if retired.undo else ""
    detail = "; ".join(filter(None, (done.detail, back, unkept(retired))))
    return attrs.evolve(done, cleaned=True, detail=detail, undo=retired.undo)

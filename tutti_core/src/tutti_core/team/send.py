"""`send`: a prompt goes to a running agent, and what became of it is said only as far as proven."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

from ..model.happening import Action, Receipt
from ..state.lock import Lock, LockHeld
from .ends import emit
from .preflight import Obstacle, awake, obstacle
from .queue import WAITING, Entry, Queue
from .recovering import recover
from .stopping import stopped
from .typist import type_in

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context
    from .turn import Typed

LOCK_SECS = 60.0
"""How long to wait for somebody else's prompt to the same agent."""


@attrs.frozen
class SendRequest:
    """What `send` takes.

    Attributes:
        agent: The agent.
        text: The prompt.
        raw: Whether a leading ``/`` or ``!`` is meant as the CLI's own command.
        without: Unowned tables to go on without.
        auto_up: Whether to start the agent if it does not run.
        interrupt: Whether to stop what it does first.
        queue: Whether the prompt is queued: None if the agent is busy, True in any case, False
            never.
        wait: Whether to wait until the agent is through with the prompt.
        timeout_secs: Seconds to wait.
        idle_stable_secs: Seconds for which its screen must rest where nothing else says that it is
            idle.
        output: Whether to return the agent's answer, which is to wait as well.
        output_lines: How many lines of that at most.
        correlation_id: What its events are to bear, ``prompt-`` and the microseconds first; an id
            of its own by default. Whoever may be killed can ask for it afterwards.
    """

    agent: str
    text: str
    raw: bool = False
    without: tuple[str, ...] = ()
    auto_up: bool = False
    interrupt: bool = False
    queue: bool | None = None
    wait: bool = False
    timeout_secs: float = 900.0
    idle_stable_secs: float = 5.0
    output: bool = False
    output_lines: int = 200
    correlation_id: str = ""


def send(context: Context, request: SendRequest) -> Receipt:
    """Give a running agent a prompt, and do no more than that.

    Args:
        context: The workspace.
        request: The agent and the prompt.

    Returns:
        The receipt.

    Raises:
        TuttiError: As `deliver`.
    """
    return deliver(context, request)[0]


def deliver(context: Context, request: SendRequest) -> tuple[Receipt, Typed | None]:
    """Give a running agent a prompt, or queue it.

    Nothing is typed into a dead pane, a dialog, a busy agent or over somebody's draft.

    Args:
        context: The workspace.
        request: The agent and the prompt.

    Returns:
        The receipt, and what the prompt was typed into; None if it was not typed at all.

    Raises:
        ConfigError: If there is no such agent.
        PolicyError: If a guard refuses.
        PluginError: If a table of the configuration has no working owner.
    """
    context.begin_acting(request.without)
    agent = context.agent(request.agent)
    action = Action("send", context.name, request.agent, {"text": request.text})
    warnings = context.permit(action)
    begun = time.monotonic()
    entry = _entry(context, request, agent.name)
    done, typed = _delivered(context, request, entry)
    spent = round((time.monotonic() - begun) * 1000)
    return _receipt(context, done, spent, warnings), typed


def _receipt(context: Context, done: Entry, ms: int, warnings: tuple[str, ...]) -> Receipt:
    outcome = "queued" if done.state == WAITING else done.state
    return Receipt(
        outcome,  # type: ignore[arg-type]  # a settled entry has no other state
        context.name,
        done.agent,
        done.why,
        ms,
        done.hint,
        warnings,
        correlation_id=done.correlation_id,
        entry=done.number if outcome == "queued" else None,
    )


def _entry(context: Context, request: SendRequest, agent: str) -> Entry:
    last = context.journal.last()
    return Entry(
        number=0,
        agent=agent,
        text=request.text,
        correlation_id=request.correlation_id or f"prompt-{time.time_ns() // 1_000}-{agent}",
        at=time.time(),
        raw=request.raw,
        without=tuple(request.without),
        seq=last["seq"] if last else 0,
    )


def _delivered(context: Context, request: SendRequest, entry: Entry) -> tuple[Entry, Typed | None]:
    if not entry.text.strip():
        hint = "give it as words, with -f FILE, or on stdin"
        return _refused(context, entry, Obstacle("the prompt is empty", hint)), None
    lock = Lock(context.places.lock(f"pane-{entry.agent}"), timeout=LOCK_SECS, purpose="tt send")
    try:
        lock.acquire()
    except LockHeld as held:
        busy = Obstacle(f"another prompt is being typed ({held.holder})", "try again", busy=True)
        return _later(context, request, entry, busy), None
    try:
        recover(context, entry.agent)
        return _under_lock(context, request, entry)
    finally:
        lock.release()


def _under_lock(context: Context, request: SendRequest, entry: Entry) -> tuple[Entry, Typed | None]:
    first = _first(context, request, entry)
    if first is not None:
        return _later(context, request, entry, first), None
    voice = awake(context, entry.agent)
    found = obstacle(context, voice)
    if found is not None and found.busy and request.interrupt:
        voice, found = _interrupted(context, voice)
    if found is not None:
        return _later(context, request, entry, found), None
    assert voice.session is not None
    into = attrs.evolve(entry, pane=voice.session.pane, pid=voice.session.pid)
    typing = attrs.evolve(into, state="typing", queued=False, typed_at=time.time())
    mine = Queue(context.places).put(typing)
    done, word, typed = type_in(context, mine, voice)
    return attrs.evolve(done, hint=word.hint), typed


def _first(context: Context, request: SendRequest, entry: Entry) -> Obstacle | None:
    """Return why a prompt is not to be typed now, whatever its agent does."""
    if request.queue:
        voice = context.voices([entry.agent])[entry.agent]
        found = obstacle(context, voice)
        return found._replace(busy=True) if found else Obstacle("it is next", "", busy=True)
    ahead = 0 if request.interrupt else len(Queue(context.places).waiting(entry.agent))
    if ahead and request.queue is None:
        some = "a prompt is" if ahead == 1 else f"{ahead} prompts are"
        return Obstacle(f"{some} queued before it", busy=True)
    return None


def _interrupted(context: Context, voice: Voice) -> tuple[Voice, Obstacle | None]:
    """Stop an agent; return it as it is then, and what stands in the way of a prompt."""
    quiet = stopped(context, voice)
    if isinstance(quiet, Obstacle):
        return voice, quiet
    context.emit("agent.interrupted", voice.agent, {"state": quiet.reading.state})
    return quiet, obstacle(context, quiet)


def _later(context: Context, request: SendRequest, entry: Entry, found: Obstacle) -> Entry:
    """Queue a prompt if its agent will be through by itself and that is wished, or refuse it."""
    if request.queue is False or not found.busy:
        return _refused(context, entry, found)
    hint = found.hint if found.hint.startswith("tt up") else "tt queue"
    made = Queue(context.places).put(attrs.evolve(entry, why=found.reason, hint=hint))
    emit(context, "queued", made)
    context.log.note("queued", agent=entry.agent, entry=made.number, why=found.reason)
    return made


def _refused(context: Context, entry: Entry, found: Obstacle) -> Entry:
    refused = attrs.evolve(entry, state="refused", why=found.reason, hint=found.hint, queued=False)
    emit(context, "refused", refused)
    context.log.note("sent", agent=entry.agent, outcome="refused", evidence=found.reason)
    return refused

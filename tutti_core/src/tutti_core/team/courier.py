"""Delivers queued prompts: in order, each once, when their agent takes one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from ..errors import TuttiError
from ..model.happening import Action
from ..state.lock import Lock
from .composing import looked
from .ends import end, untold
from .preflight import Obstacle, absent, obstacle
from .proof import Word
from .queue import IN_HAND, WAITING, Queue
from .recovering import recover
from .typist import type_in

if TYPE_CHECKING:
    from ..model.happening import Event
    from ..watching.look import Voice
    from .context import Context
    from .queue import Entry
    from .turn import Typed

EVERY_SECS = 1.0
REST_SECS = 2.0
"""How long a screen must rest where nothing else says that an agent is idle."""
PARALLEL = 4


class Carried(NamedTuple):
    """A prompt that was delivered, or that nobody could deliver.

    Attributes:
        entry: The prompt.
        word: What became of it.
        typed: What it was typed into, if it was.
    """

    entry: Entry
    word: Word
    typed: Typed | None = None


class Courier:
    """The service that delivers queued prompts.

    Attributes:
        name: Its name.
        events: After which there may be something to deliver.
        every: Seconds between looks, while something is queued.
    """

    name = "courier"
    events: Sequence[str] = ("prompt.queued", "agent.started", "agent.idle")
    every = EVERY_SECS

    def __init__(self) -> None:
        self._rests = Rests()

    def handle(self, context: Context, event: Event | None) -> None:
        """Deliver what can be delivered now."""
        agents = agents_waited_for(context)
        if agents:
            with ThreadPoolExecutor(PARALLEL) as pool:
                list(pool.map(lambda agent: self._carry(context, agent), agents))

    def _carry(self, context: Context, agent: str) -> None:
        try:
            carry(context, agent, self._rests)
        except TuttiError as error:  # one agent's trouble keeps no other waiting
            context.log.note("not delivered", agent=agent, exc_info=error)


class Rests:
    """For how long screens have rested of agents that nothing but the screen calls idle."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[object, float]] = {}

    def secs(self, voice: Voice) -> float:
        """Return the seconds for which an agent's screen has been as it is now."""
        picture, now = (voice.seen.screen, voice.reading.state), time.monotonic()
        if self._since.get(voice.agent, (None, 0.0))[0] != picture:
            self._since[voice.agent] = picture, now
        return now - self._since[voice.agent][1]


def agents_waited_for(context: Context) -> list[str]:
    """Return the agents with a prompt to deliver, or one of which nobody has said what became.

    Args:
        context: The workspace.
    """
    entries = Queue(context.places).all()
    open_ends = [one for one in entries if one.state == WAITING or one.state in IN_HAND]
    if any(one.state not in IN_HAND and one.state != WAITING and not one.told for one in entries):
        untold(context)
    return list(dict.fromkeys(one.agent for one in open_ends))


def carry(context: Context, agent: str, rests: Rests) -> Carried | None:
    """Deliver the oldest prompt of an agent if it takes one now.

    Args:
        context: The workspace.
        agent: The agent's name.
        rests: For how long screens have rested.

    Returns:
        What became of it; None if nothing was delivered.
    """
    lock = Lock(context.places.lock(f"pane-{agent}"), purpose="delivering a queued prompt")
    if not lock.try_acquire():
        return None
    try:
        recover(context, agent)
        waiting = Queue(context.places).waiting(agent)
        return _carried(context, waiting[0], rests) if waiting else None
    finally:
        lock.release()


def _carried(context: Context, entry: Entry, rests: Rests) -> Carried | None:
    if context.arrangement.named(entry.agent) is None and context.trouble is None:
        said = f"{entry.agent} is not in tutti.toml any more"
        return _over(context, entry, Word("refused", said, f"tt queue cancel {entry.number}"))
    voice = looked(context, entry.agent)
    held = held_by(context, voice, rests) or _unable(context, entry) if voice else None
    if held is not None:
        Queue(context.places).explain(entry, held.reason, held.hint)
    if voice is None or voice.session is None or held is not None:
        return None
    forbidden = _forbidden(context, entry)
    if forbidden is not None:
        return _over(context, entry, forbidden)
    last = context.journal.last()
    known = {"pane": voice.session.pane, "pid": voice.session.pid, "typed_at": time.time()}
    mine = Queue(context.places).claim(entry, **known, seq=last["seq"] if last else 0)
    return Carried(*type_in(context, mine, voice)) if mine else None


def held_by(context: Context, voice: Voice, rests: Rests) -> Obstacle | None:
    """Return why a queued prompt must wait: nobody is there to see it fail.

    Args:
        context: The workspace.
        voice: The agent.
        rests: For how long screens have rested.
    """
    found = absent(voice)
    if found is not None:
        return found
    reading = voice.reading
    rested = rests.secs(voice)
    if reading.state in ("auth_failed", "rate_limited", "provider_down"):
        why = f"it is {reading.state.replace('_', ' ')} ({reading.detail})"
        return Obstacle(why, f"tt send {voice.agent} --no-queue once that is mended")
    found = obstacle(context, voice)
    if found is None and not reading.confirmed and rested < REST_SECS:
        return Obstacle("it may still be at work")
    return found


def _over(context: Context, entry: Entry, word: Word) -> Carried | None:
    """Return what became of a prompt that must not be delivered, once that is told."""
    mine = Queue(context.places).claim(entry)
    if mine is None:
        return None
    end(context, mine, word, 0, keep=True)
    return Carried(mine, word)


def _unable(context: Context, entry: Entry) -> Obstacle | None:
    """Return why tt may do nothing at all for now."""
    if context.trouble is not None:
        return Obstacle(context.trouble.message, context.trouble.hint)
    try:
        context.begin_acting(entry.without)
    except TuttiError as error:
        return Obstacle(error.message, error.hint)
    return None


def _forbidden(context: Context, entry: Entry) -> Word | None:
    try:
        context.permit(Action("send", context.name, entry.agent, {"text": entry.text}))
    except TuttiError as error:
        return Word("refused", error.message, error.hint)
    return None

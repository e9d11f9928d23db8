"""`wait`: until agents are in a state, or it is known that they will not be.

`wait` looks again and again; what it says rests on what was seen, never on a blip: between two
steps of a turn a screen may look idle, so idle must be the agent's own word, or stand for a while.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

import attrs

from ..detection.judge import ERRORS
from ..errors import TuttiError, UsageError
from ..model.reading import STATES
from ..state.instants import MICROS, micros_of, text_of
from .asking import way_for
from .queue import ASTRAY, Queue
from .rousing import ensure
from .turn import ERROR_SECS, EXIT_CODES, HELD_SECS, RESTLESS, tries_again
from .watcher import believed

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

LOOK_SECS = 0.2
GONE = ("exited", "stopped")
STALE_SECS = 10.0
"""Idle since before a prompt that was submitted so lately says nothing of that prompt's turn."""

Told = Callable[[Mapping[str, "Voice"], float], None]


@attrs.frozen
class WaitRequest:
    """What `wait` takes.

    Attributes:
        agents: Whom to wait for; all of the team if empty.
        states: The states wanted; any of them will do.
        first: Whether one of the agents is enough; else all must be there at the same time.
        timeout_secs: Seconds to wait.
        stable_secs: Seconds for which a screen must be idle and unchanged where nothing but the
            screen says so.
        patient: Whether to go on waiting where somebody else has to act first: an agent that waits
            for an answer, whose login failed, whose provider gives no more.
    """

    agents: tuple[str, ...] = ()
    states: tuple[str, ...] = ("idle",)
    first: bool = False
    timeout_secs: float = 900.0
    stable_secs: float = 2.0
    patient: bool = False


@attrs.frozen
class Waited:
    """How waiting for one agent ended.

    Attributes:
        agent: The agent.
        end: The state it reached; or why it will not: ``waiting``, ``auth_failed``,
            ``rate_limited``, ``provider_down``, ``exited``, ``stopped``; ``timeout`` it goes on;
            ``unknown`` nobody can say; empty if others ended the wait before.
        reached: Whether that is what was waited for.
        state: Its state then.
        kind: What it waits to be told, if it does.
        detail: What its state stands on, in one line.
        hint: What can be done about it, if it was not reached.
    """

    agent: str
    end: str = ""
    reached: bool = False
    state: str = "unknown"
    kind: str = ""
    detail: str = ""
    hint: str = ""


@attrs.frozen
class WaitResponse:
    """What `wait` answers.

    Attributes:
        workspace: The workspace's name.
        end: ``reached``, or the end of the agent that ended the wait otherwise.
        agent: Who that was; empty if it was nobody alone.
        ms: Milliseconds waited.
        agents: How it ended for each.
    """

    workspace: str
    end: str
    agent: str
    ms: int
    agents: tuple[Waited, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of `tt wait`: 0 if it was reached, else one for each other end."""
        if self.end == "reached":
            return 0
        return EXIT_CODES["exited" if self.end == "stopped" else self.end]


def wait(context: Context, request: WaitRequest, told: Told = lambda *_: None) -> WaitResponse:
    """Wait until agents are in a state, or it is known that they will not be by themselves.

    Args:
        context: The workspace.
        request: Whom to wait for, and for what.
        told: Told at each look how they are, and the seconds waited.

    Raises:
        ConfigError: If there is no such agent.
        UsageError: If there is no such state, or nobody to wait for.
    """
    for state in request.states:
        if state not in STATES:
            raise UsageError(f"{state!r} is no state", hint=f"one of {', '.join(STATES)}")
    names = _names(context, request)
    ensure(context)
    return _Wait(context, request, names).run(told)


def _names(context: Context, request: WaitRequest) -> tuple[str, ...]:
    me = _self(context)
    if me in request.agents:
        raise UsageError(f"{me} cannot wait for itself", hint="name another agent")
    known = request.agents or [one.name for one in context.arrangement.agent if one.name != me]
    if not known:
        raise UsageError("there is nobody to wait for", hint="add an [[agent]] to tutti.toml")
    if request.agents:
        running = {one.agent for one in context.host.list(str(context.root))}
        for name in set(known) - running:
            context.agent(name)
    return tuple(dict.fromkeys(known))


def _self(context: Context) -> str:
    """Return the agent in whose pane this runs; empty if it does in none of this workspace."""
    here = os.environ.get("TUTTI_ROOT") == str(context.root)
    return os.environ.get("TUTTI_AGENT", "") if here else ""


class Standing:
    """For how long an agent's state has stood, and the screen beside it."""

    def __init__(self) -> None:
        self._held: tuple[object, float] = (None, 0.0)
        self._rested: tuple[object, float] = (None, 0.0)

    def look(self, voice: Voice, now: float) -> tuple[float, float]:
        """Return the seconds for which its state has stood, and its screen with it.

        Args:
            voice: The agent as it is seen now.
            now: Seconds on a clock that only goes forward.
        """
        reading = voice.reading
        state = (reading.state, reading.kind, reading.confirmed)
        picture = (state, voice.seen.screen)
        if self._held[0] != state:
            self._held = state, now
        if self._rested[0] != picture:
            self._rested = picture, now
        return now - self._held[1], now - self._rested[1]


class Seen(NamedTuple):
    """One look at an agent, with what is known beside it.

    Attributes:
        voice: The agent.
        stood: Seconds for which its state has stood.
        rested: Seconds for which its screen has.
        prompted: When a prompt was submitted to it last, in epoch seconds; 0 for never.
        queued: Whether a prompt waits to be typed.
    """

    voice: Voice
    stood: float
    rested: float
    prompted: float = 0.0
    queued: bool = False


def end_of(seen: Seen, request: WaitRequest) -> str:
    """Return the state that ends the wait for one agent, wanted or not; empty if none does.

    Args:
        seen: A look at it.
        request: What is waited for.
    """
    reading, state = seen.voice.reading, seen.voice.reading.state
    if state in request.states:
        return state if _settled(seen, request) else ""
    if state in GONE:
        return state
    if request.patient or "idle" not in request.states:
        return ""
    if state in ERRORS:
        final = seen.stood >= ERROR_SECS and not tries_again(seen.voice)
        return state if final else ""
    asks = state == "waiting" or bool(reading.kind)
    return "waiting" if asks and seen.stood >= HELD_SECS else ""


def _settled(seen: Seen, request: WaitRequest) -> bool:
    """Return whether what is wanted is there, and not only for a moment."""
    reading = seen.voice.reading
    if reading.state != "idle":
        return reading.state in ("working", *GONE) or seen.stood >= HELD_SECS
    if seen.queued or _stale(seen):
        return False
    if reading.confirmed:
        return seen.stood >= HELD_SECS
    enough = request.stable_secs
    return seen.rested >= enough or seen.stood >= RESTLESS * enough


def _stale(seen: Seen) -> bool:
    """Return whether it is idle since before its last prompt, whose turn it has yet to begin."""
    since, now = seen.voice.reading.since, seen.voice.seen.now
    early = since is not None and since <= seen.prompted
    return early and now - seen.prompted < STALE_SECS


class _Wait:
    def __init__(self, context: Context, request: WaitRequest, names: Collection[str]) -> None:
        self.context, self.request, self.names = context, request, names
        self.stands = {name: Standing() for name in names}
        self.last: Mapping[str, Voice] = {}
        self.trouble: TuttiError | None = None
        self.prompted: dict[str, float] = {}
        self.cursor = context.journal.follow(_recent(context))

    def run(self, told: Told) -> WaitResponse:
        begun = time.monotonic()
        while True:
            self._look()
            ends = {name: self._end(name) for name in self.names} if not self.trouble else {}
            over, elapsed = self._over(ends), time.monotonic() - begun
            if over is None and elapsed >= self.request.timeout_secs:
                over = ("unknown" if self.trouble else "timeout"), ""
            if over is not None:
                return self._response(*over, ends, elapsed)
            told(self.last, elapsed)
            time.sleep(min(LOOK_SECS, max(0.0, self.request.timeout_secs - elapsed)))

    def _look(self) -> None:
        """Look once; a look that fails is tried again until time is over."""
        try:
            events, self.cursor = self.context.journal.poll(self.cursor)
            for event in events:
                if event.get("event") == "prompt.submitted" and event.get("agent") in self.names:
                    self.prompted[event["agent"]] = micros_of(event["timestamp"]) / MICROS
            self.last = self._voices()
            self.trouble = None
        except TuttiError as error:
            self.trouble = error

    def _voices(self) -> Mapping[str, Voice]:
        """Return how they are: as the watcher has seen them, or by looking where nobody watches."""
        kept = believed(self.context.root)
        if kept is not None:
            return {name: one for name, one in kept.voices.items() if name in self.names}
        configured = all(self.context.arrangement.named(name) for name in self.names)
        found = self.context.voices(self.names if configured else None)
        return {name: found[name] for name in self.names if name in found}

    def _end(self, name: str) -> str:
        voice = self.last.get(name)
        if voice is None:
            return "stopped"
        stood, rested = self.stands[name].look(voice, time.monotonic())
        prompted, queued = self.prompted.get(name, 0.0), is_queued(self.context, name)
        return end_of(Seen(voice, stood, rested, prompted, queued), self.request)

    def _over(self, ends: Mapping[str, str]) -> tuple[str, str] | None:
        """Return how all of it ended, and by whom; None if it has not."""
        reached = [name for name, end in ends.items() if end in self.request.states]
        lost = [name for name, end in ends.items() if end and name not in reached]
        enough = bool(reached) if self.request.first else len(reached) == len(self.names)
        if ends and enough:
            return "reached", ""
        hopeless = len(lost) == len(self.names) if self.request.first else bool(lost)
        return (ends[lost[0]], lost[0]) if ends and hopeless else None

    def _response(
        self, end: str, agent: str, ends: Mapping[str, str], elapsed: float
    ) -> WaitResponse:
        rest = end if end in ("timeout", "unknown") else ""
        waited = tuple(self._waited(name, ends.get(name) or rest) for name in self.names)
        return WaitResponse(self.context.name, end, agent, round(elapsed * 1000), waited)

    def _waited(self, name: str, end: str) -> Waited:
        voice, reached = self.last.get(name), end in self.request.states
        if self.trouble is not None:
            return Waited(name, end, detail=self.trouble.message, hint=self.trouble.hint)
        if voice is None or voice.session is None:
            hint = "" if reached else f"tt up {name}"
            return Waited(name, end, reached, "stopped", "", "it has no session", hint)
        reading = voice.reading
        said = f"{reading.evidence[0].source} says {reading.state}" if reading.evidence else ""
        detail, hint = reading.detail or said, "" if reached or not end else _hint(voice)
        if end == "timeout" and reading.state == "idle" and is_queued(self.context, name):
            # By itself it looks as if what was waited for were there.
            detail, hint = f"{detail}; a prompt waits to be typed to it", "tt queue"
        return Waited(name, end, reached, reading.state, reading.kind, detail, hint)


def _hint(voice: Voice) -> str:
    reading = voice.reading
    if reading.state in ("exited", "unknown"):
        return f"tt peek {voice.agent}"
    if reading.state == "working":
        return f"tt status {voice.agent}"
    return way_for(voice.agent, reading)


def is_queued(context: Context, agent: str) -> bool:
    """Return whether a prompt waits to be typed to an agent: it is idle for a moment only.

    Args:
        context: The workspace.
        agent: Its name.
    """
    return any(
        one.agent == agent and one.state not in ASTRAY for one in Queue(context.places).all()
    )


def _recent(context: Context) -> int:
    """Return the number of the last event that cannot matter any more."""
    since = text_of(round((time.time() - STALE_SECS) * MICROS))
    first = next(iter(context.journal.read(after=since, limit=1)), None)
    last = context.journal.last()
    return first["seq"] - 1 if first else last["seq"] if last else 0

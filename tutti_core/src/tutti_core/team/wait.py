"""`wait`: until agents are in a state, or it is known that they will not be.

`wait` looks again and again; what it says rests on what was seen, never on a blip: between two
steps of a turn a screen may look idle, so idle must be the agent's own word, or stand for a while.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from ..errors import TuttiError, UsageError
from ..model.reading import STATES
from ..state.instants import MICROS, micros_of, text_of
from .asking import way_for
from .awaited import Waited, WaitRequest, WaitResponse
from .queue import ASTRAY, Queue
from .reaching import STALE_SECS, Seen, end_of, lacking
from .rousing import ensure
from .standing import LOOK_SECS, Standing
from .watcher import believed

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

Told = Callable[[Mapping[str, "Voice"], float], None]


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


class _Wait:
    def __init__(self, context: Context, request: WaitRequest, names: Collection[str]) -> None:
        self.context, self.request, self.names = context, request, names
        self.stands = {name: Standing() for name in names}
        self.seen: dict[str, Seen] = {}
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
        prompted, queued = self.prompted.get(name, 0.0), _is_queued(self.context, name)
        self.seen[name] = Seen(voice, stood, rested, prompted, queued)
        return end_of(self.seen[name], self.request)

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
        if end == "timeout":
            late = self.seen[name]
            detail = "; ".join(filter(None, [detail, lacking(late, self.request)]))
            hint = "tt queue" if late.queued and reading.state == "idle" else hint
        return Waited(name, end, reached, reading.state, reading.kind, detail, hint)


def _hint(voice: Voice) -> str:
    reading = voice.reading
    if reading.state in ("exited", "unknown"):
        return f"tt peek {voice.agent}"
    if reading.state in ("starting", "idle", "working") and not reading.kind:
        return f"tt status {voice.agent}"
    return way_for(voice.agent, reading)


def _is_queued(context: Context, agent: str) -> bool:
    """Return whether a prompt waits to be typed to an agent: it is idle for a moment only."""
    return any(
        one.agent == agent and one.state not in ASTRAY for one in Queue(context.places).all()
    )


def _recent(context: Context) -> int:
    """Return the number of the last event that cannot matter any more."""
    since = text_of(round((time.time() - STALE_SECS) * MICROS))
    first = next(iter(context.journal.read(after=since, limit=1)), None)
    last = context.journal.last()
    return first["seq"] - 1 if first else last["seq"] if last else 0

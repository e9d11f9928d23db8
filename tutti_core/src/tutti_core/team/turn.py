"""The end of a turn: a prompt was taken, and one waits until the agent is through with it.

`await_turn` is the one way in. It looks again and again; what it says rests on what was seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..detection.judge import ERRORS
from ..errors import RuntimeFailure, TuttiError
from .composing import above_composer
from .marks import ended_since
from .standing import ERROR_SECS, HELD_SECS, LOOK_SECS, RESTLESS, Standing, asks, tries_again
from .watcher import believed

if TYPE_CHECKING:
    from ..model.session import Session
    from ..watching.look import Voice
    from .context import Context

SHOWN = 40
"""Characters of a line that every terminal shows in one row."""

End = Literal[
    "done",
    "waiting",
    "auth_failed",
    "rate_limited",
    "provider_down",
    "exited",
    "timeout",
    "unknown",
]
EXIT_CODES = {
    "done": 0,
    "unknown": 4,
    "timeout": 5,
    "auth_failed": 6,
    "waiting": 7,
    "rate_limited": 8,
    "provider_down": 9,
    "exited": 10,
}
CATEGORIES = {"auth_failed": "policy", "rate_limited": "provider", "provider_down": "provider"}
WORDS = {"timeout": "idle_timeout"}


class Typed(NamedTuple):
    """What a prompt was typed into, and when.

    Attributes:
        session: The session.
        at: Epoch seconds.
        worked: Whether the agent was seen at work on it.
        text: The prompt as it was typed; empty if nobody knows.
        before: The agent as it was before, if somebody looked.
    """

    session: Session
    at: float
    worked: bool = False
    text: str = ""
    before: Voice | None = None


class Turn(NamedTuple):
    """How a turn ended.

    Attributes:
        end: ``done``; ``waiting`` for an answer; ``auth_failed``, ``rate_limited`` or
            ``provider_down``; ``exited``; ``timeout`` it goes on; ``unknown`` nobody can say.
        kind: What it waits for, if it does.
        source: ``runtime_signal`` if the agent itself says so, ``heuristic_idle_stable`` if its
            screen does; None if it is not done.
        detail: What that stands on, in one line.
    """

    end: End
    kind: str = ""
    source: str | None = None
    detail: str = ""


class WaitFailed(RuntimeFailure):
    """A prompt was taken, and the agent is not through with it as it should be."""

    def __init__(self, turn: Turn, agent: str, secs: float, hint: str = "") -> None:
        """Say how the turn ended instead; the exit code tells one end from another."""
        said = f"{turn.kind}: {turn.detail}" if turn.kind else turn.detail
        if turn.end == "timeout":
            said = f"agent={agent}, timeout_secs={secs:g}; {turn.detail}"
        super().__init__(
            f"send_wait_failed: {WORDS.get(turn.end, turn.end)} ({said})",
            hint=hint or _hint(turn, agent),
        )
        self.exit_code = EXIT_CODES[turn.end]
        self.category = CATEGORIES.get(turn.end, self.category)


def _hint(turn: Turn, agent: str) -> str:
    if turn.end == "timeout":
        return f"it was not stopped: tt status, or tt attach {agent}"
    return f"tt peek {agent}" if turn.end in ("exited", "unknown") else f"tt attach {agent}"


def await_turn(
    context: Context,
    agent: str,
    typed: Typed,
    *,
    secs: float,
    stable_secs: float = 5.0,
    told: Callable[[Voice, float], None] = lambda *_: None,
) -> Turn:
    """Wait until an agent is through with a prompt that it has provably taken.

    Args:
        context: The workspace.
        agent: Its name.
        typed: What the prompt was typed into, and when.
        secs: Seconds to wait.
        stable_secs: Seconds for which a screen must be idle and unchanged where nothing but the
            screen says so.
        told: Told at each look how the agent is, and the seconds waited.
    """
    return _Wait(context, agent, typed, stable_secs).run(secs, told)


class _Wait:
    def __init__(self, context: Context, agent: str, typed: Typed, stable_secs: float) -> None:
        self.context, self.agent, self.typed = context, agent, typed
        self.stable_secs = stable_secs
        self.worked = typed.worked
        self.trouble: TuttiError | None = None
        self.last: Voice | None = None
        self.standing = Standing()

    def run(self, secs: float, told: Callable[[Voice, float], None]) -> Turn:
        begun = time.monotonic()
        while True:
            voice = self._look()
            turn = self._ended(voice) if voice else None
            elapsed = time.monotonic() - begun
            if turn is not None:
                return turn
            if elapsed >= secs:
                return self._late()
            if voice:
                told(voice, elapsed)
            time.sleep(min(LOOK_SECS, max(0.0, secs - elapsed)))

    def _look(self) -> Voice | None:
        """Look once; a look that fails is tried again until time is over."""
        try:
            self.last = self._at_work() or self.context.voices([self.agent])[self.agent]
            self.trouble = None
        except TuttiError as error:
            self.trouble = error
            return None
        return self.last

    def _at_work(self) -> Voice | None:
        """Return the agent as whoever watches has it, if it is at work: no need to look as well."""
        found = believed(self.context.root)
        voice = found.voices.get(self.agent) if found else None
        known = voice is not None and voice.session is not None
        return voice if known and voice and voice.reading.state == "working" else None

    def _late(self) -> Turn:
        if self.trouble is not None or self.last is None:
            return Turn("unknown", detail=self.trouble.message if self.trouble else "never seen")
        reading = self.last.reading
        state = reading.state.replace("_", " ")
        return Turn("timeout", detail=f"it is {state}" + ("" if reading.confirmed else " perhaps"))

    def _ended(self, voice: Voice) -> Turn | None:
        gone = self._gone(voice)
        if gone:
            return Turn("exited", detail=gone)
        reading = voice.reading
        self.worked = self.worked or reading.state == "working"
        stood, rested = self.standing.look(voice, time.monotonic())
        if asks(voice):
            asked = Turn("waiting", reading.kind, None, reading.detail)
            return asked if stood >= HELD_SECS else None
        if self._stale(voice):
            said = reading.state == "idle" and rested >= self.stable_secs and self._answered(voice)
            return _done(voice, self.worked, "heuristic_idle_stable") if said else None
        if reading.state in ERRORS:
            final = stood >= ERROR_SECS and not tries_again(voice)
            return Turn(reading.state, detail=reading.detail) if final else None  # type: ignore[arg-type]
        if reading.state != "idle":
            return None
        if reading.confirmed:
            return _done(voice, self.worked, "runtime_signal") if stood >= HELD_SECS else None
        long = stood >= RESTLESS * self.stable_secs
        begun = self.worked or self._answered(voice) is not False
        quiet = long or (rested >= self.stable_secs and begun)
        return _done(voice, self.worked, "heuristic_idle_stable") if quiet else None

    def _gone(self, voice: Voice) -> str:
        session = voice.session
        if session is None:
            return "its session is gone"
        if session.pane != self.typed.session.pane:
            return "another process has taken its place"
        return (voice.reading.detail or "its process has ended") if session.dead else ""

    def _stale(self, voice: Voice) -> bool:
        """Return whether it is so since before the prompt, which says nothing of the turn."""
        since = voice.reading.since
        if since is None or since > self.typed.at or self.worked:
            return False
        return not ended_since(self.context, voice, self.typed.at)

    def _answered(self, voice: Voice) -> bool | None:
        """Return whether anything stands below the prompt; None if nobody knows what it was.

        An agent whose machine is busy may show nothing for a while, neither work nor an answer.
        """
        lines = [line for line in map(str.strip, self.typed.text.splitlines()) if line]
        if not lines or voice.seen.screen is None:
            return None
        _, found, below = above_composer(self.context, voice).rpartition(lines[-1][-SHOWN:])
        return not found or any(map(str.isalnum, below))


def _done(voice: Voice, worked: bool, source: str) -> Turn:
    evidence = voice.reading.evidence
    said = f"{evidence[0].source} says idle" if evidence else "it is idle"
    return Turn("done", "", source, said if worked else f"{said}; nobody saw it at work")

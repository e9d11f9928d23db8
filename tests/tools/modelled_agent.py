"""An agent in memory of whom anything may be expected, with a clock of its own."""

from __future__ import annotations

import time
from typing import Any

import attrs
import pytest

from tutti_core.model.session import Session
from tutti_core.team.context import Context
from tutti_core.team.up import UpRequest, up

LINE = "─" * 40
RULES = """
[composer]
prompt = "^❯ ?"

[[screen]]
id = "asks"
state = "waiting"
kind = "permission"
regex = "(?m)^may I"

[[screen]]
id = "busy"
state = "working"
region = "footer"
regex = "busy"

[[screen]]
id = "quiet"
state = "idle"
region = "composer"
regex = '\\S'
"""
PROMPT = "please go on with the work"


@attrs.define
class Plan:
    """What goes wrong, in seconds of the agent's clock from the beginning of a delivery.

    Attributes:
        draws: How late the screen shows what is.
        deaf: How many Enters are lost.
        deaf_until: Until when every Enter is lost.
        asks_at: When a dialog comes up by itself.
        types_at: When a person types a word in front of the cursor.
        dies_at: When its process ends.
        thinks: How long a turn takes.
    """

    draws: float = 0.02
    deaf: int = 0
    deaf_until: float = 0.0
    asks_at: float | None = None
    types_at: float | None = None
    dies_at: float | None = None
    thinks: float = 1.0


class Clock:
    """Time that passes only while somebody sleeps, or works a little."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def sleep(self, secs: float) -> None:
        self.now += secs

    def read(self) -> float:
        self.now += 0.002
        return self.now


class Agent:
    """A program with a composer, as a terminal shows it."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        self.clock, self.plan, self.begun = clock, plan, clock.now
        self.draft, self.said, self.busy_until = "", [], 0.0  # type: ignore[var-annotated]
        self.asking = self.dead = self.typed = False
        self.answered: list[str] = []
        self.frames: list[tuple[float, str]] = []
        self.seen, self.seen_at = "", clock.now
        self.blind: list[str] = []
        self._draw()

    @property
    def secs(self) -> float:
        return self.clock.now - self.begun

    def happen(self) -> None:
        """Let happen what is due by now."""
        plan = self.plan
        if plan.asks_at is not None and self.secs >= plan.asks_at and not self.answered:
            self.asking = True
        if plan.types_at is not None and self.secs >= plan.types_at and not self.typed:
            self.typed, self.draft = True, f"{self.draft}wait "
        if plan.dies_at is not None and self.secs >= plan.dies_at:
            self.dead = True
        self._draw()

    def paste(self, text: str) -> None:
        self.happen()
        if self.asking:
            self.answered.append(text)
        elif not self.dead:
            self.draft += text
        self._draw()

    def enter(self) -> None:
        self.happen()
        if f"\n❯ {PROMPT}\n{LINE}" not in self.seen or self.clock.now - self.seen_at > 0.1:
            self.blind.append(self.seen)
        if self.dead:
            return
        if self.asking:
            self.answered.append("Enter")
        elif self.plan.deaf > 0 or self.secs < self.plan.deaf_until:
            self.plan.deaf -= 1
        elif self.draft:
            self.said.append(self.draft)
            self.draft, self.busy_until = "", self.clock.now + self.plan.thinks
        self._draw()

    def screen(self) -> str:
        """Return what is shown by now: what was drawn long enough ago."""
        self.happen()
        old = [text for at, text in self.frames if at <= self.clock.now - self.plan.draws]
        self.seen, self.seen_at = old[-1] if old else self.frames[0][1], self.clock.now
        return self.seen

    def _draw(self) -> None:
        told = "".join(f"❯ {one}\n\n" for one in self.said)
        footer = "  busy" if self.clock.now < self.busy_until else "  ready"
        box = "may I\n" if self.asking else f"{LINE}\n❯ {self.draft}\n{LINE}\n{footer}\n"
        if not self.frames or self.frames[-1][1] != told + box:
            self.frames.append((self.clock.now, told + box))


@attrs.frozen
class World:
    """One workspace with one such agent in it."""

    crew: Any
    context: Context
    agents: list[Agent]
    clock: Clock

    def begin(self, plan: Plan) -> Agent:
        """Let the agent be a new one, and what is due at once have happened long ago."""
        agent = Agent(self.clock, plan)
        self.agents[:] = [agent]
        agent.happen()
        self.clock.now += 5
        agent.begun = self.clock.now
        ((name, session),) = self.crew.host.made.items()
        self.crew.host.made[name] = session._replace(dead=False)
        return self.agents[0]


def world_of(crew: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a workspace in which an agent runs, and a clock for it."""
    monkeypatch.setattr(type(crew.echo), "rules", lambda _: RULES)
    crew.host.screen = f"{LINE}\n❯ \n{LINE}\n  ready\n"
    context = crew.context("one", launch='mode = "safe"\nready_secs = 0.5')
    up(context, UpRequest())
    clock = Clock()
    agents: list[Agent] = []
    host = crew.host

    def listed(root: str | None = None) -> tuple[Session, ...]:
        agents[0].happen()
        return tuple(one._replace(dead=agents[0].dead) for one in host.made.values())

    def keys(pane: str, *names: str) -> None:
        assert names == ("Enter",)
        agents[0].enter()

    monkeypatch.setattr(host, "list", listed)
    monkeypatch.setattr(
        host, "capture", lambda panes, **_: {one: agents[0].screen() for one in panes}
    )
    monkeypatch.setattr(host, "paste", lambda pane, text: agents[0].paste(text))
    monkeypatch.setattr(host, "keys", keys)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock.read)
    monkeypatch.setattr(time, "time", clock.read)
    monkeypatch.setattr(context.log, "note", lambda *_, **__: None)
    return World(crew, context, agents, clock)

"""Real Codex: at every stage the state, and its rollout, which is found once it is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tutti_codex.runtime import Codex
from tutti_core import Observation, compile_rules, turns
from tutti_core.watching.feeds import feeds_of, look_at
from tutti_testing import wait_for
from tutti_testing.model import ModelServer

pytestmark = pytest.mark.real

RULES = compile_rules(Codex().rules(), "codex")


class Agent:
    """One agent of a stage, as `tt detect` sees it."""

    def __init__(self, stage: Any, name: str) -> None:
        self.stage, self.name = stage, name

    def now(self) -> dict[str, Any]:
        """Return what it is doing, with the evidence."""
        found: dict[str, Any] = self.stage.tt("detect", self.name, "--json").well().json()
        return found

    def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return what it is doing, once that is as wanted."""
        seen: list[dict[str, Any]] = []
        wait_for(lambda: seen.append(self.now()) or true(seen[-1]), 60)
        assert true(seen[-1]), (self.name, seen[-1])
        return seen[-1]

    def reaches(self, state: str, **more: Any) -> dict[str, Any]:
        """Return what it is doing once its state is as wanted."""
        wanted = {"state": state, **more}
        return self.until(lambda one: {key: one[key] for key in wanted} == wanted)

    def knows(self, found: dict[str, Any], state: str) -> bool:
        """Return whether its rollout says so, too."""
        return ("rollout", state) in [(one["source"], one["state"]) for one in found["evidence"]]

    def send(self, text: str) -> None:
        """Send as soon as it is taken."""
        assert wait_for(
            lambda: self.stage.tt("send", self.name, text, "--no-queue").exit_code == 0, 60
        )

    def seen(self) -> Observation:
        """Return its feeds, as whoever delivers prompts sees them."""
        feeds = look_at(feeds_of(self.stage.record(self.name)), RULES)
        return Observation(time.time(), "codex", session=True, feeds=feeds)


@pytest.fixture
def agent(stage: Any) -> Agent:
    """Give one that is quiet and asks before it acts."""
    stage.codexes("safe", "one")
    stage.tt("up").well()
    one = Agent(stage, "one")
    one.reaches("idle")
    return one


def test_every_stage_of_a_turn(stage: Any, agent: Agent) -> None:
    """Streaming, asked, allowed, left, interrupted: the rollout and the screen agree."""
    assert feeds_of(stage.record("one")) == {}
    agent.send("Talk. [[slow 60]]")
    agent.until(lambda one: one["state"] == "working" and agent.knows(one, "working"))
    agent.until(lambda one: one["state"] == "idle" and agent.knows(one, "idle"))

    (stage.tree("one") / "wait.sh").write_text("touch on\nuntil [ -e go ]; do sleep 0.1; done\n")
    agent.send("Do it. [[bash sh wait.sh]]")
    agent.reaches("waiting", kind="permission")
    stage.choose("one", "y")
    assert wait_for((stage.tree("one") / "on").exists)
    agent.reaches("working")
    (stage.tree("one") / "go").touch()
    agent.until(lambda one: one["state"] == "idle" and agent.knows(one, "idle"))

    agent.send("Write again. [[write other.txt hello]]")
    agent.reaches("waiting", kind="permission")
    stage.choose("one", "Escape")
    agent.until(lambda one: one["state"] == "idle" and agent.knows(one, "idle"))

    agent.send("Think. [[hang 30]]")
    agent.reaches("working")
    stage.press("one", "Escape")
    agent.until(lambda one: one["state"] == "idle" and agent.knows(one, "idle"))

    told = turns(RULES, agent.seen())
    assert [mark.text.split()[0] for mark in told.begun] == ["Talk.", "Do", "Write", "Think."]
    assert len(told.ended) == 4
    assert agent.now()["context"] is not None


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("[[http 401]]", "auth_failed"),
        ("[[http 429]]", "rate_limited"),
        ("[[http 503]]", "provider_down"),
        ("[[cut 3]]", "provider_down"),
    ],
)
def test_a_turn_that_failed_says_why(agent: Agent, script: str, state: str) -> None:
    """The rollout has the reason, also where the screen has it no more."""
    agent.send(f"Try. {script}")
    found = agent.until(lambda one: one["state"] == state and agent.knows(one, state))
    assert found["detail"]
    agent.send("Again. [[say Hello.]]")
    agent.until(lambda one: one["state"] == "idle" and agent.knows(one, "idle"))


def test_one_that_reaches_nobody_says_so(agent: Agent, model: ModelServer) -> None:
    """It goes on trying, and is not at work."""
    model.close()
    agent.send("Is anybody there?")
    agent.reaches("provider_down")


def test_one_that_was_killed_has_exited_and_goes_on(stage: Any, agent: Agent) -> None:
    """The process has the last word, whatever its rollout said last; then it is taken up again."""
    agent.send("Think. [[hang 60]]")
    agent.reaches("working")
    stage.run("kill", "-9", str(stage.record("one")["pid"])).well()
    agent.reaches("exited")
    [done] = stage.tt("up", "--json").well().json()["results"]
    assert (done["resumed"], done["state"]) == (True, "idle"), done
    agent.send("Where were we? [[say Here.]]")
    assert wait_for(lambda: turns(RULES, agent.seen()).answer == "Here."), agent.seen()
    agent.reaches("idle")

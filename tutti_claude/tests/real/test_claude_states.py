"""Real Claude Code, an old version to the newest: at every stage the state, and who knows it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tutti_claude.runtime import ClaudeCode
from tutti_core import Observation, compile_rules, turns
from tutti_core.watching.feeds import feeds_of, look_at
from tutti_testing import wait_for

pytestmark = pytest.mark.real

RULES = compile_rules(ClaudeCode().rules(), "claude-code")
# Who knows it: 1.0 keeps no live-status file, and has no hook for a turn that failed; that it asked
# it tells some seconds late, and so its screen knows better by then that it was answered.
NEW = {"idle": "live", "working": "live", "allowed": "live", "failed": "hooks", "left": "live"}
OLD = {"idle": "hooks", "working": "hooks", "allowed": "", "failed": "transcript"}
KNOWS = {"newest": NEW, "recent": NEW, "old": {**OLD, "left": "transcript"}}


class Agent:
    """One agent of a stage, as `tt detect` sees it."""

    def __init__(self, stage: Any, name: str) -> None:
        self.stage, self.name, self.knows = stage, name, KNOWS[name]

    def now(self) -> dict[str, Any]:
        """Return what it is doing, with the evidence."""
        found: dict[str, Any] = self.stage.tt("detect", self.name, "--json").well().json()
        return found

    def until(self, true: Callable[[dict[str, Any]], bool], secs: float = 60) -> dict[str, Any]:
        """Return what it is doing, once that is as wanted."""
        seen: list[dict[str, Any]] = []
        wait_for(lambda: seen.append(self.now()) or true(seen[-1]), secs)
        assert true(seen[-1]), f"{self.name}: {json.dumps(seen[-1], ensure_ascii=False)}"
        return seen[-1]

    def reaches(self, state: str, source: str = "", kind: str = "", **more: Any) -> dict[str, Any]:
        """Return what it is doing once its state, and who knows it, are as wanted."""
        wanted = {"state": state, "kind": kind, **more}
        return self.until(
            lambda one: (
                {key: one[key] for key in wanted} == wanted
                and source in ("", one["evidence"][0]["source"])
            )
        )

    def send(self, text: str) -> None:
        """Send as soon as it is taken."""
        assert wait_for(lambda: self.stage.tt("send", self.name, text).exit_code == 0, 60)

    def seen(self) -> Observation:
        """Return its feeds, as whoever delivers prompts sees them."""
        record = self.stage.record(self.name)
        feeds = look_at(feeds_of(record), RULES)
        return Observation(time.time(), "claude-code", session=True, feeds=feeds)


def begun(stage: Any, *names: str, **env: str) -> list[Agent]:
    """Start agents that ask before they act, and wait until they are quiet."""
    stage.claudes("safe", *names, **env)
    stage.open_gate()
    stage.tt("up").well()
    return [Agent(stage, name) for name in names]


@pytest.mark.parametrize("name", KNOWS)
def test_every_stage_of_a_turn(stage: Any, name: str) -> None:
    """Streaming, asked, allowed, left, interrupted, asked a question, and quiet again."""
    [agent] = begun(stage, name)
    agent.reaches("idle")

    agent.send("Tell me. [[slow 30]]")
    agent.reaches("working", agent.knows["working"])
    agent.reaches("idle", agent.knows["idle"], confirmed=True)
    known = turns(RULES, agent.seen())
    assert {mark.feed for mark in known.begun} == {"hooks", "transcript"}
    assert {mark.text for mark in known.begun} == {"Tell me. [[slow 30]]"}
    assert known.ended
    assert known.answer.split() == [f"word{number}" for number in range(1, 31)]
    assert 0 < agent.now()["context"] < 100

    (stage.tree(name) / "wait.sh").write_text("until [ -e go ]; do sleep 0.1; done\n")
    agent.send("Do it. [[bash sh wait.sh]]")
    asked = agent.reaches("waiting", "screen", "permission")
    assert asked["answers"]["deny"] == "Escape"
    assert [one["key"] for one in asked["options"]][:3] == ["1", "2", "3"]
    stage.choose(name, asked["answers"]["allow"])
    agent.reaches("working", agent.knows["allowed"])
    (stage.tree(name) / "go").touch()
    agent.reaches("idle", agent.knows["idle"], confirmed=True)

    agent.send("Write it. [[write a.txt one]]")
    agent.reaches("waiting", "screen", "permission")
    stage.choose(name, "Escape")
    agent.reaches("idle", agent.knows["left"], confirmed=True)

    agent.send("Tell me more. [[slow 90]]")
    agent.reaches("working", agent.knows["working"])
    stage.press(name, "Escape")
    agent.reaches("idle", agent.knows["left"], confirmed=True)
    # Stopped before its first word, it gives the prompt back as a draft.
    stage.press(name, "C-u")

    if name != "old":  # it has no tool that asks
        agent.send("Ask me. [[ask Which one?]]")
        agent.reaches("waiting", "screen", "question")
        stage.choose(name, "Escape")
        agent.reaches("idle", agent.knows["left"], confirmed=True)


@pytest.mark.parametrize("name", KNOWS)
def test_every_way_to_fail_and_to_go_on(stage: Any, name: str) -> None:
    """Each failure is told with its class, until the next turn; a crash, and going on after it."""
    [agent] = begun(stage, name)
    agent.reaches("idle")
    failures = {
        "401": "auth_failed",
        "429": "rate_limited",
        "529": "provider_down",
        "503": "provider_down",
    }
    for status, state in failures.items():
        agent.send(f"Try it. [[http {status}]]")
        found = agent.reaches(state, agent.knows["failed"])
        assert found["detail"]
    agent.send("Again. [[say Better now.]]")
    agent.reaches("idle", agent.knows["idle"], confirmed=True)
    assert turns(RULES, agent.seen()).answer == "Better now."

    os.kill(stage.record(name)["pid"], signal.SIGKILL)
    found = agent.reaches("exited", "process")
    assert "signal" in found["detail"]
    stage.tt("up").well()
    found = agent.reaches("idle")
    agent.send("Where were we? [[say Here.]]")
    assert wait_for(lambda: turns(RULES, agent.seen()).answer == "Here.", 30), agent.seen()
    agent.reaches("idle", agent.knows["idle"], confirmed=True)


def test_a_plan_that_is_used_up(stage: Any) -> None:
    """A subscription's limit is told with the time it ends."""
    ends = int(time.time()) // 60 * 60 + 2 * 3600
    token = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "not-a-token"}
    agents = begun(stage, *KNOWS, **token)
    for agent in agents:
        agent.reaches("idle")
        agent.send(f"Try it. [[limit {ends}]]")
    for agent in agents:
        found = agent.until(lambda one: one["state"] == "rate_limited" and bool(one["resets"]))
        assert found["resets_at"] == ends, found


def test_a_provider_that_is_not_there(stage: Any) -> None:
    """While it tries again, and after it gave up, the provider is what is wrong."""
    agents = begun(stage, *KNOWS, ANTHROPIC_BASE_URL="http://127.0.0.1:9")
    for agent in agents:
        agent.reaches("idle")
        agent.send("Is anybody there?")
    for agent in agents:
        found = agent.reaches("provider_down", agent.knows["failed"])
        assert found["detail"]

"""Three real Claude Code agents, an old one and the newest among them, work side by side."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import ModelServer
from tutti_testing.stage import carrying

AGENTS = ("newest", "recent", "old")

pytestmark = pytest.mark.real


def committed(stage: Any, agent: str) -> list[str]:
    """Return the subjects of an agent's own commits."""
    log = stage.run("git", "log", "--format=%s", f"main..tutti/{agent}").well()
    return log.stdout.splitlines()


def test_a_day_of_three_agents(stage: Any) -> None:
    """Every state is read right on the way from up to down, and the work is on three branches."""
    stage.claudes("safe", *AGENTS)
    stage.tt("up", "--no-wait").well()
    assert {row["state"] for row in stage.status().values()} == {"starting"}
    stage.open_gate()
    for agent in AGENTS:
        stage.until(agent, "idle")

    for agent in AGENTS:
        text = f"A longer answer, please.\nIn more than one line. [[slow 40]]\nThis is {agent}."
        receipt = stage.tt("send", agent, "--json", stdin=text).well().json()
        assert receipt["outcome"] == "submitted", receipt
        stage.until(agent, "working")
        busy = stage.tt("send", agent, "One more thing", "--no-queue").badly()
        assert "it is working" in busy.stdout
    for agent in AGENTS:
        stage.until(agent, "idle")

    for agent in AGENTS:
        work = (
            f"Please write it down:\n[[write notes-{agent}.txt hello]]\n[[commit Notes of {agent}]]"
        )
        stage.tt("send", agent, stdin=work).well()
    for agent in AGENTS:
        row = stage.until(agent, "waiting")
        assert row["kind"] == "permission"
        assert row["activity_state"] == "working"
        refused = stage.tt("send", agent, "1").badly()
        assert "waits for an answer" in refused.stdout
    for agent in AGENTS:
        _allow_until_idle(stage, agent)
        assert committed(stage, agent) == [f"Notes of {agent}"]
        assert (stage.tree(agent) / f"notes-{agent}.txt").read_text().strip() == "hello"

    stage.tt("send", "recent", "--raw", "/exit")
    row = stage.until("recent", "exited")
    assert not row["running"]
    refused = stage.tt("send", "recent", "hello?").badly()
    assert "process has ended" in refused.stdout

    stage.tt("down").well()
    assert carrying(stage.root) == []
    assert {row["state"] for row in stage.status().values()} == {"stopped"}
    assert stage.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"


def test_the_first_prompt_is_the_prompt(stage: Any, model: ModelServer) -> None:
    """A prompt of the arrangement reaches the model whole, whatever it begins with."""
    prompt = "--help me with\n  'quotes' and $(this)\n[[say Understood.]]"
    stage.claudes("safe", "newest", "old", prompt=prompt)
    stage.open_gate()
    stage.tt("up").well()
    assert wait_for(lambda: _asked(model).count(prompt) == 2), _asked(model)
    for agent in ("newest", "old"):
        stage.until(agent, "idle")


def test_a_constrained_agent_does_what_the_policy_lists(stage: Any) -> None:
    """Listed tools run without asking; others are refused without asking."""
    stage.settings('[permissions]\nallow = ["Write", "git add", "git commit"]\n')
    stage.claudes("auto", "newest", "recent")
    stage.open_gate()
    stage.tt("up").well()
    for agent in ("newest", "recent"):
        stage.until(agent, "idle")
        work = "[[write a.txt one]] [[commit Allowed]] [[bash touch not-allowed]]"
        stage.tt("send", agent, work).well()
    for agent in ("newest", "recent"):
        assert wait_for(lambda agent=agent: committed(stage, agent) == ["Allowed"])
        stage.until(agent, "idle")
        assert not (stage.tree(agent) / "not-allowed").exists()


def test_failures_are_told_apart(stage: Any, model: ModelServer) -> None:
    """A rejected key, a limit and a provider that is down are three states, with their reasons."""
    stage.claudes("safe", "newest", "recent")
    stage.open_gate()
    stage.tt("up").well()
    wanted = {"401": "auth_failed", "429": "rate_limited", "529": "provider_down"}
    for agent in ("newest", "recent"):
        stage.until(agent, "idle")
        for code, state in wanted.items():
            _sent(stage, agent, f"[[http {code}]]")
            row = stage.until(agent, state)
            assert row["detail"]
        _sent(stage, agent, "[[say Better now.]]")
        stage.until(agent, "idle")


def test_a_reboot_costs_no_conversation(stage: Any, model: ModelServer) -> None:
    """After each of two reboots the agents know what they were told; an old one says how far."""
    stage.claudes("safe", *AGENTS)
    stage.open_gate()
    stage.tt("up").well()
    for agent in AGENTS:
        stage.until(agent, "idle")
        _sent(stage, agent, f"{agent} saw a heron. [[slow 10 0.3]]")
    for again in ("first", "second"):
        for agent in AGENTS:
            stage.until(agent, "idle")
        stage.reboot()
        done = stage.tt("up", "--restore", "--json").well().json()
        assert [one["agent"] for one in done["results"] if one["resumed"]] == [*AGENTS], done
        for agent in AGENTS:
            stage.until(agent, "idle")
            text = f"{again} question to {agent}: which bird? [[slow 10 0.3]]"
            stage.tt("send", agent, text).well()
            assert wait_for(lambda text=text: text in _asked(model)), _asked(model)
            [asked] = [one for one in model.requests if one.prompt == text and not one.aux]
            told = "first question" if (again, agent) == ("second", "old") else "saw a heron"
            assert any(told in one.text for one in asked.messages), asked
        by_name = {one["agent"]: one for one in done["results"]}
        assert "goes on in another file" in repr(by_name["old"]["warnings"])
        assert by_name["newest"]["warnings"] == []


def test_one_that_cannot_start_says_why(stage: Any) -> None:
    """An agent that ends at once is a failure with its last words; the other one runs."""
    program = stage.bins["old"] / "claude"
    program.write_text("#!/bin/sh\necho 'no luck today' >&2\nexit 3\n")
    stage.claudes("safe", "newest", "old")
    stage.open_gate()
    done = stage.tt("up", "--json").badly().json()
    by_name = {one["agent"]: one for one in done["results"]}
    assert by_name["newest"]["ok"]
    assert by_name["old"]["state"] == "exited"
    assert "exit status 3" in by_name["old"]["detail"]
    assert "no luck today" in by_name["old"]["detail"]


def _allow_until_idle(stage: Any, agent: str) -> None:
    """Answer each permission dialog with its first choice until the turn is over."""
    while stage.until(agent, "waiting", "idle")["state"] == "waiting":
        stage.choose(agent, "1")


def _asked(model: ModelServer) -> list[str]:
    return [one.prompt for one in model.requests if one.prompt and not one.aux]


def _sent(stage: Any, agent: str, text: str) -> None:
    """Send as soon as the agent takes it: while it tries again it is refused."""
    assert wait_for(lambda: stage.tt("send", agent, text, "--no-queue").exit_code == 0)

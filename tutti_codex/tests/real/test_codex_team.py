"""Real Codex agents work side by side, and their states are read right."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import ModelServer
from tutti_testing.stage import carrying

AGENTS = ("one", "two")

pytestmark = pytest.mark.real


def committed(stage: Any, agent: str) -> list[str]:
    """Return the subjects of an agent's own commits."""
    log = stage.run("git", "log", "--format=%s", f"main..tutti/{agent}").well()
    return log.stdout.splitlines()


def test_a_day_of_two_agents(stage: Any, model: ModelServer) -> None:
    """Every state is read right on the way from up to down, and the work is on two branches."""
    stage.codexes("safe", *AGENTS)
    stage.gate.unlink()
    stage.tt("up", "--no-wait").well()
    assert {row["state"] for row in stage.status().values()} == {"starting"}
    stage.gate.touch()
    early = "Early bird. [[say Good morning.]]"
    receipt = stage.tt("send", "one", early, "--json").well().json()
    assert receipt["outcome"] == "submitted", receipt
    for agent in AGENTS:
        stage.until(agent, "idle")
    assert _asked(model) == [early]

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
        work = f"Write it down:\n[[write notes-{agent}.txt hello]]\n[[commit Notes of {agent}]]"
        stage.tt("send", agent, stdin=work).well()
    for agent in AGENTS:
        row = stage.until(agent, "waiting")
        assert row["kind"] == "permission"
        refused = stage.tt("send", agent, "1").badly()
        assert "waits for an answer" in refused.stdout
    for agent in AGENTS:
        _allow_until_idle(stage, agent)
        assert committed(stage, agent) == [f"Notes of {agent}"]
        assert (stage.tree(agent) / f"notes-{agent}.txt").read_text().strip() == "hello"

    stage.tt("send", "one", "--raw", "/quit")
    stage.until("one", "exited")
    refused = stage.tt("send", "one", "hello?").badly()
    assert "process has ended" in refused.stdout
    stage.tt("down").well()
    assert carrying(stage.root) == []
    assert {row["state"] for row in stage.status().values()} == {"stopped"}


def test_the_first_prompt_is_the_prompt(stage: Any, model: ModelServer) -> None:
    """A prompt of the arrangement reaches the model whole, whatever it begins with."""
    prompt = "--help me with\n  'quotes' and $(this)\n[[say Understood.]]"
    stage.codexes("safe", "one", prompt=prompt)
    stage.tt("up").well()
    assert wait_for(lambda: prompt in _asked(model)), _asked(model)
    stage.until("one", "idle")


def test_what_it_would_run_itself_is_only_words(stage: Any, model: ModelServer) -> None:
    """Prompts that look like its own commands reach the model."""
    stage.codexes("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    for prompt in ("!touch not-run; : [[slow 10 0.3]]", "/status [[slow 10 0.3]]"):
        stage.tt("send", "one", prompt).well()
        assert wait_for(lambda prompt=prompt: prompt in _asked(model)), _asked(model)
        stage.until("one", "idle")
    assert not (stage.tree("one") / "not-run").exists()


def test_a_constrained_agent_is_told_the_policy_and_asks_nobody(
    stage: Any, model: ModelServer
) -> None:
    """It commits in its worktree without asking; the user is told what does not hold it."""
    stage.settings('[permissions]\nallow = ["git add", "git commit"]\n')
    stage.codexes("auto", "one")
    assert "cannot be held" in repr(stage.tt("up").well())
    stage.until("one", "idle")
    stage.tt("send", "one", "[[delay 2]] [[write a.txt one]] [[commit Allowed]]").well()
    assert wait_for(lambda: committed(stage, "one") == ["Allowed"])
    stage.until("one", "idle")
    assert "- git commit" in repr([dict(one.body) for one in model.requests])


def test_a_free_agent_does_what_it_is_asked(stage: Any) -> None:
    """With bypass it writes and commits, and nothing waits for an answer."""
    stage.codexes("safe", "one")
    stage.tt("up", "--mode", "unattended", "--policy", "bypass").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "[[delay 2]] [[write a.txt one]] [[commit Free]]").well()
    assert wait_for(lambda: committed(stage, "one") == ["Free"])
    stage.until("one", "idle")


def test_failures_are_told_apart(stage: Any) -> None:
    """A rejected key, a limit and a provider that is down are three states, with their reasons."""
    stage.codexes("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    ends = int(time.time()) // 60 * 60 + 2 * 3600
    wanted = {
        "http 401": "auth_failed",
        f"limit {ends}": "rate_limited",
        "http 503": "provider_down",
        "http 529": "provider_down",
    }
    for number, (failure, state) in enumerate(wanted.items()):
        stage.tt("send", "one", f"Try {number}. [[delay 2]] [[{failure}]]").well()
        row = stage.until("one", state)
        assert row["detail"]
        if state == "rate_limited":
            assert row["resets_at"] == ends, row
    stage.tt("send", "one", "[[slow 10 0.3]]").well()
    stage.until("one", "idle")


def test_a_reboot_costs_no_conversation(stage: Any, model: ModelServer) -> None:
    """After a reboot, and another, each agent still knows what it was told before the first."""
    stage.codexes("safe", *AGENTS)
    stage.tt("up").well()
    for agent in AGENTS:
        stage.until(agent, "idle")
        stage.tt("send", agent, f"{agent} saw a heron. [[slow 10 0.3]]").well()
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
            assert any(f"{agent} saw a heron" in one.text for one in asked.messages), asked


def test_a_folder_that_is_not_trusted_waits_for_a_person(stage: Any, model: ModelServer) -> None:
    """The first prompt is kept until somebody has answered, and is not the answer."""
    stage.distrust()
    stage.codexes("safe", "one", prompt="[[say Well.]]")
    stage.tt("up", "--no-wait").well()
    assert stage.until("one", "waiting")["kind"] == "trust"
    assert _asked(model) == []
    stage.choose("one", "Enter")
    assert wait_for(lambda: _asked(model) != [])
    stage.until("one", "idle")


def _allow_until_idle(stage: Any, agent: str) -> None:
    """Answer each permission dialog with yes until the turn is over."""
    while stage.until(agent, "waiting", "idle")["state"] == "waiting":
        stage.choose(agent, "y")


def _asked(model: ModelServer) -> list[str]:
    return [one.prompt for one in model.requests if one.prompt and not one.aux]

"""Real OpenClaw agents work side by side, and their states are read right."""

from __future__ import annotations

from pathlib import Path
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


def test_a_day_of_two_agents(stage: Any) -> None:
    """Every state is read right on the way from up to down, and the work is on two branches."""
    before = {path: path.read_bytes() for path in stage.own.rglob("*") if path.is_file()}
    stage.claws("unattended", *AGENTS, policy="bypass")
    stage.tt("up", "--no-wait").well()
    assert stage.until("one", "starting", "idle")["state"] == "starting"
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
        work = f"Write it down:\n[[write notes-{agent}.txt hello]]\n[[commit Notes of {agent}]]"
        stage.tt("send", agent, stdin=work).well()
    for agent in AGENTS:
        assert wait_for(lambda agent=agent: committed(stage, agent) == [f"Notes of {agent}"])
        stage.until(agent, "idle")
        assert (stage.tree(agent) / f"notes-{agent}.txt").read_text().strip() == "hello"
        assert stage.run("git", "status", "--short", cwd=stage.tree(agent)).well().stdout == ""

    stage.tt("send", "one", "--raw", "/quit")
    stage.until("one", "exited")
    stage.tt("down").well()
    assert carrying(stage.root) == []
    assert {row["state"] for row in stage.status().values()} == {"stopped"}
    assert {path: path.read_bytes() for path in stage.own.rglob("*") if path.is_file()} == before


def test_the_first_prompt_is_the_prompt(stage: Any, model: ModelServer) -> None:
    """A prompt of the arrangement reaches the model whole, whatever it begins with."""
    prompt = "--help me with\n  'quotes' and $(this)\n[[say Understood.]]"
    stage.claws("safe", "one", prompt=prompt)
    stage.tt("up").well()
    assert wait_for(lambda: prompt in _asked(model)), _asked(model)
    stage.until("one", "idle")


def test_what_it_would_run_itself_is_only_words(stage: Any, model: ModelServer) -> None:
    """Its dialog is for a person and no place for a prompt; what tt sends reaches the model."""
    stage.claws("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "--raw", "!touch not-run")
    assert stage.until("one", "waiting")["kind"] == "permission"
    refused = stage.tt("send", "one", "yes").badly()
    assert "waits for an answer" in refused.stdout
    stage.press("one", "Escape")
    stage.until("one", "idle")
    assert model.requests == []
    for prompt in ("!touch not-run; : [[slow 10 0.3]]", "/status [[slow 10 0.3]]"):
        stage.tt("send", "one", prompt).well()
        assert wait_for(lambda prompt=prompt: f"Prompt: {prompt}" in _asked(model))
        stage.until("one", "idle")
    assert not (stage.tree("one") / "not-run").exists()


def test_a_constrained_agent_is_told_the_policy_and_asks_nobody(
    stage: Any, model: ModelServer
) -> None:
    """It commits without asking, has no tool that is not listed, and the user is told the rest."""
    stage.settings('[permissions]\nallow = ["git add", "git commit", "Edit"]\n')
    stage.claws("auto", "one", prompt="[[bash touch a.txt]] [[commit Allowed]]")
    assert "cannot be held" in repr(stage.tt("up").well())
    assert wait_for(lambda: committed(stage, "one") == ["Allowed"])
    stage.until("one", "idle")
    assert "- git commit" in model.requests[0].prompt
    assert {"edit", "exec"} <= set(model.requests[0].tools)
    assert "write" not in model.requests[0].tools


def test_safe_runs_no_command_that_nobody_approved(stage: Any, model: ModelServer) -> None:
    """There is nobody to approve it, and the model hears so."""
    stage.claws("safe", "one")
    assert "cannot ask" in repr(stage.tt("up").well())
    stage.until("one", "idle")
    stage.tt("send", "one", "[[delay 2]] [[bash touch not-run]]").well()
    stage.until("one", "idle")
    (result,) = [found for request in model.requests for found in request.tool_results]
    assert "approval" in result.text
    assert not (stage.tree("one") / "not-run").exists()


def test_failures_are_told_apart(stage: Any) -> None:
    """A rejected key and an empty account are two states, with their reasons."""
    stage.claws("safe", *AGENTS)
    stage.tt("up").well()
    wanted = {"one": ("http 401", "auth_failed"), "two": ("limit", "rate_limited")}
    for agent, (failure, state) in wanted.items():
        stage.until(agent, "idle")
        stage.tt("send", agent, f"[[delay 2]] [[{failure}]]").well()
        assert stage.until(agent, state)["detail"]


def test_a_conversation_outlives_its_process(stage: Any, model: ModelServer) -> None:
    """Stopped and started again it knows what was said, in the state folder that is its own."""
    stage.claws("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "The word is rhubarb. [[slow 10 0.3]]").well()
    stage.until("one", "idle")
    stage.tt("down").well()
    stage.tt("up").well()
    stage.until("one", "idle")
    assert "rhubarb" in stage.tt("peek", "one").stdout
    stage.tt("send", "one", "Which word? [[slow 10 0.3]]").well()
    assert wait_for(lambda: "Which word? [[slow 10 0.3]]" in _asked(model))
    assert "rhubarb" in repr(model.requests[-1].messages)


def test_an_old_node_is_named_before_anything_runs(stage: Any, tmp_path: Path) -> None:
    """What was found, what is wanted and what to do: one line when starting, and in the doctor."""
    old = tmp_path / "old"
    old.mkdir()
    (old / "node").write_text('#!/bin/sh\n[ "$1" = --version ] && echo v20.20.2\nexit 1\n')
    (old / "node").chmod(0o755)
    stage.env["PATH"] = f"{old}:{stage.env['PATH']}"
    stage.claws("safe", "one")
    refused = stage.tt("up").badly()
    assert "OpenClaw runs on Node.js >=24.16.0" in repr(refused)
    assert "found 20.20.2" in repr(refused)
    assert "found 20.20.2" in stage.tt("doctor").badly().stdout
    assert carrying(stage.root) == []


def _asked(model: ModelServer) -> list[str]:
    return [one.prompt for one in model.requests if one.prompt and not one.aux]

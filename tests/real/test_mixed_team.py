"""One team of three different CLIs: Claude Code, Codex and Aider, in one `tutti.toml`."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import ModelServer
from tutti_testing.stage import carrying

# What a person presses to allow something, and types to leave.
YES = {"claude": ("1",), "codex": ("y",), "aider": ("y", "Enter")}
LEAVE = {"claude": "/exit", "codex": "/quit", "aider": "/exit"}

pytestmark = pytest.mark.real


def committed(stage: Any, agent: str) -> list[str]:
    """Return the subjects of an agent's own commits."""
    log = stage.run("git", "log", "--format=%s", f"main..tutti/{agent}").well()
    return log.stdout.splitlines()


def states(stage: Any) -> set[str]:
    """Return the states of the team."""
    return {row["state"] for row in stage.status().values()}


def test_a_day_of_three_runtimes(stage: Any, model: ModelServer) -> None:
    """Every state of each is read right from up to down, and the work is on three branches."""
    stage.everybody("safe")
    stage.tt("up", "--no-wait").well()
    assert states(stage) == {"starting"}
    stage.open_gate()
    for agent in YES:
        stage.until(agent, "idle")

    for agent in YES:
        text = f"A longer answer, please.\nIn more than one line. [[slow 40]]\nThis is {agent}."
        receipt = stage.tt("send", agent, "--json", stdin=text).well().json()
        assert receipt["outcome"] == "submitted", receipt
        stage.until(agent, "working")
    for agent in YES:
        stage.until(agent, "idle")
        assert any(f"This is {agent}." in one.prompt for one in model.requests)

    for agent in YES:
        work = f"Write it down:\n[[write {agent}.txt hello]]\n[[commit Notes of {agent}]]"
        stage.tt("send", agent, stdin=work).well()
    for agent in YES:
        assert stage.until(agent, "waiting")["kind"] == "permission"
        refused = stage.tt("send", agent, "y").badly()
        assert "waits for an answer" in refused.stdout
    for agent in YES:
        _allow_until_committed(stage, agent)
        stage.until(agent, "idle")
        assert committed(stage, agent) == [f"Notes of {agent}"]
        assert (stage.tree(agent) / f"{agent}.txt").read_text().strip() == "hello"
        assert stage.run("git", "status", "--porcelain", cwd=stage.tree(agent)).stdout == ""

    for agent, word in LEAVE.items():
        stage.tt("send", agent, "--raw", word)
        stage.until(agent, "exited")
    stage.tt("down").well()
    assert carrying(stage.root) == []
    assert states(stage) == {"stopped"}
    assert stage.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"


def test_a_team_that_works_goes_down_whole(stage: Any) -> None:
    """Three that are in the middle of an answer are ended, and nothing of them is left."""
    stage.everybody("safe").open_gate()
    stage.tt("up").well()
    for agent in YES:
        stage.until(agent, "idle")
        stage.tt("send", agent, "[[slow 400]]").well()
    for agent in YES:
        stage.until(agent, "working")
    assert carrying(stage.root) != []
    stage.tt("down", "--grace", "2").well()
    assert carrying(stage.root) == []
    assert states(stage) == {"stopped"}


def _allow_until_committed(stage: Any, agent: str) -> None:
    """Answer each permission dialog with yes until the work is committed."""

    def done() -> bool:
        if committed(stage, agent):
            return True
        if stage.status()[agent]["state"] == "waiting":
            stage.choose(agent, *YES[agent])
        return False

    assert wait_for(done), stage.tt("peek", agent).stdout

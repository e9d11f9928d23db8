"""tt killed by the system at any instant: no agent twice, none unknown, every event once."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from tutti_testing import Stage
from tutti_testing.stage import Result, carrying

TEAM = """[workspace]
name = "crash"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[[agent]]
name = "one"
"""
KILLED_AT = """
import os, signal, sys
import tutti_core.team.{module} as room
room.{name} = lambda *words, **named: os.kill(os.getpid(), signal.SIGKILL)
from tutti_core.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


def killed(workspace: Stage, module: str, name: str, *words: str) -> Result:
    """Run tt, killed where it would call a function."""
    program = KILLED_AT.format(module=module, name=name)
    done = workspace.run(sys.executable, "-c", program, *words)
    assert done.exit_code == -signal.SIGKILL, done
    return done


def names(workspace: Stage) -> list[str]:
    """Return what is in the journal, in order."""
    return [event["event"] for event in workspace.events()]


INSTANTS = [
    ("start", "planned"),  # the worktree is there, and no record yet
    ("start", "_session"),  # the record is there, and no session yet
    ("start", "complete"),  # the session is there, and nobody told of it
]


@pytest.mark.parametrize(("module", "name"), INSTANTS)
def test_killed_on_the_way_up(workspace: Stage, module: str, name: str) -> None:
    """The next `up` has one agent, one start in the journal, and a record that fits."""
    workspace.team(TEAM)
    killed(workspace, module, name, "up")
    workspace.tt("up").well()
    again = workspace.tt("up", "--json").well().json()
    assert [one["outcome"] for one in again["results"]] == ["running"]
    assert names(workspace) == ["agent.started"]
    record = json.loads((workspace.root / ".tutti" / "state" / "one.json").read_text())
    assert record["pid"] in carrying(workspace.root)
    row = workspace.status()["one"]
    assert (row["conversation"], row["branch"]) == (record["conversation"], "tutti/one")
    assert row["evidence"][0]["source"] == "live"


@pytest.mark.parametrize(("module", "name"), INSTANTS)
def test_killed_on_the_way_up_and_taken_down(workspace: Stage, module: str, name: str) -> None:
    """The next `down` leaves no process, and the journal has no end without a start."""
    workspace.team(TEAM)
    killed(workspace, module, name, "up")
    workspace.tt("down").well()
    assert carrying(workspace.root) == []
    assert names(workspace) in ([], ["agent.started", "agent.stopped"])
    workspace.tt("up").well()


def test_killed_on_the_way_down(workspace: Stage) -> None:
    """An end that nobody wrote down is written down by whoever comes next, once."""
    workspace.team(TEAM)
    workspace.tt("up").well()
    killed(workspace, "ending", "closed", "down")
    assert carrying(workspace.root) == []
    for _ in range(2):
        assert "No running agents" in workspace.tt("down").well().stdout
    assert names(workspace) == ["agent.started", "agent.stopped"]


def test_what_outlives_its_terminal_is_found(workspace: Stage) -> None:
    """When tmux dies and a process survives it, `up` refuses to double it and `down` ends it."""
    workspace.team(TEAM.replace('"safe"', '"unattended"\npolicy = "bypass"'))
    workspace.tt("up").well()
    workspace.tt("send", "one", "[[spawn 1]]").well()
    workspace.until("one", "idle")
    socket = workspace.env["TUTTI_TMUX_SOCKET"]
    workspace.run("tmux", "-L", socket, "kill-server").well()
    assert carrying(workspace.root)
    refused = workspace.tt("up", "--json").badly().json()["results"][0]
    assert "has lost its session, and processes of it still run" in refused["detail"]
    assert "tt down one" in refused["hint"]
    told = workspace.tt("down", "--grace", "1").well()
    assert "its session had vanished" in told.stderr
    assert carrying(workspace.root) == []
    workspace.tt("up").well()
    assert names(workspace).count("agent.stopped") == 1

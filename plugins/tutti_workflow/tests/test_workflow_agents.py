"""Runs that are killed while agents work: nobody is told twice, nobody is started twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tutti_testing import Stage

TEAM = """
[workspace]
name = "work"

[launch]
mode = "unattended"
policy = "bypass"

[defaults]
runtime = "demo"
worktree = false

[[agent]]
name = "ann"
persistent = true

[[workflow]]
name = "ask"

[[workflow.step]]
type = "ensure_running"
agent = "ann"

[[workflow.step]]
id = "talk"
type = "prompt"
agent = "ann"
text = '''
[[append told.txt once]] [[bash until test -e go; do sleep 0.1; done]] [[append told.txt done]]'''
wait_for_idle = true

[[workflow.step]]
type = "command"
run = "cat told.txt >> seen.txt"
"""


STARTS = """
[workspace]
name = "work"

[launch]
mode = "unattended"
policy = "bypass"

[defaults]
runtime = "demo"
worktree = false

[[agent]]
name = "ann"

[[workflow]]
name = "ensure"

[[workflow.step]]
type = "ensure_running"
agent = "ann"

[[workflow]]
name = "tell"

[[workflow.step]]
type = "prompt"
agent = "ann"
text = "[[append told.txt once]]"
wait_for_idle = true

[[workflow]]
name = "around"

[[workflow.step]]
type = "workflow"
workflow = "ensure"
"""

KILLED = """
import os, signal, sys
from tutti_core.team import start
from tutti_core.terminal.host import TmuxHost

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_after(work):
    def dying(*args):
        work(*args)
        die()
    return dying

point = sys.argv.pop(1)
if point == "planned":
    TmuxHost.create = die
elif point == "made":
    TmuxHost.create = dies_after(TmuxHost.create)
else:
    start.complete = dies_after(start.complete)
from tutti_core.cli import main
main()
"""
"""Dies when a launch is on record, when its session is made, or when that is on record too."""


def killed_at(stage: Stage, point: str, flow: str) -> None:
    """Run a workflow, killed at some point of the launch of its agent."""
    done = stage.run(sys.executable, "-c", KILLED, point, "run", flow, timeout=90)
    assert done.exit_code == -signal.SIGKILL, done


def journal(stage: Stage) -> Path | None:
    """The journal of the one run there is, once it is."""
    found = list((stage.root / ".tutti" / "state" / "runs").glob("*/journal.jsonl"))
    return found[0] if found else None


def killed(stage: Stage, when: Callable[[], bool]) -> None:
    """Run the workflow, and kill it at some moment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tutti_core", "run", "ask"],
        cwd=stage.root,
        env=stage.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 90
    while process.poll() is None and not when():
        assert time.monotonic() < end, "the moment did not come"
        time.sleep(0.005)
    process.kill()
    process.wait(30)


def told(stage: Stage) -> list[str]:
    """What the agent wrote, as often as it was told to."""
    path = stage.root / "told.txt"
    return path.read_text().split() if path.exists() else []


def is_proven(stage: Stage) -> bool:
    """Whether it is on record that the agent took the prompt."""
    path = stage.root / ".tutti" / "state" / "events.jsonl"
    return path.exists() and '"prompt.submitted"' in path.read_text()


def lines(stage: Stage) -> int:
    """How many lines the journal of the run has."""
    path = journal(stage)
    return path.read_bytes().count(b"\n") if path else 0


@pytest.mark.timeout(180)
def test_killed_in_the_middle_of_a_turn(workspace: Stage) -> None:
    """The turn goes on without tt; the resumed run waits for its end, and sends nothing again."""
    workspace.team(TEAM)
    killed(workspace, lambda: told(workspace) == ["once"] and is_proven(workspace))
    plan = workspace.tt("run", "--resume", "last", "--dry-run", "--json").well().json()
    assert [one["does"] for one in plan["resume"]["steps"]] == ["keep", "continue", "run"]
    assert told(workspace) == ["once"]
    (workspace.root / "go").touch()
    done = workspace.tt("run", "--resume", "last", "--json").well().json()
    assert [one["status"] for one in done["step_results"]] == ["success"] * 3
    assert told(workspace) == ["once", "done"]
    assert (workspace.root / "seen.txt").read_text().split() == ["once", "done"]
    events = [one["event"] for one in workspace.events()]
    assert events.count("agent.started") == events.count("prompt.submitted") == 1


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("count", range(1, 13))
def test_killed_after_each_line_of_its_journal(workspace: Stage, count: int) -> None:
    """Told once, or reported as what nobody can say, which a person then decides."""
    workspace.team(TEAM)
    killed(workspace, lambda: lines(workspace) >= count)
    (workspace.root / "go").touch()
    done = workspace.tt("run", "--resume", "last", "--json")
    if done.exit_code and "already succeeded" not in done.stderr:
        assert "cannot go on by itself: step 2 (talk)" in done.stderr, done
        workspace.tt("run", "--resume", "last", "--on-resume", "skip").well()
        assert told(workspace).count("once") <= 1
    else:
        assert told(workspace) == ["once", "done"]
    started = [one for one in workspace.events() if one["event"] == "agent.started"]
    assert len(started) == 1


POINTS = ("planned", "made", "told")
FLOWS = ("ensure", "tell", "around")
DAILY = {("made", "around")}


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("point", "flow"),
    [
        pytest.param(point, flow, marks=[] if (point, flow) in DAILY else [pytest.mark.soak])
        for point in POINTS
        for flow in FLOWS
    ],
)
def test_killed_while_it_starts_an_agent(workspace: Stage, point: str, flow: str) -> None:
    """Whoever was started by the killed process is the run's: started once, and ended with it."""
    workspace.team(STARTS)
    killed_at(workspace, point, flow)
    done = workspace.tt("run", "--resume", "last", "--json", timeout=90).well().json()
    assert [(one["agent"], one["outcome"]) for one in done["reclaimed"]] == [("ann", "reclaimed")]
    assert workspace.status()["ann"]["state"] == "stopped"
    assert [one["event"] for one in workspace.events()].count("agent.started") == 1
    if flow == "ensure":
        assert done["step_results"][0]["message"] == "started agent 'ann'"


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_who_was_started_meanwhile_stays(workspace: Stage) -> None:
    """A run that was killed before it started anybody does not end whom its user starts."""
    workspace.team(STARTS)
    killed_at(workspace, "planned", "ensure")
    workspace.tt("up", "ann").well()
    done = workspace.tt("run", "--resume", "last", "--json", timeout=90).well().json()
    assert done["step_results"][0]["message"] == "agent 'ann' already running"
    assert [one for one in done["reclaimed"] if one["outcome"] == "reclaimed"] == []
    assert workspace.status()["ann"]["state"] == "idle"

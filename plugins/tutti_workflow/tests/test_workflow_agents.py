"""Runs that are killed while agents work: nobody is told twice, nobody is started twice."""

from __future__ import annotations

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
text = "[[append told.txt once]] [[think 3]] [[append told.txt done]]"
wait_for_idle = true

[[workflow.step]]
type = "command"
run = "cat told.txt >> seen.txt"
"""


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


def lines(stage: Stage) -> int:
    """How many lines the journal of the run has."""
    path = journal(stage)
    return path.read_bytes().count(b"\n") if path else 0


@pytest.mark.timeout(180)
def test_killed_in_the_middle_of_a_turn(workspace: Stage) -> None:
    """The turn goes on without tt; the resumed run waits for its end, and sends nothing again."""
    workspace.team(TEAM)
    killed(workspace, lambda: told(workspace) == ["once"])
    plan = workspace.tt("run", "--resume", "last", "--dry-run", "--json").well().json()
    assert [one["does"] for one in plan["resume"]["steps"]] == ["keep", "continue", "run"]
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
    done = workspace.tt("run", "--resume", "last", "--json")
    if done.exit_code and "already succeeded" not in done.stderr:
        assert "cannot go on by itself: step 2 (talk)" in done.stderr, done
        workspace.tt("run", "--resume", "last", "--on-resume", "skip").well()
        assert told(workspace).count("once") <= 1
    else:
        assert told(workspace) == ["once", "done"]
    started = [one for one in workspace.events() if one["event"] == "agent.started"]
    assert len(started) == 1

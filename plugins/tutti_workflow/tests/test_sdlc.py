"""The team of six: its file is sound, its check needs no agent, and scripted agents do its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tutti_testing import Stage, wait_for

FREE = '\n[launch]\nmode = "unattended"\npolicy = "bypass"\n'


@pytest.fixture
def team(workspace: Stage) -> Stage:
    """A workspace made from the template, with scripted agents that may do anything."""
    workspace.tt("init", "--template", "sdlc", "--runtime", "demo").well()
    with (workspace.root / "tutti.toml").open("a") as file:
        file.write(FREE)
    return workspace


def test_what_a_build_server_runs(team: Stage) -> None:
    """Headless and strict: no agent, no terminal; outputs are handed on."""
    result = team.tt("run", "smoke-check", "--strict", "--json").well().json()
    assert [one["status"] for one in result["step_results"]] == ["success"] * 4
    assert team.tt("status", "--json").well().json()[0]["state"] == "stopped"


def test_the_plan_of_the_whole(team: Stage) -> None:
    """Tests and documents are made at once; every agent has a part."""
    plan = team.tt("run", "sdlc", "--dry-run", "--json", "--var", "task=x").well().json()
    assert ["test", "document"] in plan["waves"]
    assert len(plan["would_start"]) == 6


def test_a_task_is_done_over_a_kill(team: Stage) -> None:
    """From plan to summary; tt is killed once the planner was told, and nobody is told twice."""
    argv = [sys.executable, "-m", "tutti_core", "run", "sdlc", "--var", "task=a gate"]
    tt = subprocess.Popen(
        argv, cwd=team.root, env=team.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    taken = "prompt.submitted"
    log = team.root / ".tutti" / "state" / "events.jsonl"
    # Looked for in the file: asking tt for it takes longer than the planner's turn.
    assert wait_for(lambda: log.exists() and f'"{taken}"' in log.read_text())
    os.kill(tt.pid, signal.SIGKILL)
    tt.wait(20)
    done = team.tt("run", "--resume", "last", "--json", timeout=300).well().json()
    assert done["status"] == "succeeded"
    # On a machine that is slow to kill it the planner may have been through by then.
    settled = done["step_results"][0]["settled"]
    assert settled is None or settled["verdict"] == "continue"
    told = [one["agent"] for one in team.events() if one["event"] == taken]
    everybody = ["conductor", "docs-release", "implementer", "planner", "reviewer", "tester"]
    assert sorted(told) == everybody
    assert set(done["output_files"]) == {"plan", "review"}
    assert (team.tree("conductor") / ".tutti" / "artifacts" / "review.json").is_file()
    assert sorted(one["agent"] for one in done["reclaimed"]) == everybody
    assert Path(done["output_files"]["plan"]).is_file()

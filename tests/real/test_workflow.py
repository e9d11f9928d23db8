"""A workflow of real CLIs: one implements, another reviews, a command tests, over a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import ModelServer

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
TEAM = """
[workspace]
name = "mixed"

[launch]
mode = "unattended"
policy = "bypass"
ready_secs = 100

[[agent]]
name = "claude"
runtime = "claude-code"

[[agent]]
name = "codex"
runtime = "codex"

[[workflow]]
name = "feature"

[[workflow.step]]
id = "implement"
type = "prompt"
agent = "claude"
text = '''
Implement it. [[slow 60]] [[write done.txt it works]] [[write made.json {}]] [[commit Make it]]'''
output_json = "made.json"
wait_for_idle = true
wait_timeout_secs = 240

[[workflow.step]]
id = "test"
type = "command"
cwd = "agent_worktree"
agent = "claude"
run = "grep -q works done.txt && test -n {{output.implement.json}}"
fail_mode = "closed"

[[workflow.step]]
id = "review"
type = "prompt"
agent = "codex"
text = "Review it: {{output.implement.path}} [[slow 5]]"
wait_for_idle = true
wait_timeout_secs = 240
"""


def test_a_feature_is_made_and_reviewed_over_a_kill(stage: Any, model: ModelServer) -> None:
    """Killed in the middle of Claude's turn and resumed, tt waits for it and asks nobody twice."""
    stage.team(TEAM)
    stage.open_gate()
    argv = [sys.executable, "-m", "tutti_core", "run", "feature"]
    log = (stage.home / "run.log").open("wb")
    tt = subprocess.Popen(argv, cwd=stage.root, env=stage.env, stdout=log, stderr=log)
    taken = "prompt.submitted"
    sent = wait_for(lambda: any(one["event"] == taken for one in stage.events()), 150)
    assert sent, (stage.home / "run.log").read_text()
    os.kill(tt.pid, signal.SIGKILL)
    tt.wait(20)
    log.close()
    done = stage.tt("run", "--resume", "last", "--json", timeout=500)
    result = done.well().json()
    assert [one["status"] for one in result["step_results"]] == ["success"] * 3, repr(done)
    assert result["step_results"][0]["settled"]["verdict"] == "continue"
    assert [one["agent"] for one in stage.events() if one["event"] == taken] == ["claude", "codex"]
    assert Path(result["output_files"]["implement"]).read_text().strip() == "{}"
    asked = [one for one in model.requests if "Implement it." in one.prompt]
    assert asked

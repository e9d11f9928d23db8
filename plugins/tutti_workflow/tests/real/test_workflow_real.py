"""A workflow of real CLIs: Claude Code makes, a command tests, Codex reviews, over kills."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tutti_testing import Stage, wait_for
from tutti_testing.model import ModelServer
from tutti_testing.model.request import Request
from tutti_testing.stage import Result

pytestmark = [pytest.mark.real, pytest.mark.timeout(500)]

LONGEST_SECS = 200.0
MADE = {"file": "done.txt", "says": "it works"}
FOUND = {"verdict": "approve"}
TEAM = """
[workspace]
name = "mixed"

[launch]
mode = "unattended"
policy = "bypass"
ready_secs = 100

[[agent]]
name = "maker"
runtime = "claude-code"

[[agent]]
name = "reviewer"
runtime = "codex"

[[workflow]]
name = "feature"

[[workflow.step]]
id = "implement"
type = "prompt"
agent = "maker"
text = '''
Implement the feature.
[[slow 40]] [[write done.txt it works]] [[write made.json MADE]] [[commit Make it]]'''
output_json = "made.json"
wait_for_idle = true
wait_timeout_secs = 150

[[workflow.step]]
id = "test"
type = "command"
depends_on = ["implement"]
cwd = "agent_worktree"
agent = "maker"
run = "grep -q works done.txt && printf %s {{output.implement.json}}"
fail_mode = "closed"

[[workflow.step]]
id = "review"
type = "prompt"
agent = "reviewer"
depends_on = ["test"]
text = '''
Review what was made: {{output.implement.json}}
[[slow 20]] [[bash cat {{output.implement.path}}]] [[write found.json FOUND]] [[say Approved.]]'''
output_json = "found.json"
wait_for_idle = true
wait_timeout_secs = 150
""".replace("MADE", json.dumps(MADE)).replace("FOUND", json.dumps(FOUND))
TYPED = {"maker": "Implement the feature.", "reviewer": "Review what was made:"}


def turns(model: ModelServer, agent: str) -> list[Request]:
    """Return the requests with which an agent's prompt newly came to the model."""
    return [one for one in model.requests if TYPED[agent] in one.prompt and not one.aux]


def told(stage: Stage) -> list[str]:
    """Return which agents took a prompt by what tutti recorded, as often as they did."""
    return [one["agent"] for one in stage.events() if one["event"] == "prompt.submitted"]


def killed(stage: Stage, when: Callable[[], bool], *words: str) -> None:
    """Run `tt run`, and kill it with SIGKILL at some moment, before which it may not end."""
    said = stage.home / "run.log"
    argv = [sys.executable, "-m", "tutti_core", "run", *words]
    with said.open("wb") as log:
        tt = subprocess.Popen(
            argv, cwd=stage.root, env=stage.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        assert wait_for(lambda: tt.poll() is not None or when(), LONGEST_SECS), said.read_text()
    finally:
        tt.kill()
    assert tt.wait(20) == -signal.SIGKILL, said.read_text()


def ahead(stage: Stage) -> list[str]:
    """Return what a resume says that it would do with each step."""
    plan = stage.tt("run", "--resume", "last", "--dry-run", "--json").well().json()
    return [one["does"] for one in plan["resume"]["steps"]]


def asked_once(model: ModelServer, agent: str) -> Request:
    """Return the one request that began an agent's turn, after asserting that no other did.

    A prompt that was typed into a session twice would also stand twice in what the CLI sends back
    of the conversation with each later request.
    """
    [begun] = turns(model, agent)
    mine = [one for one in model.requests if one.session == begun.session and not one.aux]
    for one in mine:
        before = sum(TYPED[agent] in said.text for said in one.messages if said.role == "user")
        assert before == int(one is not begun), one
    assert len(mine) > 1, "nothing was sent back of the conversation"
    return begun


def came_of_it(stage: Stage, done: Result) -> None:
    """Assert that every step succeeded, and that what the agents wrote was read back."""
    result = done.well().json()
    assert [one["status"] for one in result["step_results"]] == ["success"] * 3, repr(done)
    kept = {id_: json.loads(Path(at).read_text()) for id_, at in result["output_files"].items()}
    assert kept == {"implement": MADE, "review": FOUND}, repr(done)
    assert json.loads(result["step_results"][1]["stdout"]) == MADE, repr(done)
    log = stage.run("git", "log", "--format=%s", "main..tutti/maker").well()
    assert log.stdout.splitlines() == ["Make it"]


def read_by_codex(model: ModelServer, begun: Request) -> None:
    """Assert that what Claude Code made is in Codex's prompt, and in what its tool read."""
    first = begun.prompt.splitlines()[0]
    assert json.loads(first.removeprefix(TYPED["reviewer"])) == MADE
    mine = [one for one in model.requests if one.session == begun.session]
    read = [one.text for asked in mine for one in asked.tool_results]
    assert any(MADE["says"] in text for text in read), read


def test_a_feature_is_made_and_reviewed_over_two_kills(stage: Stage, model: ModelServer) -> None:
    """Killed in the middle of each agent's turn and resumed, the run asks each of them once."""
    stage.team(TEAM)
    killed(stage, lambda: bool(turns(model, "maker")), "feature")
    assert not (stage.tree("maker") / "done.txt").exists(), "the turn was over too early"
    assert ahead(stage) == ["continue", "run", "run"]
    killed(stage, lambda: bool(turns(model, "reviewer")), "--resume", "last")
    assert not (stage.tree("reviewer") / "found.json").exists(), "the turn was over too early"
    assert ahead(stage) == ["keep", "keep", "continue"]
    came_of_it(stage, stage.tt("run", "--resume", "last", "--json", timeout=LONGEST_SECS))

    assert told(stage) == ["maker", "reviewer"]
    made, reviewed = asked_once(model, "maker"), asked_once(model, "reviewer")
    assert (made.protocol, reviewed.protocol) == ("anthropic", "responses")
    read_by_codex(model, reviewed)

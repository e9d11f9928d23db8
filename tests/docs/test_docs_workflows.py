"""The workflows that the pages show run as they stand, with scripted agents."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import Block, blocks, pages

from tutti_core import Context
from tutti_core.config.problems import ConfigProblems
from tutti_testing import Stage
from tutti_workflow.engine.order import Order
from tutti_workflow.engine.run import run_order
from tutti_workflow.model import Workflow
from tutti_workflow.record.shapes import run_result

ROOT = Path(__file__).parents[2]
EVERY = [block for page in pages(ROOT) for block in blocks(page) if block.language == "toml"]
SHOWN = [one for one in EVERY if one.label in ("", "tutti.toml") and "[[workflow]]" in one.text]
FREE = '[launch]\nmode = "unattended"\npolicy = "bypass"\n'
MAKE = "lint test outdated:\n\t@echo $@ is done\n"

VALID = """
[workspace]
name = "my-project"

[defaults]
worktree = true
runtime = "demo"

[launch]
mode = "unattended"
policy = "bypass"

[[agent]]
name = "backend"
scope = "src/api/**"
fresh_worktree = true

[[agent]]
name = "conductor"

[[workflow]]
name = "verify-app"
schedule = "*/30 * * * *"

[[workflow.step]]
id = "verify"
type = "command"
run = "mkdir -p .tutti/state && make test && echo '{\\"tests\\": 12}' > .tutti/state/verify.json"
cwd = "workspace"
subdir = "backend"
fail_mode = "closed"
output_json = ".tutti/state/verify.json"

[[workflow.step]]
type = "ensure_running"
agent = "backend"

[[workflow.step]]
type = "prompt"
agent = "conductor"
text = "Sum up what is odd in the snapshot."
inject_files = [".tutti/state/snapshot.json"]
wait_for_idle = true
depends_on = [1]

[[workflow.step]]
type = "workflow"
workflow = "proof"
strict = true
fail_mode = "closed"
depends_on = [2, 3]

[[workflow]]
name = "proof"

[[workflow.step]]
type = "command"
run = "make lint"

[[hook]]
event = "workflow_complete"
workflow_source = "observe_cycle"
workflow_name = "verify-app"
run = "echo scheduled verify completed"
"""


@pytest.fixture
def stage(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A workspace with what the examples make, whose environment is this process's."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    (workspace.root / "Makefile").write_text(MAKE)
    workspace.run("git", "add", "Makefile").well()
    workspace.run("git", "commit", "-qm", "Say what is made").well()
    return workspace


@pytest.mark.parametrize("block", SHOWN, ids=str)
def test_each_that_is_shown_runs(block: Block, stage: Stage) -> None:
    """From the first step to the last, with what the page says it has to be given."""
    text = re.sub(r'runtime = ".*"', 'runtime = "demo"', block.text)
    head = "" if "[workspace]" in text else '[workspace]\nname = "w"\n'
    context = Context.open(stage.team(f"{head}{text}\n{FREE}").root)
    for flow in context.arrangement.many(Workflow):
        run = run_order(context, Order(flow.name, vars={"task": "a gate"}, strict=True))
        assert run.status == "succeeded", run.failure


def test_the_pages_show_some() -> None:
    """Three blocks at least: the examples above are not an empty list."""
    assert len(SHOWN) >= 3


def test_the_sample_of_the_product_runs(stage: Stage) -> None:
    """All that is in it, as a run of the schedule: subfolder, files, agents, nesting, hook."""
    (stage.root / "backend").mkdir()
    (stage.root / "backend" / "Makefile").write_text(MAKE)
    context = Context.open(stage.team(VALID).root)
    (context.places.state).mkdir(parents=True, exist_ok=True)
    (context.places.state / "snapshot.json").write_text("{}")
    run = run_order(context, Order("verify-app", origin="observe_cycle"))
    assert run.status == "succeeded", run.failure
    assert [one["outcome"] for one in run_result(run)["hooks"]] == ["success"]
    assert (stage.tree("conductor") / ".tutti" / "artifacts" / "snapshot.json").is_file()


def test_what_is_wrong_with_the_sample_is_all_said_at_once(stage: Stage) -> None:
    """An agent that is not there, and a workflow that runs itself: each with its line."""
    wrong = VALID.replace('name = "conductor"', 'name = "leader"')
    wrong = wrong.replace('workflow = "proof"', 'workflow = "verify-app"')
    with pytest.raises(ConfigProblems) as found:
        Context.open(stage.team(wrong).root)
    said = [one.message for one in found.value.problems]
    assert said == [
        "no agent is named 'conductor' (agents here: backend, leader)",
        "it would never end: verify-app runs verify-app",
    ]


def test_a_build_server_holds_changes_to_the_smoke_check(stage: Stage) -> None:
    """The file for it is played, line by line: with no agent CLI, no account and no terminal."""
    stage.tt("init", "--template", "sdlc", "--runtime", "claude-code").well()
    home = stage.home / "runner"
    home.mkdir()
    added = home / "path"
    added.touch()
    page = ROOT / "docs" / "tutorial" / "first-workflow.md"
    (block,) = [one for one in blocks(page) if one.language == "yaml"]
    lines = re.findall(r"^      - run: (.*)$", block.text, re.MULTILINE)
    ours = [one for one in lines if not one.startswith(("sudo ", "pip "))]
    assert ours[-2:] == ["tt doctor --strict", "tt run smoke-check --strict --json"]
    tt = home / "tt"
    tt.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tutti_core "$@"\n')
    tt.chmod(0o755)
    for line in ours:
        path = ":".join([*added.read_text().split(), str(home), "/usr/bin:/bin"])
        env = {"HOME": str(home), "PATH": path, "GITHUB_PATH": str(added), "CI": "true"}
        done = subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=stage.root,
            env={**env, "TMUX_TMPDIR": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    assert json.loads(done.stdout)["status"] == "succeeded"

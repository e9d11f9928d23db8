"""The shapes that other programs read: their fields, the order of those, and their types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tutti_core import Context, Verdict
from tutti_testing import Stage
from tutti_workflow.record.files import Files
from tutti_workflow.runs.verbs import RunsRequest, runs
from tutti_workflow.verbs import RunRequest, planned, run
from tutti_workflow.verifying import VerifyRequest, verify

TEAM = """# template: rust-cli 0.1.0
[workspace]
name = "my-project"
[defaults]
runtime = "demo"
[[agent]]
name = "backend"

[[workflow]]
name = "verify"
[[workflow.step]]
id = "verify"
type = "command"
run = "echo out; echo '{\\"n\\": 1}' > v.json"
output_json = "v.json"
timeout_secs = 60
[[workflow.step]]
type = "command"
run = "exit 3"
[[workflow.step]]
type = "workflow"
workflow = "inner"

[[workflow]]
name = "inner"
[[workflow.step]]
type = "command"
argv = ["true"]

[[workflow]]
name = "agents"
[[workflow.step]]
id = "ask"
type = "prompt"
agent = "backend"
text = "Look at {{run.id}}"
inject_files = ["a.txt"]
artifact_glob = "*.md"
artifact_name = "notes"
[[workflow.step]]
type = "ensure_running"
agent = "backend"
"""
RESULT = {
    "run_id": str,
    "workflow_name": str,
    "strict": bool,
    "success": bool,
    "started_at": str,
    "finished_at": str,
    "failed_steps": list,
    "step_results": list,
    "output_files": dict,
}
STEP = {
    "index": int,
    "step_type": str,
    "status": str,
    "duration_ms": int,
    "exit_code": (int, type(None)),
    "timed_out": bool,
    "message": (str, type(None)),
    "stdout": (str, type(None)),
    "stderr": (str, type(None)),
}
NULL = type(None)
SUMMARY = {
    "workflow_name": str,
    "timestamp": str,
    "success": bool,
    "failed_steps": list,
    "strict": bool,
    "agent_scope": NULL,
}
ROW = {
    "workflow_name": str,
    "timestamp": str,
    "trigger": str,
    "success": bool,
    "strict": bool,
    "failed_steps": list,
    "warning_count": int,
    "agent_scope": NULL,
    "hook_event": NULL,
    "hook_agent": NULL,
    "template_id": str,
    "template_version": str,
}
CHECKPOINT = {
    "agent_scope": NULL,
    "completed_steps": list,
    "failed_steps": list,
    "finished_at": str,
    "origin": str,
    "output_files": dict,
    "run_id": str,
    "started_at": str,
    "step_results": list,
    "strict": bool,
    "success": bool,
    "workflow_name": str,
}
INTENT = {
    "run_id": str,
    "workflow_name": str,
    "step_index": int,
    "step_id": str,
    "step_type": str,
    "planned_at": str,
    "intent": dict,
    "attempt": int,
    "outcome": dict,
}
OUTCOME = {
    "completed_at": str,
    "status": str,
    "success": bool,
    "exit_code": int,
    "timed_out": bool,
    "message": NULL,
    "side_effects": NULL,
}
DECISION = {
    "timestamp": str,
    "workspace": str,
    "agent": NULL,
    "runtime": NULL,
    "action": str,
    "mode": str,
    "policy": str,
    "enforcement": str,
    "decision": str,
    "reason": str,
    "data": dict,
}
DECIDED = {"workflow", "run_id", "step_index", "command", "matched_rule", "suggested_rule"}


def held(found: Mapping[str, Any], shape: Mapping[str, Any], *, ordered: bool = False) -> None:
    """Hold that fields are there with their types; further ones may be."""
    wrong = {key: found.get(key, "missing") for key in shape if key not in found}
    wrong |= {key: found[key] for key in shape if not isinstance(found.get(key), shape[key])}
    assert not wrong
    if ordered:
        assert [key for key in found if key in shape] == list(shape)


@pytest.fixture
def context(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A workspace with a workflow of each kind of step, made from a template."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    return Context.open(workspace.team(TEAM).root)


def last(path: Path) -> dict[str, Any]:
    """The last line of a file of lines."""
    found: dict[str, Any] = json.loads(path.read_text().splitlines()[-1])
    return found


def test_a_run_and_all_its_records(context: Context) -> None:
    """The result, and what is on disk of it: each field by its name, in its order."""
    done = verify(context, VerifyRequest())
    assert done.result is not None
    assert done.summary is not None
    held(done.result, RESULT, ordered=True)
    for one in done.result["step_results"]:
        held(one, STEP, ordered=True)
    assert [one["status"] for one in done.result["step_results"]] == [
        "success",
        "warning",
        "success",
    ]
    assert [one["exit_code"] for one in done.result["step_results"]] == [0, 3, 0]
    assert done.result["step_results"][2]["stdout"] is None
    files, run_id = Files(context), done.result["run_id"]
    assert Path(done.result["output_files"]["verify"]).parent == files.outputs(run_id)
    held(done.summary, SUMMARY, ordered=True)
    assert json.loads(files.verify_last.read_text()) == done.summary
    checkpoint = json.loads(files.checkpoint(run_id).read_text())
    held(checkpoint, CHECKPOINT)
    assert list(checkpoint) == sorted(checkpoint)
    row = last(files.automation)
    held(row, ROW)
    assert (row["trigger"], row["template_id"], row["template_version"]) == (
        "verify",
        "rust-cli",
        "0.1.0",
    )
    first = json.loads((files.intents(run_id) / "001-verify.json").read_text())
    held(first, INTENT, ordered=True)
    held(first["outcome"], OUTCOME, ordered=True)
    told = first["intent"]
    assert (told["agent"], told["timeout_secs"], told["cwd"]) == (None, 60, str(context.root))
    third = json.loads((files.intents(run_id) / "003-3.json").read_text())["intent"]
    assert (third["workflow"], third["agent_override"], third["strict"]) == ("inner", None, False)


def test_what_was_decided_of_a_command(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command is a row, allowed or not, with the rule that would allow it."""
    run(context, RunRequest("inner"))
    row = last(context.places.policy_decisions)
    held(row, DECISION)
    assert (row["decision"], row["policy"], row["enforcement"]) == ("allow", "unset", "none")
    refused = Verdict("refuse", "me", reason="no rule allows it")
    monkeypatch.setattr(context.plugins, "guard", lambda _: [refused])
    monkeypatch.setattr(Context, "permit", lambda *_: [])
    monkeypatch.setattr(Context, "guard", lambda *_: [refused])
    done = run(context, RunRequest("verify", strict=True))
    row = last(context.places.policy_decisions)
    assert (row["decision"], row["enforcement"]) == ("block", "hard")
    assert set(row["data"]) >= DECIDED
    data = row["data"]
    assert (data["run_id"], data["step_index"], data["workflow"]) == (done.run_id, 1, "verify")
    assert data["suggested_rule"] == "echo out;"


def test_a_plan(context: Context) -> None:
    """Each type of step with its fields, the type first."""
    plan = planned(context, RunRequest("verify"))
    assert list(plan)[:4] == ["workflow", "description", "strict", "steps"]
    command, _, nested = plan["steps"]
    held(
        command,
        {
            "type": str,
            "index": int,
            "agent": NULL,
            "cwd": str,
            "command": str,
            "summary": str,
            "fail_mode": str,
        },
    )
    assert next(iter(command)) == "type"
    assert (command["cwd"], command["fail_mode"]) == (str(context.root), "open")
    held(nested, {"workflow": str, "agent": NULL, "strict": bool, "fail_mode": str})
    ask, ensure = planned(context, RunRequest("agents"))["steps"]
    held(
        ask,
        {
            "agent": str,
            "summary": str,
            "inject_files": int,
            "artifact_glob": str,
            "artifact_name": str,
        },
    )
    assert (ask["type"], ask["summary"], ask["inject_files"]) == ("prompt", "Look at {{run.id}}", 1)
    held(ensure, {"agent": str, "fail_mode": str})


def test_runs(context: Context) -> None:
    """A list of rows, and one run with all of it."""
    done = run(context, RunRequest("verify"))
    (row,) = runs(context, RunsRequest()).runs
    held(
        row,
        {
            "run_id": str,
            "workflow_name": str,
            "status": str,
            "started_at": str,
            "finished_at": str,
            "duration_ms": int,
            "failure": NULL,
            "resume_eligible": bool,
        },
    )
    (whole,) = runs(context, RunsRequest(done.run_id)).runs
    held(whole, {"steps": list, "next_action": str, "transitions": list, "timeline": list})
    for one in whole["steps"]:
        held(one, {"index": int, "key": str, "type": str, "status": str, "duration_ms": int})

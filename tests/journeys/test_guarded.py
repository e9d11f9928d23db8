"""Closed when broken: a policy that is missing, broken or switched off starts nobody unguarded."""

from __future__ import annotations

import pytest

from tutti_testing import Stage
from tutti_testing.stage import carrying

TEAM = '[workspace]\nname = "guarded"\n[[agent]]\nname = "one"\nruntime = "demo"\n'
POLICY = '[permissions]\nallow = ["git status"]\n'
OFF = {"TUTTI_DISABLE_PLUGINS": "permissions"}


def test_without_a_policy_a_constrained_launch_is_refused(workspace: Stage) -> None:
    """The refusal names the three ways out, and nothing runs."""
    workspace.team(TEAM)
    refused = workspace.tt("up", "--json").badly().json()["results"][0]
    assert refused["outcome"] == "refused"
    for way_out in ("[permissions]", "--mode safe", "--policy bypass"):
        assert way_out in refused["hint"]
    assert carrying(workspace.root) == []
    workspace.tt("up", "--mode", "safe").well()


def test_a_switched_off_policy_refuses(workspace: Stage) -> None:
    """With the plugin off, the configured policy has no owner, and up says which is missing."""
    workspace.team(TEAM).settings(POLICY)
    refused = workspace.tt("up", env=OFF).badly()
    assert "[permissions] is configured, but no working plugin owns it" in refused.stderr
    assert "tutti-permissions" in refused.stderr
    assert carrying(workspace.root) == []


def test_doing_without_the_table_does_not_do_without_the_policy(workspace: Stage) -> None:
    """`--without permissions` passes over the table; a constrained launch still needs a policy."""
    workspace.team(TEAM).settings(POLICY)
    refused = workspace.tt("up", "--without", "permissions", "--json", env=OFF).badly().json()
    assert "no plugin supplies one" in refused["results"][0]["detail"]
    assert carrying(workspace.root) == []


def test_a_prompt_is_refused_too(workspace: Stage) -> None:
    """Sending acts: with a configured policy without an owner it refuses, unless told otherwise."""
    workspace.team(TEAM).settings(POLICY)
    workspace.tt("up").well()
    refused = workspace.tt("send", "one", "go on", env=OFF).badly()
    assert "[permissions] is configured, but no working plugin owns it" in refused.stderr
    assert "--without permissions" in refused.stderr
    sent = workspace.tt("send", "one", "go on", "--without", "permissions", env=OFF)
    assert "submitted" in sent.well().stdout


def test_going_on_without_a_table_is_said(workspace: Stage) -> None:
    """Whoever does without a table is told so in the answer."""
    workspace.team(TEAM).settings(POLICY)
    words = ("up", "--mode", "safe", "--without", "permissions", "--json")
    (warning,) = workspace.tt(*words, env=OFF).well().json()["warnings"]
    assert warning == "[permissions] has no working owner, and you went on without it"


@pytest.mark.parametrize("words", [["health"], ["peek", "one"], ["down"]])
def test_whoever_does_not_need_it_warns(workspace: Stage, words: list[str]) -> None:
    """Looking and ending go on, and name the table."""
    workspace.team(TEAM).settings(POLICY)
    workspace.tt("up").well()
    assert "[permissions] has no working owner" in workspace.tt(*words, env=OFF).well().stderr


def test_looking_goes_on_with_a_warning(workspace: Stage) -> None:
    """A reading command shows the team and warns of what has no owner."""
    workspace.team(TEAM).settings(POLICY)
    shown = workspace.tt("status", env=OFF).well()
    assert "one" in shown.stdout
    assert "[permissions]" in shown.stderr


def test_the_doctor_names_it(workspace: Stage) -> None:
    """The doctor fails on a table without an owner."""
    workspace.team(TEAM).settings(POLICY)
    report = workspace.tt("doctor", "--json", env=OFF).badly().json()
    found = {one["check"]: one for one in report["checks"]}
    assert found["table/permissions"]["status"] == "fail"
    assert found["launch policy"]["status"] == "fail"


def test_an_agent_cannot_switch_its_policy_off(workspace: Stage) -> None:
    """Inside an agent's pane the switch is ignored."""
    workspace.team(TEAM).settings(POLICY)
    plugins = workspace.tt("plugins", "--json", env={**OFF, "TUTTI_AGENT": "one"}).well().json()
    assert {one["name"]: one["status"] for one in plugins}["permissions"] == "ok"


def test_the_policy_reaches_the_agent(workspace: Stage) -> None:
    """A constrained agent does what the policy lists and is refused the rest, without asking."""
    workspace.team(TEAM).settings(POLICY)
    workspace.tt("up").well()
    workspace.tt("send", "one", "[[bash git status]] [[bash touch not-listed]]").well()
    workspace.until("one", "idle")
    shown = workspace.tt("peek", "one").well().stdout
    assert "Denied: the permissions do not allow touch not-listed" in shown
    assert not (workspace.tree("one") / "not-listed").exists()


def test_what_was_allowed_is_on_record(workspace: Stage) -> None:
    """Every launch leaves a line that says who held the agent to what."""
    workspace.team(TEAM).settings(POLICY)
    workspace.tt("up").well()
    log = (workspace.root / ".tutti" / "state" / "policy-decisions.jsonl").read_text()
    for word in ('"action":"launch"', '"enforcement":"hard"', '"policy_rules":1'):
        assert word in log.replace(": ", ":")


@pytest.mark.parametrize("mode", ["safe", "auto"])
def test_bypass_is_refused_where_it_would_be_ignored(workspace: Stage, mode: str) -> None:
    """Asking for bypass in a mode that has none is an error, not a silent constraint."""
    workspace.team(TEAM)
    refused = workspace.tt("up", "--mode", mode, "--policy", "bypass").badly()
    assert f"policy bypass needs mode unattended, found mode {mode}" in refused.stderr


def test_a_missing_runtime_keeps_nobody_from_looking(workspace: Stage) -> None:
    """With a runtime's plugin off, status shows the team, and up says what is missing."""
    workspace.team(TEAM)
    off = {"TUTTI_DISABLE_PLUGINS": "demo"}
    assert "one" in workspace.tt("status", env=off).well().stdout
    assert "tutti-demo" in workspace.tt("up", env=off).badly().stderr

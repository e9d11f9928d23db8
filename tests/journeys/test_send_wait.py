"""`tt send --wait`: one is told when the agent is through with a prompt, and how, and no sooner."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tutti_testing import Stage, wait_for

HEAD = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n'
BYPASS = '[launch]\nmode = "unattended"\npolicy = "bypass"\n'
SAFE = '[launch]\nmode = "safe"\n'
AGENT = '[[agent]]\nname = "solo"\n'


@pytest.fixture
def solo(workspace: Stage) -> Stage:
    """One agent, not started."""
    return workspace.team(HEAD + BYPASS + AGENT)


def test_it_waits_until_the_turn_is_over(solo: Stage) -> None:
    """The agent is started, given the prompt, and what it was to do is done when `tt` returns."""
    began = time.monotonic()
    words = ("send", "solo", "[[think 2]] [[write done.txt x]]", "--auto_up", "--wait", "--json")
    done = solo.tt(*words).well()
    assert time.monotonic() - began > 2
    assert (solo.tree("solo") / "done.txt").exists()
    receipt = done.json()
    contract = {"workspace": "w", "agent": "solo", "waited": True, "captured_output": None}
    assert {key: receipt[key] for key in contract} == contract
    assert receipt["completion_source"] == "runtime_signal"
    assert (receipt["outcome"], receipt["turn"], receipt["launched"]) == ("submitted", "done", True)
    assert done.stderr == ""
    again = solo.tt("send", "solo", "again", "--auto-up", "--wait", "--json").well().json()
    assert (again["turn"], again["launched"]) == ("done", False)


def test_who_is_started_to_be_asked_goes_on_in_the_tree_as_it_is(workspace: Stage) -> None:
    """Nothing is reset by a prompt, though the file wishes for a fresh worktree at each start."""
    workspace.team(HEAD + BYPASS + AGENT + "fresh_worktree = true\n")
    workspace.tt("up").well()
    draft = workspace.tree("solo") / "draft.txt"
    draft.write_text("half done")
    workspace.tt("down").well()
    workspace.tt("send", "solo", "go on", "--auto-up", "--wait").well()
    assert draft.read_text() == "half done"


def test_a_turn_too_short_to_be_seen_is_done(solo: Stage) -> None:
    """Whatever began and ended between two looks is known by fresh evidence."""
    solo.tt("up").well()
    for number in range(5):
        receipt = solo.tt("send", "solo", f"[[say {number}]]", "--wait", "--json").well().json()
        assert receipt["turn"] == "done", receipt


def test_what_the_screen_showed_anew_is_given(solo: Stage) -> None:
    """What was said to the last prompt is there, what was said to the one before is not."""
    solo.tt("up").well()
    solo.tt("send", "solo", "[[say the first answer]]", "--wait").well()
    words = ("send", "solo", "[[say the second answer]]", "--output")
    receipt = solo.tt(*words, "--json").well().json()
    assert receipt["waited"]
    assert "the second answer" in receipt["captured_output"]
    assert "the first answer" not in receipt["captured_output"]
    shown = solo.tt(*words).well().stdout
    assert "done  solo: live says idle" in shown
    assert "the second answer" in shown.partition("\n\n")[2]
    solo.tt("send", "solo", "[[think 60]]").well()
    stopped = solo.tt("send", "solo", "[[say a third answer]]", "--interrupt", "--output", "--json")
    lines = stopped.well().json()["captured_output"].splitlines()
    assert lines[0] == "● a third answer"
    assert [one for one in lines[1:] if one and not one.startswith("✻")] == []
    few = solo.tt("send", "solo", "[[slow 40]]", "--output", "--output-lines", "3", "--json")
    assert len(few.well().json()["captured_output"].splitlines()) <= 3


@pytest.mark.parametrize(
    ("mode", "prompt", "code", "turn", "said"),
    [
        (SAFE, "[[bash touch x]]", 7, "waiting", "send_wait_failed: waiting (permission: "),
        (BYPASS, "[[ask Which?|A|B]]", 7, "waiting", "waiting (question: Which? [1 A, 2 B])"),
        (BYPASS, "[[http 401]]", 6, "auth_failed", "send_wait_failed: auth_failed ("),
        (BYPASS, "[[limit 5pm]]", 8, "rate_limited", "send_wait_failed: rate_limited ("),
        (BYPASS, "[[http 500]]", 9, "provider_down", "send_wait_failed: provider_down ("),
        (BYPASS, "[[think 1]] [[exit 7]]", 10, "exited", "exited (exit status 7)"),
    ],
)
def test_a_turn_that_ends_otherwise_is_told_apart(
    workspace: Stage, mode: str, prompt: str, code: int, turn: str, said: str
) -> None:
    """Each way has its word in the receipt, its line on standard error and its exit code."""
    workspace.team(HEAD + mode + AGENT).tt("up").well()
    told = workspace.tt("send", "solo", prompt, "--wait", "--json").badly(code)
    assert told.json()["turn"] == turn
    assert told.json()["completion_source"] is None
    error = json.loads(told.stderr)["error"]
    assert said in error["message"]
    assert error["hint"].startswith("tt answer solo " if turn == "waiting" else "tt ")


def test_time_is_over_and_the_agent_goes_on(solo: Stage) -> None:
    """Nothing is stopped; who waited is told so, and a prompt meanwhile is refused."""
    solo.tt("up").well()
    told = solo.tt("send", "solo", "[[think 30]]", "--wait", "--timeout-secs", "2").badly(5)
    assert "send_wait_failed: idle_timeout (agent=solo, timeout_secs=2; it is working)" in (
        told.stderr
    )
    assert "hint: it was not stopped" in told.stderr
    assert solo.status()["solo"]["state"] == "working"
    words = ("send", "solo", "more", "--wait", "--no-queue", "--json")
    refused = solo.tt(*words).badly().json()
    assert (refused["outcome"], refused["waited"], refused["turn"]) == ("refused", False, None)


def test_ctrl_c_ends_the_waiting_alone(solo: Stage) -> None:
    """Who waited is told what goes on, and the agent goes on."""
    solo.tt("up").well()
    argv = [sys.executable, "-m", "tutti_core", "send", "solo", "[[hang]]"]
    waiting = subprocess.Popen(
        [*argv, "--wait"],
        cwd=solo.root,
        env=solo.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def submitted() -> bool:
        return any(one["event"] == "prompt.submitted" for one in solo.events())

    assert wait_for(submitted)
    waiting.send_signal(signal.SIGINT)
    _, told = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert "the prompt was submitted, and solo goes on with it" in told
    assert "→ tt status solo" in told
    assert solo.status()["solo"]["state"] == "working"


def test_ctrl_c_leaves_a_program_its_receipt(solo: Stage) -> None:
    """What was waited for is not known; that the prompt was submitted is, and is told as JSON."""
    solo.tt("up").well()
    argv = [sys.executable, "-m", "tutti_core", "send", "solo", "[[hang]]", "--wait", "--json"]
    waiting = subprocess.Popen(
        argv, cwd=solo.root, env=solo.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert wait_for(lambda: any(one["event"] == "prompt.submitted" for one in solo.events()))
    waiting.send_signal(signal.SIGINT)
    shown, told = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    receipt = json.loads(shown)
    assert (receipt["outcome"], receipt["waited"], receipt["turn"]) == ("submitted", False, None)
    assert json.loads(told)["error"]["message"].startswith("interrupted: the prompt was submitted")


def test_a_start_that_fails_is_passed_on(workspace: Stage) -> None:
    """With `up`'s own reason and advice, and nothing is claimed of the prompt."""
    workspace.team(HEAD + BYPASS + AGENT + 'memory = "missing.md"\n')
    told = workspace.tt("send", "solo", "x", "--auto-up", "--wait", "--json").badly().json()
    assert told["outcome"] == "refused"
    assert "it could not be started: " in told["evidence"]
    assert "missing.md" in told["evidence"]
    assert not told["launched"]
    empty = workspace.tt("send", "solo", " ", "--auto-up", "--json").badly().json()
    assert empty["evidence"] == "the prompt is empty"


def test_its_own_first_prompt_comes_first(workspace: Stage) -> None:
    """An agent that begins with a prompt of its own is given the other one after that."""
    own = 'prompt = "[[think 2]] [[append order.txt one]]"\n'
    workspace.team(HEAD + BYPASS + AGENT + own)
    words = ("send", "solo", "[[append order.txt two]]", "--auto-up", "--wait", "--json")
    told: dict[str, Any] = workspace.tt(*words).well().json()
    assert (told["turn"], told["launched"]) == ("done", True)
    assert (workspace.tree("solo") / "order.txt").read_text().split() == ["one", "two"]


def test_without_auto_up_nothing_is_started(solo: Stage) -> None:
    """A prompt to an agent that does not run is refused at once, waiting or not."""
    told = solo.tt("send", "solo", "x", "--wait", "--json").badly().json()
    assert (told["outcome"], told["evidence"], told["turn"]) == ("refused", "not running", None)

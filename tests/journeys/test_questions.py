"""What an agent asks is answered once, by the key that was meant; and one can wait for agents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tutti_testing import Stage, wait_for

HEAD = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n'
SAFE = '[launch]\nmode = "safe"\n'
AGENT = '[[agent]]\nname = "solo"\n'
COMMAND = f"{sys.executable} -I -m tutti_demo.agent"


def keys(stage: Stage) -> bytes:
    """Every byte the agent was given, by its own log."""
    log = Path(stage.env["TUTTI_DEMO_BYTES"])
    lines = log.read_text().splitlines() if log.exists() else []
    return b"".join(bytes.fromhex(json.loads(line)["hex"]) for line in lines)


@pytest.fixture
def solo(workspace: Stage) -> Stage:
    """One agent that asks before it runs a command, up, and that keeps what it is given."""
    workspace.env["TUTTI_DEMO_BYTES"] = str(workspace.home / "bytes")
    workspace.team(HEAD + SAFE + AGENT).tt("up").well()
    return workspace


def asks(stage: Stage, prompt: str) -> int:
    """Have the agent ask, and return how many bytes it was given by then."""
    stage.tt("wait", "solo").well()
    stage.tt("send", "solo", prompt).well()
    stage.until("solo", "waiting")
    return len(keys(stage))


@pytest.mark.timeout(180)
def test_each_answer_is_its_key_and_nothing_more(solo: Stage) -> None:
    """Once, always and no: one byte each, by the agent's own log; then nobody asks any more."""
    before = asks(solo, "[[bash touch one]]")
    assert "→ tt answer solo allow|always|deny   permission asked" in solo.tt("status").stdout
    told = solo.tt("answer", "solo", "allow", "--json").well().json()
    assert (told["outcome"], told["option"], told["keys"]) == ("answered", "Yes", ["1"])
    assert keys(solo)[before:] == b"1"
    solo.tt("wait", "solo").well()
    assert (solo.tree("solo") / "one").exists()

    before = asks(solo, "[[bash touch two]]")
    shown = solo.tt("answer", "solo").well().stdout
    assert "touch two" in shown
    assert "2  Yes, and always allow touch commands in this session" in shown
    dry = solo.tt("answer", "solo", "deny", "--dry-run").well().stdout
    assert "would press: Escape for deny" in dry
    assert keys(solo)[before:] == b""
    solo.tt("answer", "solo", "deny", "--text", "[[write three.txt x]]").well()
    assert keys(solo)[before:].startswith(b"\x1b\x1b[200~[[write three.txt x]]")
    solo.tt("wait", "solo").well()
    assert (solo.tree("solo") / "three.txt").exists()
    assert not (solo.tree("solo") / "two").exists()

    before = asks(solo, "[[bash touch four]]")
    solo.tt("answer", "solo", "always").well()
    assert keys(solo)[before:] == b"2"
    solo.tt("wait", "solo").well()
    assert solo.tt("send", "solo", "[[bash touch five]]", "--wait").well()
    assert (solo.tree("solo") / "five").exists()
    answered = [one["data"] for one in solo.events() if one["event"] == "agent.answered"]
    assert [one["answer"] for one in answered] == ["allow", "deny", "always"]


def test_where_nothing_is_asked_no_key_arrives(solo: Stage) -> None:
    """Idle, at work, or asking something of another kind: refused, with what could be done."""
    solo.tt("wait", "solo").well()
    before = len(keys(solo))
    idle = solo.tt("answer", "solo", "allow").badly()
    assert "refused  solo: it asks nothing: it is idle" in idle.stdout
    assert "it asks nothing" in solo.tt("trust", "solo").badly().stdout
    assert len(keys(solo)) == before
    before = asks(solo, "[[ask Which colour?|Red|Blue]]")
    always = solo.tt("answer", "solo", "always").badly()
    assert "it has no answer 'always'; there is deny; 1: Red; 2: Blue" in always.stdout
    assert keys(solo)[before:] == b""
    told = solo.tt("answer", "solo", "blue", "--json").well().json()
    assert (told["option"], told["answer"]) == ("Blue", "")
    assert keys(solo)[before:] == b"2"
    assert solo.tt("answer", "nobody", "allow").badly().stderr.startswith("error[config]")


def test_two_at_once_press_one_key(solo: Stage) -> None:
    """The other one is told that there is nothing to answer any more."""
    before = asks(solo, "[[bash touch one]] [[think 2]]")
    argv = [sys.executable, "-m", "tutti_core", "answer", "solo", "allow", "--json"]
    both = [
        subprocess.Popen(argv, cwd=solo.root, env=solo.env, stdout=subprocess.PIPE) for _ in "ab"
    ]
    told = sorted(json.loads(one.communicate(timeout=60)[0])["outcome"] for one in both)
    assert told == ["answered", "refused"]
    assert keys(solo)[before:] == b"1"


def test_the_dialog_that_was_seen_is_the_one_that_is_answered(solo: Stage) -> None:
    """One with the same words about another command is refused by its id."""
    before = asks(solo, "[[bash touch one]] [[bash rm one]]")
    seen = solo.tt("answer", "solo", "--json").well().json()["dialog"]
    solo.tt("answer", "solo", "allow", "--dialog", seen).well()
    assert wait_for(lambda: "rm one" in solo.tt("answer", "solo").stdout)
    late = solo.tt("answer", "solo", "allow", "--dialog", seen).badly()
    assert "it shows another dialog by now" in late.stdout
    assert keys(solo)[before:] == b"1"
    assert (solo.tree("solo") / "one").exists()


def trusting(stage: Stage, launch: str = "", command: str = f"{COMMAND} --trust") -> Stage:
    """Write a team of one agent that asks whether its folder can be trusted."""
    stage.env["TUTTI_DEMO_BYTES"] = str(stage.home / "bytes")
    account = f'[[profile]]\nname = "t"\nprovider = "demo"\ncommand = "{command}"\n'
    stage.settings(account)
    auth = '[workspace.auth]\ndefault_profile = "t"\n'
    return stage.team(HEAD + auth + SAFE + launch + AGENT)


def test_trust_is_given_by_name(workspace: Stage) -> None:
    """Never as an answer; the mark is moved to the choice first, and only then is Enter pressed."""
    trusting(workspace).tt("up").well()
    assert workspace.status()["solo"]["kind"] == "trust"
    refused = workspace.tt("answer", "solo", "allow").badly()
    assert "→ tt trust solo" in refused.stdout
    assert "→ tt trust solo   trust this folder?" in workspace.tt("status").stdout
    told = workspace.tt("trust", "solo").well().stdout
    assert "answered  solo: allow (Yes, I trust this folder): " in told
    assert keys(workspace) == b"\x1b[B\r"
    workspace.until("solo", "idle")


def test_a_key_that_was_read_and_let_drop_is_pressed_again(workspace: Stage) -> None:
    """On the way to a choice and at it; the receipt says how often, and it was answered once."""
    trusting(workspace, command=f"{COMMAND} --trust --drop-keys 1").tt("up").well()
    assert workspace.tt("trust", "solo", "--json").well().json()["outcome"] == "answered"
    assert keys(workspace) == b"\x1b[B\x1b[B\r"
    before = asks(workspace, "[[bash touch one]]")
    told = workspace.tt("answer", "solo", "allow").well().stdout
    assert told.startswith("answered  solo: allow (Yes): ")
    assert ", pressed 2 times)" in told
    assert keys(workspace)[before:] == b"11"
    workspace.tt("wait", "solo").well()
    assert (workspace.tree("solo") / "one").exists()


def test_a_key_that_nobody_has_read_is_not_pressed_again(workspace: Stage) -> None:
    """An agent that stands still may yet read it; the second one would answer the next dialog."""
    # tmux has a pane's own process go on at once that somebody stops.
    script, file = workspace.home / Path(sys.executable).name, workspace.home / "pid"
    script.write_text(f'#!/bin/sh\nsh -c \'echo $$ >{file}; exec {COMMAND} "$@"\' _ "$@"\nexit\n')
    script.chmod(0o755)
    trusting(workspace, command=str(script)).tt("up").well()
    before = asks(workspace, "[[bash touch one]] [[bash rm one]]")
    os.kill(int(file.read_text()), signal.SIGSTOP)
    told = workspace.tt("answer", "solo", "allow", "--json").badly(3).json()
    assert (told["outcome"], told["presses"]) == ("unanswered", 1)
    os.kill(int(file.read_text()), signal.SIGCONT)
    assert wait_for(lambda: "rm one" in workspace.tt("answer", "solo").stdout)
    assert keys(workspace)[before:] == b"1"
    assert (workspace.tree("solo") / "one").exists()


def test_trust_is_given_by_the_file(workspace: Stage) -> None:
    """`tt up` answers as the agent starts, and says who did."""
    trusting(workspace, "trust = true\n")
    (told,) = workspace.tt("up", "--json").well().json()["results"]
    assert told["state"] == "idle", told
    (event,) = [one for one in workspace.events() if one["event"] == "agent.answered"]
    assert event["data"]["option"] == "Yes, I trust this folder"


def test_waiting_ends_as_soon_as_it_is_known_how(workspace: Stage) -> None:
    """Reached, asked something, gone, out of time: each has its exit code and its words."""
    team = HEAD + SAFE + AGENT + '[[agent]]\nname = "other"\n'
    workspace.team(team).tt("up").well()
    workspace.tt("send", "solo", "[[think 2]] [[say done]]").well()
    assert "✓ solo: idle" in workspace.tt("wait", "--all-agents").well().stdout
    workspace.tt("send", "solo", "[[think 60]]").well()
    assert workspace.tt("wait", "solo", "other", "--any").well()
    late = workspace.tt("wait", "solo", "--timeout-secs", "1", "--json")
    assert (late.exit_code > 4, late.json()["end"]) == (True, "timeout")
    workspace.tt("wait", "solo", "--for", "working", "--for", "waiting").well()
    workspace.tt("send", "other", "[[bash touch x]]").well()
    asked = workspace.tt("wait", "--all-agents")
    assert "✗ other: it waits for an answer: waiting (permission), permission asked" in asked.stdout
    assert "→ tt answer other allow|always|deny" in asked.stdout
    workspace.tt("down", "other").well()
    gone = workspace.tt("wait", "other", "--json")
    assert gone.json()["end"] == "stopped"
    assert len({0, 1, late.exit_code, asked.exit_code, gone.exit_code}) == 5
    workspace.tt("wait", "other", "--for", "stopped").well()


def test_ctrl_c_stops_nobody(solo: Stage) -> None:
    """Who waited is told so, and the agent goes on."""
    solo.tt("wait", "solo").well()
    solo.tt("send", "solo", "[[think 60]]").well()
    argv = [sys.executable, "-m", "tutti_core", "wait", "solo"]
    master, terminal = os.openpty()
    waiting = subprocess.Popen(argv, cwd=solo.root, env=solo.env, stderr=terminal)
    shown = b""
    while b"solo working" not in shown:
        shown += os.read(master, 10_000)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(60) == 130
    assert b"nobody waits any more, and nobody was stopped" in os.read(master, 10_000)
    os.close(master)
    os.close(terminal)
    assert solo.status()["solo"]["state"] == "working"

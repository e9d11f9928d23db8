"""Many at once, killed at any moment: one team is left, and one account of what happened."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import NamedTuple

import pytest

from tutti_testing import Stage
from tutti_testing.stage import carrying

TEAM = """[workspace]
name = "chaos"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[[agent]]
name = "a"
[[agent]]
name = "b"
[[agent]]
name = "c"
depends_on = ["a"]
"""
COMMANDS = (
    "up",
    "up",
    "up b --no-wait",
    "down --grace 1",
    "down c --grace 1",
    "status",
    "send a hello",
)
AT_ONCE = 3
SECONDS = 60


class Running(NamedTuple):
    """A command on its way, and when it is killed, if it is."""

    process: subprocess.Popen[str]
    killed_at: float


def begun(workspace: Stage, chance: random.Random) -> Running:
    """Begin some command."""
    words = chance.choice(COMMANDS).split()
    process = subprocess.Popen(
        [sys.executable, "-m", "tutti_core", *words],
        cwd=workspace.root,
        env=workspace.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    doomed = chance.random() < 0.35
    return Running(process, time.monotonic() + chance.uniform(0.1, 2) if doomed else float("inf"))


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_start_has_its_end(workspace: Stage, seed: int) -> None:
    """Each agent's starts and ends alternate in the journal, nothing is left, nothing is a bug."""
    workspace.team(TEAM)
    chance, running, said = random.Random(seed), [], []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until or running:
        while len(running) < AT_ONCE and time.monotonic() < until:
            running.append(begun(workspace, chance))
        for one in list(running):
            if time.monotonic() > one.killed_at:
                one.process.kill()
            if one.process.poll() is not None:
                said.append(one.process.communicate()[0])
                running.remove(one)
        time.sleep(0.02)
    assert not [text for text in said if "Traceback" in text or "this is a bug" in text]
    workspace.tt("down", "--grace", "1").well()
    assert carrying(workspace.root) == []
    events = workspace.events()
    for agent in "abc":
        lives = [e["event"] for e in events if e["agent"] == agent and "prompt" not in e["event"]]
        assert lives == ["agent.started", "agent.stopped"] * (len(lives) // 2)
        assert lives

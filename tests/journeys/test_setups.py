"""A set-up that takes long: it is seen, it can be stopped, and none runs twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tutti_testing import Stage, wait_for
from tutti_testing.stage import carrying

TEAM = """[workspace]
name = "slow"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[worktree]
setup = ["{setup}"]
[[agent]]
name = "api"
"""
LEAVER = "echo begun >> begun; setsid sleep 300 & sleep 300"
"""It has a process that leaves its group, as a daemon does."""


@contextmanager
def upping(workspace: Stage, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Give a `tt up` that goes on in the background."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tutti_core", "up", *words],
        cwd=workspace.root,
        env=workspace.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def begun(workspace: Stage, times: int = 1) -> bool:
    """Return whether the set-up of `api` has begun so often, and is at work."""
    log = workspace.tree("api") / "begun"
    ran = len(log.read_text().split()) if log.exists() else 0
    return ran == times and len(carrying(workspace.root, ["api"])) >= 3


def value(workspace: Stage) -> str:
    """Return what `tt status` shows of the set-up."""
    return "".join(str(one["value"]) for one in workspace.status()["api"]["facts"])


def test_it_is_seen_and_taken_down(workspace: Stage) -> None:
    """`tt status` shows it from elsewhere; `tt down` stops it with all it started, at once."""
    workspace.team(TEAM.format(setup=LEAVER))
    with upping(workspace, "--json") as process:
        assert wait_for(lambda: begun(workspace))
        assert value(workspace) == f"running: {LEAVER}"
        down = workspace.tt("down", "api", "--json", timeout=60).well().json()
        assert [one["outcome"] for one in down["results"]] == ["not running"]
        out, _ = process.communicate(timeout=60)
    assert carrying(workspace.root) == []
    assert "was stopped" in out
    assert process.returncode == 1
    assert value(workspace) == f"stopped: {LEAVER}"
    workspace.team(TEAM.replace('["{setup}"]', "[]")).tt("up").well()
    assert value(workspace) == ""


def test_ctrl_c_ends_it(workspace: Stage) -> None:
    """No process of it is left, and the agent was not started."""
    workspace.team(TEAM.format(setup=LEAVER))
    with upping(workspace) as process:
        assert wait_for(lambda: begun(workspace))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert carrying(workspace.root) == []
    assert "was not started: interrupted" in out + err
    assert workspace.status()["api"]["state"] == "stopped"


@pytest.mark.parametrize("word", ["up", "down"])
def test_what_a_killed_up_left_is_ended(workspace: Stage, word: str) -> None:
    """Nobody says that it still runs; whoever comes next ends it, and no second runs beside it."""
    workspace.team(TEAM.format(setup=LEAVER))
    with upping(workspace) as process:
        assert wait_for(lambda: begun(workspace))
        process.kill()
        process.communicate(timeout=60)
    orphans = carrying(workspace.root, ["api"])
    assert orphans
    assert value(workspace) == f"interrupted: {LEAVER}"
    workspace.team(TEAM.format(setup="test -e begun && echo again >> begun"))
    done = workspace.tt(word).well()
    assert not set(orphans) & set(carrying(workspace.root))
    if word == "up":
        assert "ended what was left of a setup that was cut short" in done.stderr
        assert (workspace.tree("api") / "begun").read_text().split() == ["begun", "again"]
        assert value(workspace) == ""
    else:
        assert "its start had been cut short" in done.stdout + done.stderr


def test_down_says_for_whom_it_waits(workspace: Stage, tmp_path: Path) -> None:
    """While another tt checks out a tree, which nothing can stop half-way."""
    hook = workspace.root / ".git" / "hooks" / "post-checkout"
    gate = tmp_path / "gate"
    hook.write_text(f"#!/bin/sh\ntouch {gate}.there\nuntil test -e {gate}; do sleep 0.1; done\n")
    hook.chmod(0o755)
    workspace.team(TEAM.format(setup="").replace('[""]', "[]"))
    said = tmp_path / "said"
    with upping(workspace) as process:
        assert wait_for(Path(f"{gate}.there").exists)
        words = [sys.executable, "-m", "tutti_core", "down", "api"]
        with (
            said.open("w") as file,
            subprocess.Popen(
                words, cwd=workspace.root, env=workspace.env, stderr=file, stdout=subprocess.PIPE
            ) as down,
        ):
            told = f"api: waits for pid {process.pid} (tt up api) since"
            there = wait_for(lambda: told in said.read_text(), timeout=60)
            gate.touch()
            down.communicate(timeout=60)
        out, err = process.communicate(timeout=60)
    assert there, said.read_text()
    assert down.returncode == 0
    assert "was taken down while it started" in out + err
    assert carrying(workspace.root) == []

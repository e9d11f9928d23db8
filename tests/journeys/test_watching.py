"""A team under watch: what changes is told once, whoever watches and however that ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tutti_testing.stage import Stage, wait_for

HEAD = '[workspace]\nname = "w"\n[launch]\nmode = "unattended"\npolicy = "bypass"\n'
ONE = HEAD + '[[agent]]\nname = "one"\nruntime = "demo"\nworktree = false\n'
TWO = ONE + '[[agent]]\nname = "two"\nruntime = "demo"\nworktree = false\n'


@pytest.fixture
def watched(workspace: Stage) -> Stage:
    """Give a workspace in which commands start a watcher, as they do for a person."""
    workspace.env["TUTTI_WATCHER"] = "on"
    return workspace


def holder(stage: Stage) -> int:
    """Return the process that watches; 0 if none does."""
    try:
        who = json.loads((stage.root / ".tutti/state/locks/watch.lock").read_text())
    except (OSError, ValueError):
        return 0
    return int(who["pid"]) if who["held"] and lives(int(who["pid"])) else 0


def lives(pid: int) -> bool:
    """Return whether a process is there, and is not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def told(stage: Stage, agent: str = "one") -> list[str]:
    """Return the names of the events of an agent's life, in order."""
    names = [one["event"] for one in stage.events() if one["agent"] == agent]
    return [name.removeprefix("agent.") for name in names if name.startswith("agent.")]


def sources(stage: Stage) -> set[str]:
    """Return who has looked, as ``tt status`` says."""
    return {row["source"] for row in stage.status().values()}


def test_a_turn_typed_by_hand_is_told(watched: Stage) -> None:
    """Up starts a watcher; what a person types into the pane is noticed; down leaves nothing."""
    watched.team(ONE).tt("up").well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    pane = ("tmux", "-L", watched.env["TUTTI_TMUX_SOCKET"], "send-keys", "-t", "=tutti-w-one:")
    watched.run(*pane, "-l", "hello").well()
    assert wait_for(lambda: "❯ hello" in watched.tt("peek", "one").stdout, 60)
    # An Enter right behind a paste is taken for a part of it.
    assert wait_for(
        lambda: watched.run(*pane, "Enter").exit_code == 0 and "working" in told(watched),
        60,
    )
    assert wait_for(lambda: told(watched) == ["started", "idle", "working", "idle"], 60), told(
        watched
    )
    health = json.loads((watched.root / ".tutti/state/health/one.json").read_text())
    assert (health["state"], health["activity_state"], health["running"]) == ("idle", "idle", True)
    watcher = holder(watched)
    watched.tt("down").well()
    assert not lives(watcher)
    assert watched.run("tmux", "-L", watched.env["TUTTI_TMUX_SOCKET"], "ls").exit_code == 1
    assert told(watched)[-1] == "stopped"
    assert told(watched).count("stopped") == 1


def test_what_a_killed_watcher_missed_is_told_by_the_next(watched: Stage) -> None:
    """Killed in the middle of a turn: status is right at once, and each change is told once."""
    watched.team(ONE).tt("up").well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    watched.tt("send", "one", "[[think 600]]").well()
    assert wait_for(lambda: told(watched)[-1] == "working", 60), told(watched)
    os.kill(holder(watched), signal.SIGKILL)
    assert watched.status()["one"]["source"] == "look"
    pane = ("tmux", "-L", watched.env["TUTTI_TMUX_SOCKET"], "send-keys", "-t", "=tutti-w-one:")
    watched.run(*pane, "Escape").well()
    watched.until("one", "idle")
    assert told(watched) == ["started", "idle", "working"]
    watched.tt("up").well()
    assert wait_for(lambda: told(watched) == ["started", "idle", "working", "idle"], 60)
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    assert told(watched) == ["started", "idle", "working", "idle"]


def test_a_watcher_that_was_stopped_is_not_believed(watched: Stage) -> None:
    """Status looks itself, who needs one gets another, and down ends even a stopped one."""
    watched.team(ONE).tt("up").well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    watcher = holder(watched)
    os.kill(watcher, signal.SIGSTOP)
    assert sources(watched) == {"look"}
    off = {"TUTTI_WATCHER": "off"}
    watched.tt("send", "one", "hello", "--queue", env=off).well()
    told = watched.tt("queue", "one").well()
    assert "nobody delivers it now; seen last: " in told.stdout
    assert "nobody delivers" in told.stderr
    (waits,) = watched.tt("queue", "--json").well().json()
    assert waits["delivering"] is False
    watched.tt("up").well()
    assert not lives(watcher)
    assert wait_for(lambda: "No prompt waits" in watched.tt("queue").well().stdout, 60)
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    watcher = holder(watched)
    os.kill(watcher, signal.SIGSTOP)
    watched.tt("down").well()
    assert not lives(watcher)


def test_two_watchers_are_one(watched: Stage) -> None:
    """Of two that begin at once one works, and the other goes away; the last session ends it."""
    watched.team(TWO).tt("up", env={"TUTTI_WATCHER": "off"}).well()
    assert holder(watched) == 0
    argv = (sys.executable, "-m", "tutti_core.team.watch_process", str(watched.root))
    for _ in range(2):
        watched.run(*argv, cwd=Path("/")).well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    watcher = holder(watched)
    assert len(_watchers(watched.root)) == 1
    watched.reboot()
    assert wait_for(lambda: not lives(watcher), 60)
    assert told(watched, "one")[-1] == told(watched, "two")[-1] == "stopped"
    back = watched.tt("up", "--restore", env={"TUTTI_WATCHER": "off"}).well()
    assert "two" in back.stdout


def test_a_watcher_of_another_release_is_replaced(watched: Stage) -> None:
    """After an upgrade the next command that needs a watcher has one of its own release."""
    watched.team(ONE).tt("up").well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    old, kept = holder(watched), watched.root / ".tutti/state/readings.json"
    kept.write_text(kept.read_text().replace('"version": "', '"version": "0.'))
    assert sources(watched) == {"look"}
    watched.tt("up").well()
    assert wait_for(lambda: holder(watched) not in (0, old), 60)
    assert not lives(old)
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    assert told(watched) == ["started", "idle"]


def test_what_is_queued_is_delivered_though_the_watcher_was_killed(watched: Stage) -> None:
    """Nobody delivers then, and is said to; the next look at the team has it delivered, once."""
    watched.team(ONE).tt("up").well()
    busy = "[[bash until test -e go; do sleep 0.1; done]]"
    watched.tt("send", "one", busy).well()
    watched.tt("send", "one", "second [[say 2]]", "--queue").well()
    assert wait_for(lambda: holder(watched) > 0, 60)
    os.kill(holder(watched), signal.SIGKILL)
    assert wait_for(lambda: holder(watched) == 0, 60)
    off = {"TUTTI_WATCHER": "off"}
    found = watched.tt("queue", "--json", env=off).well()
    assert found.json()[0]["delivering"] is False
    assert "nobody delivers" in found.stderr
    assert holder(watched) == 0
    watched.tt("status").well()
    assert wait_for(lambda: holder(watched) > 0, 60)
    assert "nobody delivers" not in watched.tt("queue").well().stderr
    (watched.root / "go").touch()
    names = lambda: [one["event"] for one in watched.events()]  # noqa: E731
    assert wait_for(lambda: "prompt.delivered" in names(), 30)
    watched.until("one", "idle")
    assert names().count("prompt.delivered") == 1
    assert "❯ second" in watched.tt("peek", "one").stdout
    assert "No prompt waits" in watched.tt("queue").well().stdout


def test_a_watcher_by_other_plugins_is_replaced(watched: Stage) -> None:
    """Rules that change are read by the one there is; for other plugins another one begins."""
    watched.team(ONE).tt("up").well()
    assert wait_for(lambda: sources(watched) == {"watcher"}, 60)
    first = holder(watched)
    rules = watched.root / ".tutti/rules/demo.toml"
    rules.parent.mkdir()
    rules.write_text('[[title]]\nid = "mine"\nstate = "idle"\nregex = "never"\n')
    assert wait_for(lambda: _watcher_check(watched)["status"] == "pass", 60)
    watched.tt("wait", "one", "--for", "idle").well()
    assert holder(watched) == first
    fewer = {"TUTTI_DISABLE_PLUGINS": "handoff"}
    assert "other plugins" in _watcher_check(watched, fewer)["detail"]
    watched.tt("wait", "one", "--for", "idle", env=fewer).well()
    assert not lives(first)
    assert wait_for(lambda: holder(watched) not in (0, first), 60)
    assert wait_for(lambda: _watcher_check(watched, fewer)["status"] == "pass", 60)
    second = holder(watched)
    mine = {"TUTTI_AGENT": "one"}
    watched.tt("wait", "one", "--for", "idle", env=mine)
    assert holder(watched) == second
    assert told(watched) == ["started", "idle"]


def _watcher_check(stage: Stage, env: dict[str, str] | None = None) -> dict[str, str]:
    found = stage.tt("doctor", "--json", env=env).json()["checks"]
    return next(one for one in found if one["check"] == "watcher")


def test_the_log_grows_with_the_agent_and_has_each_line_once(watched: Stage) -> None:
    """It is there before down, which adds only the rest; followed, each line and state is told."""
    watched.team(ONE).tt("up").well()
    followed = watched.root / "followed"
    argv = (sys.executable, "-m", "tutti_core", "logs", "one", "--follow")
    with (
        followed.open("wb") as out,
        subprocess.Popen(argv, stdout=out, env=watched.env, cwd=watched.root) as follower,
    ):
        assert wait_for(lambda: "Welcome" in followed.read_text(), 60)
        watched.tt("send", "one", "[[think 2]] [[say Alpha.]]", "--wait").well()
        log = watched.root / ".tutti/logs/one.log"
        assert wait_for(lambda: log.exists() and "● Alpha." in log.read_text(), 60)
        assert wait_for(lambda: told(watched)[-2:] == ["working", "idle"], 60)
        assert wait_for(lambda: followed.read_text().count("agent.idle") == 2, 60)
        assert wait_for(lambda: "● Alpha." in followed.read_text(), 60)
        follower.send_signal(signal.SIGINT)
        follower.wait(20)
    assert followed.read_text().count("● Alpha.") == 1
    assert followed.read_text().count("agent.working") == 1
    watched.tt("down").well()
    assert log.read_text().count("● Alpha.") == 1
    assert watched.tt("logs", "one", "-n", "1000").well().stdout.count("● Alpha.") == 1


def _watchers(root: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"tutti_core.team.watch_process" in words and str(root).encode() in words:
                found.append(int(entry.name))
    return found

"""Looking: what an agent showed, while it runs and after its end, and why tt says what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tutti_core import publish_facts
from tutti_testing import Stage, wait_for

TEAM = """[workspace]
name = "views"
[defaults]
runtime = "demo"
[launch]
mode = "unattended"
policy = "bypass"
[[agent]]
name = "one"
[[agent]]
name = "two"
"""
CONTRACT = [
    "workspace", "agent", "runtime", "session", "status", "confidence", "matched_patterns",
    "auth_match", "rate_limit_match", "provider_down_match", "completion_match",
]  # fmt: skip
FLOOD = """import sys, time
print("so it begins")
for number in range(140_000):
    print(f"{number:099}")
sys.stdout.buffer.write(b"\\xff\\xfe no text \\xe6\\x97\\xa5\\xe6\\x9c\\xac wide\\n")
sys.stdout.flush()
time.sleep(600)
"""


@pytest.fixture
def team(workspace: Stage) -> Stage:
    """A workspace of two agents, not started."""
    return workspace.team(TEAM)


def said(workspace: Stage, agent: str, text: str) -> None:
    """Have an agent say something, and wait until it has."""
    workspace.tt("send", agent, f"[[say {text}]]").well()
    shown = f"● {text}"
    assert wait_for(lambda: shown in workspace.tt("peek", agent).stdout, 30)
    workspace.until(agent, "idle")


@contextmanager
def follows(workspace: Stage, out: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `tt logs -f` beside everything else, and end it as Ctrl-C does."""
    argv = [sys.executable, "-m", "tutti_core", "logs", "-f", *words]
    with out.open("wb") as file:
        process = subprocess.Popen(
            argv, cwd=workspace.root, env=workspace.env, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def test_a_log_outlives_its_agent(team: Stage) -> None:
    """After `down`, after a crash and after a new start, everything that was shown is there."""
    team.tt("up", "one").well()
    said(team, "one", "alpha")
    team.tt("down", "one").well()
    assert "● alpha" in team.tt("logs", "one").well().stdout

    team.tt("up", "one").well()
    said(team, "one", "beta")
    record = json.loads((team.root / ".tutti/state/one.json").read_text())
    os.kill(record["pid"], signal.SIGKILL)
    assert wait_for(lambda: team.status()["one"]["state"] == "exited", 20)
    team.tt("up", "one").well()
    said(team, "one", "gamma")
    shown = team.tt("logs", "one", "-n", "500").well().stdout
    places = [shown.index(f"● {word}") for word in ("alpha", "beta", "gamma")]
    assert places == sorted(places)
    assert shown.count("agent.started") == 3
    assert "screen kept: its process had ended" in shown
    assert len(team.tt("logs", "one", "-n", "7").well().stdout.splitlines()) == 7


def test_a_log_without_a_server_and_without_a_file(team: Stage) -> None:
    """What was kept is shown with no tmux server running; who never ran has one clear line."""
    team.tt("up", "one").well()
    said(team, "one", "alpha")
    team.tt("down", "one").well()
    assert "● alpha" in team.tt("logs", "one").well().stdout
    refused = team.tt("logs", "two").badly()
    assert refused.stderr == "error[runtime]: two has never run here\n  hint: tt up two\n"
    assert "no agent 'three'" in team.tt("logs", "three").badly().stderr
    assert "prints bytes" in team.tt("logs", "one", "--raw", "--json").badly(2).stderr
    assert "is not a time" in team.tt("logs", "one", "--since", "soon").badly(2).stderr


def test_since_and_json(team: Stage) -> None:
    """One object a line, and only what is later than a time or than so long ago."""
    team.tt("up", "one").well()
    said(team, "one", "alpha")
    lines = [json.loads(row) for row in team.tt("logs", "one", "--json").well().stdout.splitlines()]
    assert all(set(one) == {"source", "text", "at", "event", "data", "seq"} for one in lines)
    assert {"event", "screen"} == {one["source"] for one in lines}
    assert any(one["text"] == "● alpha" and one["at"] is None for one in lines)
    team.tt("down", "one").well()
    end = team.events()[-1]["timestamp"]
    assert team.tt("logs", "one", "--since", end).well().stdout == ""
    assert "● alpha" in team.tt("logs", "one", "--since", "1h").well().stdout
    assert "agent.stopped" in team.tt("events", "--since", "1h").well().stdout


def test_following_shows_answers_ends_and_new_beginnings(team: Stage, tmp_path: Path) -> None:
    """What an agent says is there within a moment, each line once, also after a new start."""
    out = tmp_path / "followed"
    team.tt("up", "one").well()
    with follows(team, out, "one", "-n", "0") as process:
        assert wait_for(lambda: process.poll() is None, 5)
        said(team, "one", "alpha")
        assert wait_for(lambda: "● alpha" in out.read_text(), 20)
        team.tt("down", "one").well()
        assert wait_for(lambda: "agent.stopped" in out.read_text(), 20)
        team.tt("up", "one", "--new").well()
        said(team, "one", "beta")
        assert wait_for(lambda: "● beta" in out.read_text(), 20)
    assert process.returncode == 130
    shown = out.read_text()
    assert (shown.count("● alpha"), shown.count("● beta")) == (1, 1)
    assert shown.index("● alpha") < shown.index("agent.stopped") < shown.index("● beta")
    assert "Traceback" not in shown


def test_nobody_reads_on(team: Stage) -> None:
    """A reader that goes away ends a follower quietly, with what the agent prints next."""
    team.tt("up", "one").well()
    argv = f"{sys.executable} -m tutti_core logs one -f -n 1 | head -n 1; echo $?"
    reader = subprocess.Popen(
        ["sh", "-c", argv], cwd=team.root, env=team.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time_is_up = time.monotonic() + 40
    while reader.poll() is None and time.monotonic() < time_is_up:
        team.tt("send", "one", "[[say more]]")
    out, err = reader.communicate(timeout=10)
    assert (len(out.splitlines()), err) == (2, "")


@pytest.mark.timeout(180)
def test_a_flood(team: Stage) -> None:
    """Fourteen megabytes, bytes that are no text, wide glyphs: bounded on disk, the last kept."""
    flood = team.root / "flood"
    flood.write_text(f"#!{sys.executable}\n{FLOOD}")
    flood.chmod(0o755)
    runtime = f'[[runtime]]\nname = "flood"\ncommand = "{flood}"\n'
    team.team(f'{TEAM}[[agent]]\nname = "flood"\nruntime = "flood"\n{runtime}')
    team.tt("up", "flood", "--no-wait").well()
    ring = team.root / ".tutti/logs/flood.raw"
    wide = b"\xff\xfe no text \xe6\x97\xa5\xe6\x9c\xac wide\r\n"
    assert wait_for(lambda: ring.exists() and ring.read_bytes().endswith(wide), 60)
    raw = subprocess.run(
        [sys.executable, "-m", "tutti_core", "logs", "flood", "--raw"],
        cwd=team.root, env=team.env, capture_output=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    assert raw.endswith(f"{139_999:099}\r\n".encode() + wide)
    assert 4_000_000 <= len(raw) <= 10_200_000
    shown = team.tt("logs", "flood", "-n", "2").well().stdout.splitlines()
    assert shown[0] == f"{139_999:099}"
    assert shown[1].endswith("no text 日本 wide")
    team.tt("down", "flood").well()
    kept = team.tt("logs", "flood", "--since", "1h").well().stdout
    assert len(kept.splitlines()) > 10_000
    sizes = [one.stat().st_size for one in (team.root / ".tutti/logs").glob("flood*")]
    assert sum(sizes) <= 10_200_000 + 8 * 1024 * 1024
    assert wait_for(lambda: not _keepers(ring), 20)


STATES = [
    ("idle", "", "Idle", "completion_match"),
    ("working", "[[think 600]]", "Working", None),
    ("waiting", "[[ask Which one?|This|That]]", "Working", None),
    ("auth_failed", "[[http 401]]", "Auth Failed: ", "auth_match"),
    ("rate_limited", "[[limit 3pm]]", "Unknown", "rate_limit_match"),
    ("provider_down", "[[http 529]]", "Unknown", "provider_down_match"),
    ("exited", "[[exit 3]]", "Stopped", None),
]


@pytest.mark.parametrize(("state", "prompt", "status", "match"), STATES)
def test_detect_says_what_and_why(
    team: Stage, state: str, prompt: str, status: str, match: str | None
) -> None:
    """Each state has the contract's fields, its evidence, and every rule when asked for."""
    team.tt("up", "one").well()
    if prompt:
        team.tt("send", "one", prompt)
    assert wait_for(lambda: team.status()["one"]["state"] == state, 40), team.status()["one"]
    found: dict[str, Any] = team.tt("detect", "one", "--json", "--explain").well().json()
    assert list(found)[: len(CONTRACT)] == CONTRACT
    assert found["status"].startswith(status)
    assert (found["workspace"], found["agent"], found["runtime"]) == ("views", "one", "demo")
    assert found["session"] == "tutti-views-one"
    assert (found["state"], found["evidence"][0]["state"]) == (state, state)
    assert found["confidence"] == found["evidence"][0]["confidence"]
    matches = {key for key in CONTRACT if key.endswith("_match") and found[key]}
    assert matches == ({match} if match else set())
    assert [one["source"] for one in found["sources"]] == ["process", "live", "title", "screen"]
    assert {one["outcome"] for one in found["rules"]} <= {"spoke", "matched", "nearly", "no"}
    human = team.tt("detect", "one", "--explain").well().stdout
    assert f"status: {found['status']} (" in human
    assert all(one["rule"] in human for one in found["rules"])


def test_detect_refuses_who_does_not_run(team: Stage) -> None:
    """Nothing is said of an agent that is not there."""
    assert "one is not running" in team.tt("detect", "one").badly().stderr
    assert "no agent 'three'" in team.tt("detect", "three").badly().stderr
    assert "give one agent" in team.tt("detect").badly(2).stderr
    assert "need both" in team.tt("detect", "--runtime", "demo").badly(2).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("one", "--to", "x"),
        ("one", "--title", "x"),
        ("--runtime", "demo", "--screen", "x", "--record", "y"),
        ("--runtime", "demo", "--screen", "x", "--to", "y"),
    ],
)
def test_an_option_of_detect_that_would_do_nothing_is_refused(
    team: Stage, words: tuple[str, ...]
) -> None:
    """What is about agents is not said of saved screens in silence, and the other way round."""
    assert "error[config]" in team.tt("detect", *words).badly(2).stderr


def test_a_screen_is_recorded_and_judged_again(team: Stage, tmp_path: Path) -> None:
    """A recorded case says what was seen, anywhere and without tmux; nothing is overwritten."""
    team.tt("up", "one").well()
    said = team.tt("detect", "one", "--record", "box").well().stdout
    first, facts = map(Path, said.splitlines()[:2])
    assert first.parent == team.root / ".tutti/rules/corpus/demo/idle"
    assert facts == first.with_suffix(".json")
    assert facts.is_file()
    assert "nothing is left out" in said
    assert sorted(one.name for one in first.parent.iterdir()) == [facts.name, first.name]
    assert first.name.endswith("-box.txt")
    assert "is there already" in team.tt("detect", "one", "--record", "box").badly().stderr
    assert "cannot name" in team.tt("detect", "one", "--record", "../x").badly().stderr
    team.tt("send", "one", "[[ask Which one?|This|That]]")
    team.until("one", "waiting")
    words = ("detect", "one", "--record", "asks", "--to", str(tmp_path / "mine"), "--json")
    second = Path(team.tt(*words).well().json()["file"])
    away = tmp_path / "away"
    away.mkdir()
    missing, odd = away / "no such file", away / "odd.txt"
    odd.write_bytes(b"\xff\xfe\x1b[31m\x00")
    files = [str(one) for one in (first, missing, second, odd)]
    env = {"TUTTI_TMUX_SOCKET": "none"}
    words = ("detect", "--runtime", "demo", "--json", "--screen", *files)
    rows = team.tt(*words, cwd=away, env=env).badly().stdout.splitlines()
    judged = [json.loads(row) for row in rows]
    assert [one["file"] for one in judged] == files
    assert [one["state"] for one in judged] == ["idle", "unknown", "waiting", "unknown"]
    assert "cannot read" in judged[1]["error"]
    assert judged[2]["evidence"][0]["state"] == "waiting"
    strange = team.tt("detect", "--runtime", "nobody", "--json", "--screen", files[0], cwd=away)
    assert strange.well().json()["state"] == "unknown"
    words = ("detect", "--runtime", "demo", "--explain", "--screen", files[2])
    told = team.tt(*words, "--json", cwd=away).well().json()["rules"]
    assert [one["rule"] for one in told if one["outcome"] == "spoke" and one["source"] == "screen"]
    assert "OUTCOME" in team.tt(*words, cwd=away).well().stdout


def _keepers(ring: Path) -> list[str]:
    """The processes whose arguments name a ring."""
    found = []
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and os.fsencode(ring) in (one / "cmdline").read_bytes():
                found.append(one.name)
        except OSError:
            continue
    return found


def test_who_has_a_part_in_a_movement(workspace: Stage) -> None:
    """Only those are shown whose facts say so; where nobody has, that is said."""
    workspace.team(TEAM)
    fact = {"key": "movement", "label": "movement", "value": "auth", "at": time.time()}
    publish_facts(workspace.root, "test", {"two": [fact]})
    shown = workspace.tt("status", "--movement", "auth", "--json").well().json()
    assert [row["agent"] for row in shown] == ["two"]
    assert "no agent has a part in" in workspace.tt("status", "--movement", "docs").well().stdout
    assert "leave out --all" in workspace.tt("status", "--movement", "x", "--all").badly(2).stderr

"""Prompts arrive once and whole whatever happens: judged by what the agent itself wrote down.

The agents here have neither a live-status file nor a title: only their screen says how they are.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from heard import keys, pastes, taken
from tutti_testing import Stage, wait_for

HEAD = """[workspace]
name = "w"
[workspace.auth]
default_profile = "mute"
[defaults]
runtime = "demo"
[launch]
mode = "unattended"
policy = "bypass"
"""
PROFILE = '[[profile]]\nname = "mute"\nprovider = "nobody"\ncommand = "{}"\n'
MUTE = f"{sys.executable} -I -m tutti_demo.agent --no-live-status --no-title --speed 20"

Team = Callable[..., Path]


@pytest.fixture
def team(workspace: Stage) -> Team:
    """Return a function that starts one agent with further options, and gives its byte log."""

    def start(*options: str) -> Path:
        log = workspace.home / "bytes.jsonl"
        words = " ".join((MUTE, *options))
        workspace.settings(PROFILE.format(words))
        agent = f'[[agent]]\nname = "one"\nenv = {{ TUTTI_DEMO_BYTES = "{log}" }}\n'
        workspace.team(HEAD + agent).tt("up").well()
        return log

    return start


def press(stage: Stage, *words: str) -> None:
    """Press keys in the agent's pane, as a person would."""
    record = json.loads((stage.root / ".tutti" / "state" / "one.json").read_text())
    socket = stage.env["TUTTI_TMUX_SOCKET"]
    stage.run("tmux", "-L", socket, *[record["pane"] if w == "PANE" else w for w in words]).well()


@pytest.mark.parametrize(
    "count", [8, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_prompts_in_a_row_while_enters_are_lost(
    workspace: Stage, team: Team, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every other Enter is swallowed: each prompt is submitted, exactly once, and said to be."""
    log = team("--swallow", "0", "--swallow-enter", "0.5", "--seed", "5")
    texts = [f"number {number} [[say reply {number}]]" for number in range(count)]
    for number, text in enumerate(texts):
        if number and number % 20 == 0:
            with capsys.disabled():
                sys.stdout.write(f"\n{number} of {count} prompts")
                sys.stdout.flush()
        receipt = workspace.tt("send", "one", text, "--wait", "--idle-stable-secs", "0", "--json")
        assert receipt.well().json()["outcome"] == "submitted", receipt
    assert taken(workspace.home) == texts
    assert pastes(log) == texts
    assert set(keys(log)) == set(b"\r")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("count", [6, pytest.param(20, marks=pytest.mark.soak)])
def test_many_clients_at_once(workspace: Stage, team: Team, count: int) -> None:
    """Many prompts from five clients: every one arrives whole, once, in some order."""
    log = team("--swallow", "0")
    texts = [f"client {n % 5}, its {n // 5}.\nwith a second line {n}" for n in range(count)]

    def client(number: int) -> list[str]:
        said = []
        for text in texts[number::5]:
            words = ("send", "one", "--wait", "--idle-stable-secs", "0", "--json")
            said.append(workspace.tt(*words, stdin=text).well().json()["outcome"])
        return said

    with ThreadPoolExecutor(5) as pool:
        outcomes = [outcome for said in pool.map(client, range(5)) for outcome in said]
    assert outcomes == ["submitted"] * count
    assert sorted(taken(workspace.home)) == sorted(texts)
    assert sorted(pastes(log)) == sorted(texts)


def test_eight_seconds_without_enter(workspace: Stage, team: Team) -> None:
    """An agent that hears no Enter at first gets its prompt, once."""
    log = team("--swallow", "8")
    receipt = workspace.tt("send", "one", "patience [[say done]]", "--json").well().json()
    assert receipt["outcome"] == "submitted", receipt
    assert pastes(log) == ["patience [[say done]]"]
    assert keys(log).count(b"\r") > 1
    assert wait_for(lambda: taken(workspace.home) == ["patience [[say done]]"])


def test_what_a_person_does_in_the_pane(workspace: Stage, team: Team) -> None:
    """A draft is neither submitted nor lost; who only scrolls is scrolled back."""
    log = team("--swallow", "0")
    press(workspace, "send-keys", "-t", "PANE", "-l", "half a thought")
    assert wait_for(lambda: "❯ half a thought" in workspace.tt("peek", "one").stdout)
    refused = workspace.tt("send", "one", "no", "--json").badly().json()
    assert refused["evidence"] == "somebody's draft stands in the composer"
    queued = workspace.tt("send", "one", "later [[say so]]", "--queue", "--json").well().json()
    assert (queued["outcome"], queued["entry"]) == ("queued", 1)
    assert "❯ half a thought" in workspace.tt("peek", "one").stdout
    assert pastes(log) == []
    press(workspace, "send-keys", "-t", "PANE", "C-u")
    press(workspace, "copy-mode", "-t", "PANE")
    words = ("send", "one", "more [[say so]]", "--wait", "--idle-stable-secs", "0", "--json")
    waited = workspace.tt(*words).well().json()
    assert (waited["outcome"], waited["turn"]) == ("submitted", "done")
    assert taken(workspace.home) == ["later [[say so]]", "more [[say so]]"]
    assert "No prompt waits" in workspace.tt("queue").well().stdout


def test_what_is_at_work_is_stopped_for_a_prompt(workspace: Stage, team: Team) -> None:
    """By its own key, with proof that it stopped; the prompt comes after that."""
    log = team("--swallow", "0")
    workspace.tt("send", "one", "[[hang]]").well()
    late = workspace.tt("send", "one", "next [[say on]]", "--no-queue", "--json").badly().json()
    assert late["evidence"] == "it is working"
    words = ("send", "one", "now [[say yes]]", "--interrupt", "--output", "--json")
    done = workspace.tt(*words).well().json()
    assert (done["outcome"], done["turn"]) == ("submitted", "done")
    assert "yes" in done["captured_output"]
    assert keys(log).count(b"\x1b") == 1
    assert taken(workspace.home) == ["[[hang]]", "now [[say yes]]"]


def test_long_and_strange_prompts(workspace: Stage, team: Team) -> None:
    """30 KB, many lines, and what the CLI would run by itself arrive as words."""
    team("--swallow", "0")
    long = "\n".join(f"line {number} of a long prompt" for number in range(1200)) + " [[say ok]]"
    for text in (long, "!touch armed", "/exit", "ends with a backslash \\", "日本語 ✨ ñ"):
        words = ("send", "one", "--wait", "--idle-stable-secs", "0", "--json")
        receipt = workspace.tt(*words, stdin=text).well().json()
        assert (receipt["outcome"], receipt["turn"]) == ("submitted", "done"), receipt
    heard = taken(workspace.home)
    assert heard[0] == long
    assert [one.strip() for one in heard[1:]] == [
        "!touch armed",
        "/exit",
        "ends with a backslash \\",
        "日本語 ✨ ñ",
    ]
    assert not (workspace.tree("one") / "armed").exists()


def test_several_agents_at_once(workspace: Stage) -> None:
    """A receipt each, in one list; the exit code is the worst of them."""
    agents = "".join(f'[[agent]]\nname = "{name}"\n' for name in ("a", "b", "c"))
    workspace.settings(PROFILE.format(MUTE)).team(HEAD + agents).tt("up", "a", "b").well()
    both = workspace.tt("send", "a,b", "[[say hi]]", "--wait", "--json").well().json()
    assert [(one["agent"], one["turn"]) for one in both] == [("a", "done"), ("b", "done")]
    every = workspace.tt("send", "--all", "[[say again]]", "--json").badly(1).json()
    assert [one["outcome"] for one in every] == ["submitted", "submitted", "refused"]
    assert every[2]["evidence"] == "not running"
    assert sorted(taken(workspace.home)) == sorted(["[[say hi]]", "[[say again]]"] * 2)
    wrong = workspace.tt("send", "a,nobody", "x", "--json").badly()
    assert "nobody" in json.loads(wrong.stderr)["error"]["message"]
    assert workspace.tt("send", "", "x").badly(2)


KILLED_AT = """
import os, signal, sys
import tutti_core.team.{module} as room
room.{name} = lambda *words, **named: os.kill(os.getpid(), signal.SIGKILL)
from tutti_core.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "name", "ends"),
    [
        ("typist", "_submitted", ["submitted"]),
        pytest.param("typist", "prove", ["unknown", "submitted"], marks=pytest.mark.soak),
    ],
)
def test_a_sender_that_is_killed(
    workspace: Stage, team: Team, module: str, name: str, ends: list[str]
) -> None:
    """Whoever comes next says what became of its prompt, and types nothing again."""
    log = team("--swallow", "0")
    program = KILLED_AT.format(module=module, name=name)
    argv = [sys.executable, "-c", program, "send", "one", "mine [[say so]]"]
    assert workspace.run(*argv).exit_code == -9
    workspace.tt("send", "one", "next [[say so]]", "--wait").well()
    told = [one["event"] for one in workspace.events() if one["event"].startswith("prompt.")]
    assert told[0].removeprefix("prompt.") in ends
    assert told[1:] == ["prompt.submitted"]
    assert pastes(log) == ["mine [[say so]]", "next [[say so]]"]
    assert taken(workspace.home) == ["mine [[say so]]", "next [[say so]]"]
    kept = workspace.tt("queue", "--json").well().json()
    assert [one["state"] for one in kept] == ["unknown"] * (told[0] == "prompt.unknown")


def test_a_person_looks_at_the_queue(workspace: Stage, team: Team) -> None:
    """It is listed with what each waits for, shown beside the agent, and taken back."""
    log = team("--swallow", "0")
    workspace.tt("send", "one", "[[hang]]").well()
    told = workspace.tt("send", "one", "then [[say this]]").well()
    assert "queued  one: it is working" in told.stdout
    assert "QUEUED" in workspace.tt("status").well().stdout
    shown = workspace.tt("queue").well().stdout
    assert "then [[say this]]" in shown
    assert "→ tt queue cancel ID" in shown
    late = workspace.tt("send", "one", "x", "--wait", "--timeout-secs", "1", "--json").badly(5)
    assert (late.json()["outcome"], late.json()["turn"]) == ("queued", "timeout")
    first, second = [one["entry"] for one in workspace.tt("queue", "--json").well().json()]
    gone = workspace.tt("queue", "cancel", str(first), "99").badly(1).stdout
    assert gone.startswith(f"cancelled  {first}\nkept  99: there is no such prompt")
    done = workspace.tt("queue", "cancel", "--all", "--json").well().json()
    assert done["cancelled"] == [second]
    assert workspace.tt("queue", "--json").well().json() == []
    assert workspace.tt("queue", "cancel").badly(2)
    assert pastes(log) == ["[[hang]]"]


def watcher(stage: Stage) -> int:
    """Return the process that watches, 0 if none does."""
    held = json.loads((stage.root / ".tutti" / "state" / "locks" / "watch.lock").read_text())
    return int(held["pid"]) if held["held"] else 0


def test_a_courier_comes_up_by_itself(workspace: Stage, team: Team) -> None:
    """Nobody watches: what is queued starts one, another one when it is killed, none for ever."""
    log = team("--swallow", "0")
    workspace.env["TUTTI_WATCHER"] = "on"
    busy = "[[bash until test -e go; do sleep 0.1; done]]"
    workspace.tt("send", "one", busy).well()
    texts = ["first [[say 1]]", "second [[say 2]]"]
    for text in texts:
        assert workspace.tt("send", "one", text, "--json").well().json()["outcome"] == "queued"
    assert wait_for(lambda: watcher(workspace) > 0)
    os.kill(watcher(workspace), signal.SIGKILL)
    texts.append("third [[say 3]]")
    workspace.tt("send", "one", texts[-1]).well()
    (workspace.tree("one") / "go").touch()
    assert wait_for(lambda: len(taken(workspace.home)) == 4)
    assert taken(workspace.home) == pastes(log) == [busy, *texts]
    delivered = lambda: [one["event"] for one in workspace.events()].count("prompt.delivered")  # noqa: E731
    assert wait_for(lambda: delivered() == 3)
    workspace.tt("down").well()
    assert wait_for(lambda: watcher(workspace) == 0)
    down = workspace.tt("send", "one", "after [[say 4]]", "--queue", "--json").well().json()
    assert (down["outcome"], down["evidence"]) == ("queued", "not running")
    assert "tt up one" in down["hint"]
    up = workspace.tt("up").well()
    assert "1 queued prompt will be delivered to it; see tt queue" in up.stdout + up.stderr
    assert wait_for(lambda: "after [[say 4]]" in taken(workspace.home))
    workspace.tt("down").well()
    assert wait_for(lambda: watcher(workspace) == 0)

"""OpenClaw's command line, the configuration it is given, and the policy as it is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import Agent, Arrangement, Launch, LaunchRequest, Workspace
from tutti_openclaw.policy import held, plain, told
from tutti_openclaw.runtime import CAN, OpenClaw

ROOT = Path("/home/dev/app")
FILES = ROOT / ".tutti/state/runtime-settings/one"
ID = "7d1b6a3e-4d0f-4c8e-9a53-2f6f0f2c9b11"
SESSION = f"--session=agent:main:{ID}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home with a configuration of OpenClaw's."""
    for name in ("STATE_DIR", "CONFIG_PATH", "HOME", "PROFILE", "INCLUDE_ROOTS"):
        monkeypatch.delenv(f"OPENCLAW_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".openclaw").mkdir()
    (tmp_path / ".openclaw" / "openclaw.json").write_text("{}")
    return tmp_path


def launched(**changes: Any) -> Launch:
    """Return the launch for a request with changes."""
    plainly = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=ROOT, workspace=Workspace("app")),
        cwd=ROOT / ".tutti/worktrees/one",
        command=("openclaw",),
        mode="safe",
        conversation=ID,
        version="2026.9.6",
        files=FILES,
    )
    return OpenClaw().launch(attrs.evolve(plainly, **changes))


def written(launch: Launch) -> dict[str, Any]:
    """Return the configuration a launch writes, which is the one it names."""
    ((path, text),) = launch.files.items()
    assert launch.env["OPENCLAW_CONFIG_PATH"] == str(path)
    found: dict[str, Any] = json.loads(text)
    return found


def tools(**changes: Any) -> dict[str, Any]:
    """Return what a launch says of the agent's tools."""
    entry: dict[str, Any] = written(launched(**changes))["agents"]["entries"]["main"]
    assert entry.pop("workspace") == str(ROOT / ".tutti/worktrees/one")
    return dict(entry.get("tools", {}))


def test_it_runs_without_a_gateway_under_a_key_of_ours() -> None:
    """One process, one session, and nothing else said."""
    assert launched().argv == ("openclaw", "chat", SESSION)
    assert launched(command=("wrap", "openclaw")).argv[:3] == ("wrap", "openclaw", "chat")


def test_the_users_configuration_is_included_and_not_written(home: Path) -> None:
    """What an agent gets lies over the user's own, in a file of the launch's."""
    launch = launched()
    mine = home / ".openclaw" / "openclaw.json"
    assert written(launch)["$include"] == str(mine)
    assert str(mine.parent) in launch.env["OPENCLAW_INCLUDE_ROOTS"].split(":")
    assert all(path.is_relative_to(FILES) for path in launch.files)


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"OPENCLAW_CONFIG_PATH": "/etc/claw.json"}, "/etc/claw.json"),
        ({"OPENCLAW_STATE_DIR": "/var/claw"}, "/var/claw/openclaw.json"),
        ({"OPENCLAW_PROFILE": "work"}, "{home}/.openclaw-work/openclaw.json"),
        ({"OPENCLAW_HOME": "/srv/me"}, "/srv/me/.openclaw/openclaw.json"),
        ({"HOME": "/srv/you"}, "/srv/you/.openclaw/openclaw.json"),
        ({"OPENCLAW_CONFIG_PATH": "~/claw.json"}, "{home}/claw.json"),
    ],
)
def test_the_users_configuration_is_where_openclaw_looks(
    home: Path, env: dict[str, str], where: str
) -> None:
    """A profile may name another one; one that is not there is not included, and said."""
    launch = launched(env=env)
    assert "$include" not in written(launch)
    assert where.format(home=home) in launch.warnings[0]


def test_each_agent_has_a_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two on one would end each other; what the user's shell says is the user's own."""
    monkeypatch.setenv("OPENCLAW_STATE_DIR", "/home/dev/.openclaw")
    launch = launched()
    assert launch.env["OPENCLAW_STATE_DIR"] == str(FILES / "openclaw")
    assert launch.transcript is not None
    assert launch.transcript.startswith(str(FILES / "openclaw"))


def test_what_an_agent_was_given_is_not_the_users(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that starts a team would else include its own configuration, and that in itself."""
    monkeypatch.setenv("OPENCLAW_CONFIG_PATH", str(FILES / "openclaw.json"))
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(FILES / "openclaw"))
    assert written(launched())["$include"] == str(home / ".openclaw" / "openclaw.json")


def test_a_state_folder_can_be_given_by_name(home: Path) -> None:
    """A profile or an agent may be meant to run on one that is there."""
    launch = launched(env={"OPENCLAW_STATE_DIR": "~/.openclaw"})
    assert launch.env["OPENCLAW_STATE_DIR"] == str(home / ".openclaw")


def test_roots_of_the_users_own_stay(home: Path) -> None:
    """A configuration that includes from elsewhere goes on doing so."""
    roots = launched(env={"OPENCLAW_INCLUDE_ROOTS": "/etc/claw"}).env["OPENCLAW_INCLUDE_ROOTS"]
    assert roots.split(":")[:2] == ["/etc/claw", str(home / ".openclaw")]


def test_its_folder_is_the_worktree_and_gets_no_files() -> None:
    """OpenClaw would otherwise work in a folder of its own, and fill it with notes of its own."""
    defaults = written(launched())["agents"]["defaults"]
    assert defaults == {"workspace": str(ROOT / ".tutti/worktrees/one"), "skipBootstrap": True}


def test_safe_runs_no_command_that_nobody_approved() -> None:
    """Where nobody can be asked that is refused, and the user is told."""
    assert tools() == {"exec": {"mode": "ask"}, "fs": {"workspaceOnly": True}}
    assert launched().enforcement == "prompt"
    assert "cannot ask" in launched().warnings[0]


def test_constrained_is_told_and_the_user_too() -> None:
    """With the first prompt, behind it; that nothing holds its shell to it is not hidden."""
    launch = launched(mode="auto", rules=("git status", "Edit"), prompt="go")
    assert launch.argv[-1].startswith("--message=go\n\nWhat you may do")
    assert launch.argv[-1].endswith("- git status\n- Edit")
    assert launch.enforcement == "unsupported"
    assert "cannot be held" in launch.warnings[0]


def test_a_policy_without_a_prompt_is_told_once() -> None:
    """A conversation that goes on has heard it."""
    asked: dict[str, Any] = {"mode": "auto", "rules": ("ls",)}
    assert launched(**asked).argv[-1].startswith("--message=What you may do")
    assert launched(**asked, resume=True).argv[-1] == "--history-limit=200"


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (("git status", "Edit", "Write"), {}),
        (("ls",), {"deny": ["write", "edit", "apply_patch"]}),
        (("Read", "Write"), {"exec": {"mode": "deny"}, "deny": ["edit", "apply_patch"]}),
        (("Bash(npm test:*)", "MultiEdit", "write"), {}),
        (
            ("Read", "WebFetch(domain:example.org)"),
            {"exec": {"mode": "deny"}, "deny": ["write", "edit", "apply_patch"]},
        ),
        ((), {"exec": {"mode": "deny"}, "deny": ["write", "edit", "apply_patch"]}),
    ],
)
def test_tools_that_the_policy_does_not_list_are_off(
    rules: tuple[str, ...], wanted: dict[str, Any]
) -> None:
    """Files are kept in the folder, and a policy without commands leaves it no shell."""
    assert held(rules) == {"fs": {"workspaceOnly": True}, **wanted}
    assert tools(mode="auto", rules=rules) == held(rules)


def test_bypass_needs_to_be_meant() -> None:
    """Only unattended with bypass runs commands without approval."""
    assert tools(mode="unattended", policy="bypass") == {"exec": {"mode": "full"}}
    assert tools(mode="unattended", rules=("ls",)) == held(("ls",))


def test_a_conversation_is_taken_up_by_its_key() -> None:
    """The same key finds it again, and what was said is shown."""
    taken = launched(resume=True, prompt="go on")
    assert taken.argv == ("openclaw", "chat", SESSION, "--history-limit=200", "--message=go on")


@given(st.lists(st.text()))
def test_each_rule_is_a_line(rules: list[str]) -> None:
    """No rule can break out of its place in the list, and any can be held as far as it goes."""
    assert len(told(rules).split("\n")) == len(told([]).split("\n")) + len(rules)
    assert held(rules)["fs"] == {"workspaceOnly": True}


@pytest.mark.parametrize(
    ("rule", "words"),
    [("cargo test *", "cargo test"), ("Bash(npm test:*)", "npm test"), ("Edit", "Edit")],
)
def test_a_rule_in_plain_words(rule: str, words: str) -> None:
    """The marks of other runtimes mean nothing to it."""
    assert plain(rule) == words


@pytest.mark.parametrize("prompt", ["/status", "!ls", "/", " /model", "\t/new"])
def test_what_it_would_run_itself_is_known(prompt: str) -> None:
    """Prompts that would run something are recognised, and words in front make them words."""
    assert re.match(CAN.commands, prompt)
    assert not re.match(CAN.commands, f"{CAN.disarm}{prompt}")


@pytest.mark.parametrize("prompt", ["exit", ":q", "-", "?", "a /path", "x!"])
def test_ordinary_words_are_left_alone(prompt: str) -> None:
    """What OpenClaw gives to the model as it is, is not changed."""
    assert not re.match(CAN.commands, prompt)

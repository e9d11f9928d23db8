"""Claude Code's command lines, word for word, and the policy in its own words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_claude.policy import rendered
from tutti_claude.runtime import CAN, ClaudeCode, config_home, refuses, transcript_path
from tutti_core import Agent, Arrangement, LaunchRequest, Workspace

ROOT = Path("/home/dev/app")
ID = "2f1d8c1e-3c8c-4c0f-9b59-0d5c4a1a7a10"
SETTINGS = ROOT / ".tutti/state/runtime-settings/one/claude-settings.json"
SPOOL = ROOT / ".tutti/state/hooks/one.jsonl"
HELD = ["--settings", str(SETTINGS)]


def asked(**changes: Any) -> LaunchRequest:
    """Return a request with changes."""
    plain = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=ROOT, workspace=Workspace("app")),
        cwd=ROOT / ".tutti/worktrees/one",
        command=("claude",),
        mode="safe",
        conversation=ID,
        version="2.1.330",
        files=SETTINGS.parent,
        spool=SPOOL,
    )
    return attrs.evolve(plain, **changes)


def argv(**changes: Any) -> list[str]:
    """Return the command line for a request with changes."""
    return list(ClaudeCode().launch(asked(**changes)).argv)


def test_safe_asks_a_person() -> None:
    """The mode is said, because what a version does without it differs."""
    assert argv() == ["claude", "--permission-mode", "default", *HELD, "--session-id", ID]


def test_constrained_refuses_without_asking() -> None:
    """The policy goes by a settings file for this launch, never by the user's own."""
    started = ClaudeCode().launch(asked(mode="auto", rules=("git status", "Edit")))
    held = ["--permission-mode", "dontAsk", *HELD]
    assert list(started.argv) == ["claude", *held, "--session-id", ID]
    allowed = json.loads(started.files[SETTINGS])["permissions"]["allow"]
    assert allowed == ["Bash(git status:*)", "Edit"]
    assert (started.enforcement, started.warnings) == ("hard", ())


def test_an_old_version_asks_for_what_it_cannot_refuse() -> None:
    """1.0 has no mode that refuses; it is started in the one that asks, and the user is told."""
    started = ClaudeCode().launch(asked(mode="auto", rules=("Edit",), version="1.0.128"))
    assert started.argv[1:3] == ("--permission-mode", "default")
    assert "cannot refuse without asking" in started.warnings[0]


def test_bypass_needs_to_be_meant() -> None:
    """Only unattended with bypass runs free."""
    free = argv(mode="unattended", policy="bypass")
    assert free[1:3] == ["--permission-mode", "bypassPermissions"]
    assert "bypassPermissions" not in argv(mode="unattended", rules=())


def test_a_prompt_stands_behind_two_dashes() -> None:
    """Whatever a prompt begins with, it is a prompt."""
    assert argv(prompt="--version\n$(x)")[-2:] == ["--", "--version\n$(x)"]


def test_a_profiles_command_comes_first() -> None:
    """The words of a profile's command are kept as they are."""
    assert argv(command=("/opt/my tools/claude", "--model", "opus"))[:3] == [
        "/opt/my tools/claude",
        "--model",
        "opus",
    ]


def test_instructions_and_resumption_have_flags() -> None:
    """Memory is appended to the system prompt; a conversation is taken up by its id."""
    words = argv(memory="Be kind.", resume=True)
    assert words[5:] == ["--resume", ID, "--append-system-prompt", "Be kind."]


def test_an_agent_is_not_told_that_it_runs_inside_another() -> None:
    """Started from a Claude Code session, it would take itself for a child."""
    assert "CLAUDECODE" in ClaudeCode().launch(asked()).unset


@pytest.mark.parametrize(
    ("version", "able"),
    [("2.1.330", True), ("2.0.77", True), ("2.0.76", False), ("1.0.128", False), (None, True)],
)
def test_which_versions_can_refuse(version: str | None, able: bool) -> None:
    """Those measured, and newer ones; an unknown version is taken for a new one."""
    assert refuses(version) is able


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("git status", "Bash(git status:*)"),
        ("cargo test *", "Bash(cargo test:*)"),
        ("npm", "Bash(npm:*)"),
        ("read", "Read"),
        ("WebFetch", "WebFetch"),
        ("Bash(git log *)", "Bash(git log *)"),
        ("Edit(docs/**)", "Edit(docs/**)"),
        ("mcp__tracker__list", "mcp__tracker__list"),
        ("git   commit", "Bash(git commit:*)"),
    ],
)
def test_a_rule_in_its_own_words(rule: str, words: str) -> None:
    """Commands become prefixes, tools stay tools."""
    assert rendered(rule) == words


@given(st.text())
def test_any_rule_becomes_one_line(rule: str) -> None:
    """No rule can break out of its place in the settings file."""
    assert "\n" not in rendered(rule)


@pytest.mark.parametrize("prompt", ["/help me", "  /clear", "!ls", "exit", " quit ", ":q"])
def test_what_it_would_run_itself_is_known(prompt: str) -> None:
    """Prompts that would end it or run something are recognised, as measured."""
    assert re.match(CAN.commands, prompt)
    assert not re.match(CAN.commands, f"{CAN.disarm}{prompt}")


@pytest.mark.parametrize("prompt", ["exit the loop early", "a /path", "quite so", "x!"])
def test_ordinary_words_are_left_alone(prompt: str) -> None:
    """A prompt that only looks a little like a command is not changed."""
    assert not re.match(CAN.commands, prompt)


def test_where_its_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder follows the agent's own environment, and slugs are as it makes them."""
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    assert config_home({"HOME": "/home/dev"}) == Path("/home/dev/.claude")
    assert config_home({"CLAUDE_CONFIG_DIR": "/srv/two"}) == Path("/srv/two")
    found = transcript_path(Path("/c"), Path("/home/dev/cc/w-s1"), ID)
    assert found == Path(f"/c/projects/-home-dev-cc-w-s1/{ID}.jsonl")

"""Codex's command lines, word for word, and the policy as it is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tutti_codex.policy import plain, setting, told
from tutti_codex.runtime import CAN, Codex
from tutti_core import Agent, Arrangement, Launch, LaunchRequest, Workspace

ROOT = Path("/home/dev/app")
ID = "01a20309-d2f7-7722-ab29-867cc5222c2d"
ALWAYS = [
    *("-c", 'tui.terminal_title=["activity","status","project"]'),
    *("-c", "features.daemon_auto_start=false"),
    *("-c", "check_for_update_on_startup=false"),
]
SAFE = ["--ask-for-approval", "on-request", "--sandbox", "workspace-write"]


def asked(**changes: Any) -> LaunchRequest:
    """Return a request with changes."""
    plainly = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=ROOT, workspace=Workspace("app")),
        cwd=ROOT / ".tutti/worktrees/one",
        command=("codex",),
        mode="safe",
        version="0.169.0",
        files=ROOT / ".tutti/state/runtime-settings/one",
    )
    return attrs.evolve(plainly, **changes)


def launched(**changes: Any) -> Launch:
    """Return the launch for a request with changes."""
    return Codex().launch(asked(**changes))


def argv(**changes: Any) -> list[str]:
    """Return the command line for a request with changes."""
    return list(launched(**changes).argv)


def instructions(words: list[str]) -> str:
    """Return the instructions of a command line, as Codex would read them."""
    (value,) = [word for word in words if word.startswith("developer_instructions=")]
    return str(tomli.loads(value)["developer_instructions"])


def test_safe_asks_a_person() -> None:
    """Approvals and sandbox are said, because the user's own settings may say otherwise."""
    assert argv() == ["codex", *SAFE, *ALWAYS]
    assert launched().enforcement == "prompt"


def test_constrained_is_told_and_the_user_too() -> None:
    """It asks nobody and is told the policy; that nothing holds it to it is not hidden."""
    started = launched(mode="auto", rules=("git status", "Edit"))
    words = list(started.argv)
    assert words[1:5] == ["--ask-for-approval", "never", "--sandbox", "workspace-write"]
    assert instructions(words).splitlines()[-2:] == ["- git status", "- Edit"]
    assert started.enforcement == "unsupported"
    assert "cannot be held" in started.warnings[0]


def test_bypass_needs_to_be_meant() -> None:
    """Only unattended with bypass runs free, and then with no other word about it."""
    free = argv(mode="unattended", policy="bypass")
    assert free == ["codex", "--dangerously-bypass-approvals-and-sandbox", *ALWAYS]
    assert "--dangerously-bypass-approvals-and-sandbox" not in argv(mode="unattended", rules=())


def test_a_prompt_stands_behind_two_dashes() -> None:
    """Whatever a prompt begins with, also the name of a command of its own, it is a prompt."""
    assert argv(prompt="--version\n$(x)")[-2:] == ["--", "--version\n$(x)"]
    assert argv(prompt="resume")[-2:] == ["--", "resume"]


def test_a_profiles_command_comes_first() -> None:
    """The words of a profile's command are kept as they are, before a command of Codex's too."""
    command = ("/opt/my tools/codex", "--profile", "work")
    assert argv(command=command)[:3] == list(command)
    assert argv(command=command, conversation=ID, resume=True)[:4] == [*command, "resume"]


def test_a_conversation_is_taken_up_by_its_id() -> None:
    """Codex chooses the id; it is the first of the two things behind the dashes."""
    begun = launched(conversation=ID)
    assert begun.conversation is None
    assert ID not in begun.argv
    taken = launched(conversation=ID, resume=True, prompt="go on")
    assert list(taken.argv) == ["codex", "resume", *SAFE, *ALWAYS, "--", ID, "go on"]
    assert taken.conversation == ID


def test_instructions_and_policy_share_a_setting() -> None:
    """There is one place for both, and neither pushes the other out."""
    words = argv(mode="auto", rules=("ls",), memory='Be "kind".\n')
    said = instructions(words)
    assert said.startswith('Be "kind".\n')
    assert said.endswith("- ls")
    assert instructions(argv(memory="Be kind.")) == "Be kind."


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    """Without memory and policy the user's own instructions stay in force."""
    assert not [word for word in argv() if word.startswith("developer_instructions")]


def test_an_agent_is_not_told_that_it_runs_inside_another() -> None:
    """Started from a sandbox of Codex, it would take itself for what runs in there."""
    assert "CODEX_SANDBOX" in launched().unset


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_any_text_is_a_setting(text: str) -> None:
    """What Codex reads is what was meant, whatever stands in it."""
    assert tomli.loads(setting("x", text)) == {"x": text}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("git status", "git status"),
        ("cargo test *", "cargo test"),
        ("Bash(npm test:*)", "npm test"),
        ("Bash(git log *)", "git log"),
        ("Edit", "Edit"),
        ("git   commit", "git commit"),
        ("*", "*"),
    ],
)
def test_a_rule_in_plain_words(rule: str, words: str) -> None:
    """The marks of other runtimes mean nothing to it."""
    assert plain(rule) == words


@given(st.lists(st.text()))
def test_each_rule_is_a_line(rules: list[str]) -> None:
    """No rule can break out of its place in the list."""
    assert len(told(rules).split("\n")) == len(told([]).split("\n")) + len(rules)


@pytest.mark.parametrize("prompt", ["/status", "!ls", "/", "!"])
def test_what_it_would_run_itself_is_known(prompt: str) -> None:
    """Prompts that would run something are recognised, and a blank in front makes them words."""
    assert re.match(CAN.commands, prompt)
    assert not re.match(CAN.commands, f"{CAN.disarm}{prompt}")


@pytest.mark.parametrize("prompt", ["exit", ":q", " /status", "-", "?", "a /path", "x!"])
def test_ordinary_words_are_left_alone(prompt: str) -> None:
    """What Codex gives to the model as it is, is not changed."""
    assert not re.match(CAN.commands, prompt)

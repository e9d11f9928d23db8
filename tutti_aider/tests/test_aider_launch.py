"""Aider's command lines, word for word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_aider.runtime import CAN, Aider
from tutti_core import Agent, Arrangement, Launch, LaunchRequest, Workspace

ROOT = Path("/home/dev/app")
FILES = ROOT / ".tutti/state/runtime-settings/one"
ID = "7d1b6a3e-4d0f-4c8e-9a53-2f6f0f2c9b11"
HISTORY = str(FILES / f"aider.chat.history.{ID}.md")
ALWAYS = [
    *("--pretty", "--fancy-input", "--no-multiline"),
    *("--no-check-update", "--no-show-release-notes", "--no-show-model-warnings"),
    *("--no-analytics", "--no-gitignore", "--disable-playwright"),
]
HISTORIES = [
    *("--chat-history-file", HISTORY, "--no-restore-chat-history"),
    *("--input-history-file", str(FILES / "aider.input.history")),
]
CONSTRAINED = ["--yes-always", "--no-suggest-shell-commands", "--no-detect-urls"]


def launched(**changes: Any) -> Launch:
    """Return the launch for a request with changes."""
    plainly = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=ROOT, workspace=Workspace("app")),
        cwd=ROOT / ".tutti/worktrees/one",
        command=("aider",),
        mode="safe",
        conversation=ID,
        version="0.86.2",
        files=FILES,
    )
    return Aider().launch(attrs.evolve(plainly, **changes))


def test_safe_asks_a_person() -> None:
    """Nothing is agreed to beforehand, and its browser is the person's own."""
    started = launched()
    assert list(started.argv) == ["aider", *ALWAYS, *HISTORIES]
    assert (started.enforcement, dict(started.env)) == ("prompt", {})


def test_constrained_runs_nothing_and_says_what_does_not_hold_it() -> None:
    """It asks nobody and runs no command of its own; that it edits all the same is not hidden."""
    started = launched(mode="auto", rules=("git status", "Edit"))
    assert list(started.argv) == ["aider", *ALWAYS, *CONSTRAINED, *HISTORIES]
    assert started.enforcement == "unsupported"
    assert "cannot be held" in started.warnings[0]


def test_bypass_needs_to_be_meant() -> None:
    """Only unattended with bypass agrees to everything with no word about it."""
    free = launched(mode="unattended", policy="bypass")
    assert list(free.argv) == ["aider", *ALWAYS, "--yes-always", *HISTORIES]
    assert (free.enforcement, free.warnings) == ("bypass", ())
    assert launched(mode="unattended", rules=()).enforcement == "unsupported"


@pytest.mark.parametrize("policy", ["constrained", "bypass"])
def test_who_agrees_to_everything_opens_no_pages(policy: str) -> None:
    """An error would have a page opened, once for every failure."""
    assert launched(mode="unattended", policy=policy, rules=()).env["BROWSER"] == "true"


def test_the_workspaces_author_is_the_author() -> None:
    """Aider asks git's settings, and would write a name of its own into the repository's."""
    named = {"GIT_AUTHOR_NAME": "Polly", "GIT_AUTHOR_EMAIL": "polly@example.org"}
    given = launched(env=named).env
    assert (given["GIT_CONFIG_COUNT"], given["GIT_CONFIG_VALUE_0"]) == ("2", "Polly")
    assert given["GIT_CONFIG_VALUE_1"] == "polly@example.org"
    assert dict(launched(env={**named, "GIT_CONFIG_COUNT": "1"}).env) == {}


def test_a_prompt_is_pasted_and_never_a_message() -> None:
    """After a message on its command line it would leave; a variable may not bring one either."""
    started = launched(prompt="--message\nand more")
    assert started.paste == "--message\nand more"
    assert not [word for word in started.argv if word.startswith("--message")]
    assert {"AIDER_MESSAGE", "AIDER_MESSAGE_FILE", "AIDER_YES_ALWAYS"} <= set(started.unset)


def test_a_conversation_is_taken_up_from_its_own_file() -> None:
    """It reads what was said, and writes on in the same place."""
    words = list(launched(resume=True).argv)
    assert words[words.index("--chat-history-file") + 1] == HISTORY
    assert "--restore-chat-history" in words
    assert "--no-restore-chat-history" not in words


def test_a_profiles_command_comes_first() -> None:
    """The words of a profile's command are kept as they are."""
    command = ("/opt/my tools/aider", "--model", "openai/mine")
    assert launched(command=command).argv[:3] == command


def test_instructions_are_a_file_to_read() -> None:
    """They are given to every request, and are not part of what is typed."""
    started = launched(memory="Be kind.", prompt="go")
    (path,) = started.files
    assert started.files[path] == "Be kind.\n"
    assert list(started.argv)[-2:] == ["--read", str(path)]
    assert started.paste == "go"
    assert path.parent == FILES


def test_what_it_keeps_is_the_agents_own() -> None:
    """Histories outlive its worktree, and its cache is nobody's work."""
    started = launched()
    assert (started.conversation, started.transcript) == (ID, HISTORY)
    assert started.leaves == (".aider.tags.cache.v*/",)


@pytest.mark.parametrize("prompt", ["/status", "!ls", "/", "!", "{", "{end", "{end\n"])
def test_what_it_would_run_itself_is_known(prompt: str) -> None:
    """Its commands, and what begins a longer input, are recognised; a blank makes them words."""
    assert re.match(CAN.commands, prompt)
    assert not re.match(CAN.commands, f"{CAN.disarm}{prompt}")


@pytest.mark.parametrize("prompt", ["exit", " /status", "{a b}", "{a}", "{a\nb", "a /path", "x!"])
def test_ordinary_words_are_left_alone(prompt: str) -> None:
    """What Aider gives to the model as it is, is not changed."""
    assert not re.match(CAN.commands, prompt)

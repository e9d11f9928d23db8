"""The exact command line of a declared runtime, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import Agent, Arrangement, Launch, LaunchRequest, Workspace
from tutti_custom.declaration import Declaration
from tutti_custom.runtime import Declared
from tutti_custom.words import fill, split

ROOT = Path("/home/dev/app")
POLICY = ROOT / "files/policy.txt"


def launch(said: Declaration, **changes: Any) -> Launch:
    """Return the launch of a declaration for a request with changes."""
    runtime = Declared(said, ROOT / "tutti.toml")
    plain = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=ROOT, workspace=Workspace("app")),
        cwd=ROOT,
        command=(runtime.program,),
        mode="safe",
        files=POLICY.parent,
    )
    return runtime.launch(attrs.evolve(plain, **changes))


SAID = Declaration(
    "x",
    "agent chat 'two words'",
    prompt="argument",
    args=("--as", "{name}"),
    args_safe=("--ask",),
    args_constrained=("--policy", "{policy_file}"),
    args_bypass=("--free",),
    session="--session {conversation}",
    resume="--resume {conversation}",
    memory="--system {memory}",
)
HEAD = ("agent", "chat", "two words")


def test_the_whole_line() -> None:
    """Command, mode, conversation, memory, what is always given, the prompt: in that order."""
    started = launch(SAID, conversation="c1", memory="Mind the gap.", prompt="-go")
    own = ("--ask", "--session", "c1", "--system", "Mind the gap.", "--as", "one", "--", "-go")
    assert started.argv == HEAD + own


def test_a_conversation_is_taken_up() -> None:
    """To resume has words of its own, instead of those that begin."""
    assert launch(SAID, conversation="c1", resume=True).argv[4:6] == ("--resume", "c1")


def test_the_policy_is_a_file_of_lines() -> None:
    """Each rule is one line of a file that the words name."""
    started = launch(SAID, mode="auto", rules=("git  status", "Edit"))
    assert started.argv == (*HEAD, "--policy", str(POLICY), "--as", "one")
    assert started.files == {POLICY: "git status\nEdit\n"}
    assert started.enforcement == "hard"


def test_what_cannot_be_held_says_so() -> None:
    """Without words for a policy it asks a person, and nobody is told that it is held."""
    started = launch(attrs.evolve(SAID, args_constrained=()), mode="auto", rules=("Edit",))
    assert (started.enforcement, started.files) == ("unsupported", {})
    assert started.argv[3] == "--ask"


def test_what_cannot_run_free_asks() -> None:
    """Without words for bypass it is started in the mode that asks, with a warning."""
    said = attrs.evolve(SAID, args_bypass=())
    started = launch(said, mode="unattended", policy="bypass")
    assert (started.argv[3], started.enforcement) == ("--ask", "prompt")
    assert any("asks" in warning for warning in started.warnings)
    assert launch(SAID, mode="unattended", policy="bypass").argv[3] == "--free"


def test_without_rules_one_is_warned() -> None:
    """Nothing can tell the state of such an agent, and tt says so before one wonders."""
    assert any("no rules" in warning for warning in launch(SAID).warnings)
    ruled = attrs.evolve(SAID, screen=({"id": "p", "state": "idle", "regex": "^>"},))
    assert launch(ruled).warnings == ()
    assert launch(attrs.evolve(SAID, rules_file="r.toml")).warnings == ()


def test_a_profile_replaces_the_whole_command() -> None:
    """The words behind the program belong to the program they stand behind."""
    assert launch(SAID, command=("other", "-p")).argv[:3] == ("other", "-p", "--ask")


def test_a_prompt_with_a_place_of_its_own() -> None:
    """The word with the prompt is there only if there is a prompt."""
    said = Declaration("x", "agent", prompt="argument", args=("--do={prompt}", "-v"))
    assert launch(said, prompt="a b").argv == ("agent", "--do=a b", "-v")
    assert launch(said).argv == ("agent", "-v")


def test_a_program_beside_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slash makes it relative to the file, wherever an agent works; a tilde is one's home."""
    monkeypatch.setenv("HOME", "/home/dev")
    assert launch(Declaration("x", "./bin/agent -v")).argv == ("/home/dev/app/bin/agent", "-v")
    assert launch(Declaration("x", "~/agent")).argv == ("/home/dev/agent",)
    assert launch(Declaration("x", "/opt/a")).argv == ("/opt/a",)


def test_a_live_status_in_the_agents_own_home() -> None:
    """A tilde is the home that the agent gets."""
    said = Declaration("x", "agent", live_status="~/.agent/{pid}.json")
    assert launch(said, env={"HOME": "/srv/h"}).live_status == "/srv/h/.agent/{pid}.json"


@given(st.text(), st.text())
def test_what_is_filled_in_is_one_word_and_looked_at_once(name: str, memory: str) -> None:
    """A value is never split, and its own braces mean nothing."""
    given_values = {"name": name, "memory": memory}
    assert fill(["{name}", "--m={memory}", "{other}"], given_values) == [
        name,
        f"--m={memory}",
        "{other}",
    ]


@given(st.lists(st.text()))
def test_an_array_is_not_split(words: list[str]) -> None:
    """What is given as words stays these words."""
    assert split(words) == tuple(words)

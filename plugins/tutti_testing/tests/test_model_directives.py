"""Directives in a prompt, read as the rounds of one turn."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutti_testing.model import (
    Cut,
    Delay,
    Error,
    Hang,
    Reply,
    Say,
    Slow,
    Step,
    StreamError,
    Tool,
    credit_too_low,
)
from tutti_testing.model.directives import rounds
from tutti_testing.model.steps import STEPS


@pytest.mark.parametrize(
    ("prompt", "steps"),
    [
        ("please [[say all is well]]", (Say("all is well"),)),
        ("[[say]]", (Say(),)),
        ("[[slow 40]]", (Slow(40, 0.5),)),
        ("[[slow 4 0.01]]", (Slow(4, 0.01),)),
        ("[[http 429]]", (Error(429),)),
        ("[[http 503 7]]", (Error(503, retry_after=7.0),)),
        ("[[credit]]", (credit_too_low(),)),
        ("[[hang]]", (Hang(600.0),)),
        ("[[hang 2]]", (Hang(2.0),)),
        ("[[cut]]", (Cut(3),)),
        ("[[cut 9]]", (Cut(9),)),
        ("[[sseerror]]", (StreamError(3),)),
        ("[[delay 5]]", (Delay(5.0, Say()),)),
    ],
)
def test_a_directive_is_a_step(prompt: str, steps: tuple[Step, ...]) -> None:
    """Each directive stands for one step, with its arguments or their defaults."""
    assert rounds(prompt) == steps


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "hello",
        "[[wiki-link]]",
        "[[unknown x]]",
        "[[say",
        "[[ say x]]",
        "say hi",
        "[[bash]]",
        "[[write]]",
        "[[http]]",
        "[[http 200]]",
        "[[http 999]]",
        "[[http x]]",
        "[[slow many]]",
        "[[slow 1 x]]",
        "[[slow -1]]",
        "[[delay nan]]",
        "[[hang inf]]",
        "[[limit x]]",
        "[[plan-b]]",
    ],
)
def test_what_is_no_directive_is_prose(prose: str) -> None:
    """A name nobody knows, an argument out of range or an open bracket means nothing."""
    assert rounds(prose) == ()


@given(st.text() | st.from_regex(r"(\[\[[a-z]+( .*)?\]\] ?){1,4}"))
@example("[[slow 1e999]] [[http \u0664\u0662\u0669]] [[delay -0]] [[task [[task]]]]")
def test_any_text_can_be_read(prompt: str) -> None:
    """Whatever the user types, reading it gives steps and raises nothing."""
    assert all(isinstance(step, STEPS) for step in rounds(prompt))


@given(st.sampled_from(["say", "bash", "ask", "plan"]), st.text())
def test_an_argument_arrives_as_typed(name: str, argument: str) -> None:
    """The text of a directive reaches the step unchanged but for the space around it."""
    argument = argument.replace("]]", "").rstrip("]").strip()

    steps = rounds(f"[[{name} {argument}]]")

    assert len(steps) == (name != "bash" or argument != "")
    if argument:
        assert argument in _texts(steps[0])


def _texts(step: Step) -> list[object]:
    if isinstance(step, Say):
        return [step.text]
    assert isinstance(step, Tool)
    questions = step.input.get("questions", [{}])
    return [*step.input.values(), questions[0].get("question")]


def test_each_tool_ends_a_round() -> None:
    """Two tools are two rounds, the text between goes with the second, the last one is the end."""
    steps = rounds("[[bash ls]] [[say next]] [[bash pwd]] [[say end]]")

    assert [type(step) for step in steps] == [Tool, Reply, Say]
    assert isinstance(steps[1], Reply)
    assert steps[1].blocks[0] == Say("next")
    assert isinstance(steps[1].blocks[1], Tool)
    assert steps[1].blocks[1].input["command"] == "pwd"


def test_a_delay_holds_back_the_answer_it_stands_in() -> None:
    """A delay moves to the beginning of its round, and delays add up."""
    steps = rounds("[[delay 1]] [[say a]] [[delay 2]] [[bash ls]] [[say b]]")

    assert isinstance(steps[0], Delay)
    assert steps[0].seconds == 3.0
    assert isinstance(steps[0].then, Reply)
    assert steps[1] == Say("b")


def test_a_failure_is_a_round_of_its_own() -> None:
    """A failure stands at its place; a text before it waits for the answer that succeeds."""
    assert rounds("[[http 529]] [[say back]]") == (Error(529), Say("back"))
    assert rounds("[[say back]] [[cut 1]]") == (Cut(1), Say("back"))


def test_write_takes_a_path_and_a_text_with_line_breaks() -> None:
    r"""The first word is the path, the rest the text, with ``\n`` for a line break."""
    (step,) = rounds(r"[[write notes/a.txt one\ntwo]]")

    expected = {"file_path": "notes/a.txt", "content": "one\ntwo\n"}
    assert step == Tool("Write", expected)


def test_commit_survives_a_shell(tmp_path: Path) -> None:
    """The message is quoted: a real shell and a real git record it to the letter."""
    message = """it's "done"; touch $HOME/pwned `date`"""
    (step,) = rounds(f"[[commit {message}]]")
    assert isinstance(step, Tool)
    names = {
        f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), **names}
    (tmp_path / "file").write_text("x", encoding="utf-8")

    for line in ("git init -q .", step.input["command"]):
        subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env, check=True, timeout=30)

    shown = subprocess.run(
        ["git", "log", "-1", "--format=%s"],
        cwd=tmp_path,
        env=env,
        check=True,
        timeout=30,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == message
    assert not (tmp_path / "pwned").exists()


def test_task_hands_on_a_plain_prompt() -> None:
    """What begins with no directive's name is the prompt of the task as it stands."""
    (step,) = rounds("[[task look around]]")

    assert isinstance(step, Tool)
    assert step.input["prompt"] == "look around"


@pytest.mark.parametrize(("tools", "name"), [(["Task"], "Task"), (["Bash", "Agent"], "Agent")])
def test_task_uses_the_name_on_offer(tools: list[str], name: str) -> None:
    """The tool that starts an agent changed its name over time."""
    (step,) = rounds("[[task slow 8]]", tools)

    assert isinstance(step, Tool)
    assert step.name == name
    assert rounds(step.input["prompt"]) == (Slow(8),)


def test_limit_speaks_of_the_near_future() -> None:
    """Without an epoch a plan is used up for an hour; with one, until then."""
    (soon,) = rounds("[[limit]]")
    (then,) = rounds("[[limit 1700000000]]")

    assert isinstance(soon, Error)
    assert isinstance(then, Error)
    reset = "anthropic-ratelimit-unified-reset"
    assert 3500 < int(soon.headers[reset]) - time.time() <= 3600
    assert then.headers[reset] == "1700000000"

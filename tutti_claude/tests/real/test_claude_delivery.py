"""Prompts arrive at real Claude Code once and whole: judged by what the model server was asked."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import ModelServer

pytestmark = pytest.mark.real

LONG = "\n".join(f"Line {number} of a prompt of thirty kilobytes." for number in range(700))


def asked(model: ModelServer) -> list[str]:
    """Return the prompts that the server was asked to answer, in order."""
    return [one.prompt.strip() for one in model.requests if one.prompt and not one.aux]


@pytest.mark.parametrize(
    "count", [4, pytest.param(30, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_prompts_within_its_first_two_seconds(
    stage: Any, model: ModelServer, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is sent as soon as the process is there, is `submitted`, and is asked for once."""
    stage.claudes("safe", "newest")
    stage.open_gate()
    for number in range(count):
        stage.tt("up", "--no-wait", "--new").well()
        text = f"Early bird {number}. [[say Good morning.]]"
        receipt = stage.tt("send", "newest", text, "--wait", "--json").well().json()
        assert (receipt["outcome"], receipt["turn"]) == ("submitted", "done"), receipt
        assert asked(model).count(text) == 1
        stage.tt("down").well()
        if number % 5 == 4:
            with capsys.disabled():
                sys.stdout.write(f"\n{number + 1} of {count} prompts")
                sys.stdout.flush()
    assert len(asked(model)) == count


@pytest.mark.parametrize("agent", ["newest", "old"])
def test_prompts_of_every_kind(stage: Any, model: ModelServer, agent: str) -> None:
    """Long, of many lines, armed, while it is busy, over a draft, from two at once."""
    stage.claudes("safe", agent)
    stage.open_gate()
    stage.tt("up").well()
    for text in (
        f"{LONG}\n[[say ok]]",
        "one\n\n  two\nthree [[say ok]]",
        "!touch armed",
        "/help me",
    ):
        words = ("send", agent, "--wait", "--output", "--json")
        receipt = stage.tt(*words, stdin=text).well().json()
        assert (receipt["outcome"], receipt["turn"]) == ("submitted", "done"), receipt
        assert receipt["captured_output"]
        assert sum(text in one for one in asked(model)) == 1, asked(model)
    assert not (stage.tree(agent) / "armed").exists()

    stage.tt("send", agent, "Take your time. [[slow 20 0.2]]").well()
    late = stage.tt("send", agent, "Then this. [[say ok]]", "--wait", "--json").well().json()
    assert (late["outcome"], late["turn"]) == ("submitted", "done"), late
    assert asked(model)[-2:] == ["Take your time. [[slow 20 0.2]]", "Then this. [[say ok]]"]

    stage.press(agent, "-l", "half a thought")
    assert wait_for(lambda: "half a thought" in stage.tt("peek", agent).stdout)
    refused = stage.tt("send", agent, "No.", "--json").badly().json()
    assert refused["evidence"] == "somebody's draft stands in the composer"
    assert "half a thought" in stage.tt("peek", agent).stdout
    stage.press(agent, "C-u")
    assert wait_for(lambda: "half a thought" not in stage.tt("peek", agent).stdout)

    def send(number: int) -> dict[str, Any]:
        text = f"From sender {number}.\nAll of it. [[say ok]]"
        said: dict[str, Any] = stage.tt("send", agent, "--wait", "--json", stdin=text).well().json()
        return said

    with ThreadPoolExecutor(2) as pool:
        assert [one["turn"] for one in pool.map(send, range(2))] == ["done", "done"]
    for number in range(2):
        assert asked(model).count(f"From sender {number}.\nAll of it. [[say ok]]") == 1


@pytest.mark.parametrize("agent", ["newest", "old"])
def test_what_it_does_is_stopped_for_a_prompt(stage: Any, model: ModelServer, agent: str) -> None:
    """By its own key; what it had begun is over, and the prompt is the next it is asked."""
    stage.claudes("safe", agent)
    stage.open_gate()
    stage.tt("up").well()
    stage.tt("send", agent, "A long story, please. [[slow 300 0.2]]").well()
    stage.until(agent, "working")
    assert wait_for(lambda: len(asked(model)) == 1)
    words = ("send", agent, "Stop. [[say Stopped.]]", "--interrupt", "--wait", "--json")
    done = stage.tt(*words).well().json()
    assert (done["outcome"], done["turn"]) == ("submitted", "done"), done
    assert asked(model)[1:] == ["Stop. [[say Stopped.]]"]

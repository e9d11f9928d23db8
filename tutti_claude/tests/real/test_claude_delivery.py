"""Prompts arrive at real Claude Code once and whole: judged by what the model server was asked."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tutti_testing.drills import asked, prompts_of_every_kind
from tutti_testing.model import ModelServer

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("agent", "count"),
    [
        ("newest", 4),
        ("old", 1),
        pytest.param("newest", 30, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
)
def test_prompts_within_its_first_two_seconds(
    stage: Any, model: ModelServer, agent: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is sent as soon as the process is there, is `submitted`, and is asked for once."""
    stage.claudes("safe", agent)
    stage.open_gate()
    for number in range(count):
        stage.tt("up", "--no-wait", "--new").well()
        text = f"Early bird {number}. [[say Good morning.]]"
        receipt = stage.tt("send", agent, text, "--wait", "--json").well().json()
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
    """Long, armed, while it is busy, over a draft, under a scroller, from two at once, ..."""
    stage.claudes("safe", agent)
    stage.open_gate()
    stage.tt("up").well()
    prompts_of_every_kind(stage, model, agent, ("!touch armed", "/help me"))

"""Prompts arrive at real Aider once and whole: judged by what the model server was asked."""

from __future__ import annotations

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


def through(stage: Any, text: str) -> dict[str, Any]:
    """Send a prompt and wait until the agent is through with it."""
    done: dict[str, Any] = stage.tt("send", "one", "--wait", "--json", stdin=text).well().json()
    assert (done["outcome"], done["turn"]) == ("submitted", "done"), done
    return done


def test_prompts_of_every_kind(stage: Any, model: ModelServer) -> None:
    """Long, of many lines, armed, while it is busy, over a draft, from two at once."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    lines = "one\n\n  two\nthree [[say ok]]"
    for text in (f"{LONG}\n[[say ok]]", lines, "!touch armed [[say ok]]", "/help me [[say ok]]"):
        through(stage, text)
        assert sum(text in one for one in asked(model)) == 1, asked(model)
    assert not (stage.tree("one") / "armed").exists()

    stage.tt("send", "one", "Take your time. [[slow 20 0.2]]").well()
    through(stage, "Then this. [[say ok]]")
    assert asked(model)[-2:] == ["Take your time. [[slow 20 0.2]]", "Then this. [[say ok]]"]

    stage.press("one", "-l", "half a thought")
    assert wait_for(lambda: "half a thought" in stage.tt("peek", "one").stdout)
    refused = stage.tt("send", "one", "No.", "--json").badly().json()
    assert refused["evidence"] == "somebody's draft stands in the composer"
    assert "half a thought" in stage.tt("peek", "one").stdout
    stage.press("one", "C-u")
    assert wait_for(lambda: "half a thought" not in stage.tt("peek", "one").stdout)

    texts = [f"From sender {number}.\nAll of it. [[say ok]]" for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda text: through(stage, text), texts))
    assert [asked(model).count(text) for text in texts] == [1, 1]


def test_the_answer_is_in_its_own_words(stage: Any) -> None:
    """As the model wrote it, with no frame and no count of tokens; the same prompt twice, too."""
    stage.aiders("safe", "one").tt("up").well()
    words = "# Title\n\n#### Step\n\n> a quote\n\n- done"
    prompt = f"Say it.\n[[say {words}]]"
    for _ in range(2):
        told = stage.tt("send", "one", "--output", "--json", stdin=prompt).well().json()
        assert (told["turn"], told["captured_output"]) == ("done", words), told

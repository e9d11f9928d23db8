"""Prompts arrive at real Aider once and whole: judged by what the model server was asked."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing.drills import prompts_of_every_kind
from tutti_testing.model import ModelServer

pytestmark = pytest.mark.real


def test_prompts_of_every_kind(stage: Any, model: ModelServer) -> None:
    """Long, armed, while it is busy, over a draft, under a scroller, from two at once, ..."""
    stage.aiders("safe", "one").tt("up").well()
    prompts_of_every_kind(stage, model, "one", ("!touch armed", "/help me"))


def test_the_answer_is_in_its_own_words(stage: Any) -> None:
    """As the model wrote it, with no frame and no count of tokens; the same prompt twice, too."""
    stage.aiders("safe", "one").tt("up").well()
    words = "# Title\n\n#### Step\n\n> a quote\n\n- done"
    prompt = f"Say it.\n[[say {words}]]"
    for _ in range(2):
        told = stage.tt("send", "one", "--output", "--json", stdin=prompt).well().json()
        assert (told["turn"], told["captured_output"]) == ("done", words), told

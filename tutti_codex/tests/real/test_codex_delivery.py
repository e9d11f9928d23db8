"""Prompts arrive at real Codex once and whole: judged by what the model server was asked."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing.drills import prompts_of_every_kind
from tutti_testing.model import ModelServer

pytestmark = pytest.mark.real


def test_prompts_of_every_kind(stage: Any, model: ModelServer) -> None:
    """Long, armed, while it is busy, over a draft, under a scroller, from two at once, ..."""
    stage.codexes("safe", "one").tt("up").well()
    prompts_of_every_kind(stage, model, "one", ("!touch armed", "/help me"))

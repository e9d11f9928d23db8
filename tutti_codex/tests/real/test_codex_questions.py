"""What real Codex asks is answered by `tt`."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.real


def asks(stage: Any, prompt: str) -> None:
    """Have the agent ask."""
    stage.until("one", "idle")
    stage.tt("send", "one", prompt).well()
    assert stage.until("one", "waiting")["kind"] == "permission"


def test_permissions_are_given_and_refused(stage: Any) -> None:
    """Once, for all that is like it, and not at all."""
    stage.codexes("safe", "one").tt("up").well()
    tree = stage.tree("one")
    for answer, name, made in (("allow", "a", True), ("deny", "b", False), ("always", "c", True)):
        asks(stage, f"[[bash touch {name}]] [[say Done.]]")
        told = stage.tt("answer", "one", answer, "--json").well().json()
        assert (told["outcome"], told["answer"]) == ("answered", answer), told
        stage.until("one", "idle")
        assert (tree / name).exists() == made, told


def test_trust_is_given_by_name(stage: Any) -> None:
    """The folder of an agent that asks as it starts."""
    stage.distrust()
    stage.codexes("safe", "one").tt("up")
    assert stage.until("one", "waiting")["kind"] == "trust"
    told = stage.tt("trust", "one", "--json").well().json()
    assert told["outcome"] == "answered", told
    stage.until("one", "idle")

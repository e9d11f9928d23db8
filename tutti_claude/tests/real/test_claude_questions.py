"""What real Claude Code asks is answered by `tt`, in an old version and in the newest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tutti_testing.model import ModelServer

AGENTS = ("newest", "old")

pytestmark = pytest.mark.real


def asks(stage: Any, agent: str, prompt: str, kind: str = "permission") -> None:
    """Have an agent ask."""
    stage.until(agent, "idle")
    stage.tt("send", agent, prompt).well()
    assert stage.until(agent, "waiting")["kind"] == kind


def answered(stage: Any, agent: str, *words: str) -> dict[str, Any]:
    """Answer, and return what became of it."""
    told: dict[str, Any] = stage.tt("answer", agent, *words, "--json").well().json()
    assert told["outcome"] == "answered", told
    return told


def test_permissions_are_given_and_refused(stage: Any) -> None:
    """Once, for all that is like it, and not at all: each is what its words say."""
    stage.claudes("safe", *AGENTS)
    stage.open_gate()
    stage.tt("up").well()
    for agent in AGENTS:
        tree = stage.tree(agent)
        asks(stage, agent, "[[bash touch one]] [[say Done.]]")
        assert answered(stage, agent, "allow")["option"] == "Yes"
        stage.until(agent, "idle")
        assert (tree / "one").exists()
        asks(stage, agent, "[[bash touch two]] [[say Done.]]")
        answered(stage, agent, "deny")
        stage.until(agent, "idle")
        assert not (tree / "two").exists()
        asks(stage, agent, "[[write three.txt x]] [[say Done.]]")
        assert answered(stage, agent, "always")["option"].startswith("Yes, ")
        stage.until(agent, "idle")
        assert (tree / "three.txt").exists()
        stage.tt("send", agent, "[[write four.txt x]] [[say Done.]]", "--wait").well()
        assert (tree / "four.txt").exists()
        assert "it asks nothing" in stage.tt("answer", agent, "allow").badly().stdout


def test_a_question_is_answered_by_its_choices(stage: Any, model: ModelServer) -> None:
    """By the text of one of them, or in one's own words; the old version has no such tool."""
    stage.claudes("safe", "newest")
    stage.open_gate()
    stage.tt("up").well()
    asks(stage, "newest", "[[ask Which colour?]] [[say Done.]]", "question")
    shown = stage.tt("answer", "newest", "--json").well().json()
    assert "Which colour?" in " ".join(shown["shown"])
    told = answered(stage, "newest", shown["options"][1]["text"])
    assert told["keys"] == ["2"]
    asks(stage, "newest", "[[ask And which wood?]] [[say Done.]]", "question")
    assert stage.tt("answer", "newest", "3").badly().stdout.count("that choice takes words") == 1
    assert answered(stage, "newest", "--text", "Old oak; $HOME #{pane_id}")["answer"] == "text"
    stage.until("newest", "idle")
    assert "Old oak; $HOME #{pane_id}" in repr([dict(one.body) for one in model.requests])


@pytest.mark.parametrize("agent", AGENTS)
def test_trust_is_given_by_name(stage: Any, agent: str) -> None:
    """Whichever choice is marked at first, and whether they bear numbers or not."""
    file = stage.home / ".claude.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "projects": {}}))
    stage.claudes("safe", agent)
    stage.open_gate()
    stage.tt("up")
    assert stage.until(agent, "waiting")["kind"] == "trust"
    assert stage.tt("answer", agent, "allow").badly()
    told = stage.tt("trust", agent, "--json").well().json()
    assert told["outcome"] == "answered", told
    stage.until(agent, "idle")

"""Files that a CLI begins to write later are asked for until they are there, and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tutti_core.model.launch import Past
from tutti_core.state.lock import Lock
from tutti_core.team import learning
from tutti_core.team.record import read_record
from tutti_core.team.up import UpRequest, up


class Finds:
    """What a runtime finds; and of which launches it was asked."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}
        self.asked: list[Past] = []

    def __call__(self, past: Past) -> Mapping[str, str]:
        """Answer with what there is by now."""
        self.asked.append(past)
        return self.paths


@pytest.fixture
def finds(crew: Any, monkeypatch: pytest.MonkeyPatch) -> Finds:
    """Give the runtime of the crew a way to learn, asked as often as anybody looks."""
    found = Finds()
    monkeypatch.setattr(type(crew.echo), "learn", lambda _, past: found(past), raising=False)
    monkeypatch.setattr(learning, "AGAIN_SECS", 0.0)
    return found


def feeds(crew: Any, name: str = "one") -> Any:
    """Return what is recorded of an agent's feeds."""
    return read_record(crew.root / ".tutti" / "state" / f"{name}.json").get("feeds")


def test_it_is_asked_until_it_answers(crew: Any, finds: Finds) -> None:
    """What is found is recorded beside the feeds of the launch."""
    context = crew.context("one")
    up(context, UpRequest(wait=False))
    context.voices()
    assert not feeds(crew)
    finds.paths = {"rollout": "/somewhere/rollout.jsonl"}
    context.voices()
    assert feeds(crew) == finds.paths
    assert finds.asked[0].cwd == crew.root
    assert finds.asked[0].began > 0


def test_one_that_has_never_run_is_not_asked_for(crew: Any, finds: Finds) -> None:
    """Without a launch there is nothing to find."""
    crew.context("one").voices()
    assert finds.asked == []


def test_nothing_is_recorded_while_somebody_starts_or_ends_it(crew: Any, finds: Finds) -> None:
    """What was found belongs to a launch that may be over; it is found again."""
    context = crew.context("one")
    up(context, UpRequest(wait=False))
    finds.paths = {"rollout": "/somewhere/rollout.jsonl"}
    with Lock(context.places.lock("agent-one")):
        context.voices()
        assert not feeds(crew)
    context.voices()
    assert feeds(crew) == finds.paths


def test_looking_often_asks_seldom(
    crew: Any, finds: Finds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders are not searched at every look."""
    monkeypatch.setattr(learning, "AGAIN_SECS", 60.0)
    up(crew.context("one"), UpRequest(wait=False))
    context = crew.context("one")
    for _ in range(5):
        context.voices()
    assert len(finds.asked) == 1

"""Real Claude Code taken up again: what failed before is over, what fails first is read."""

from __future__ import annotations

from typing import Any

import pytest

AGENTS = ("newest", "old")

pytestmark = pytest.mark.real


def test_an_old_error_is_over_and_a_first_one_is_read(stage: Any) -> None:
    """After each restart they are idle, whatever failed last; the first turn may fail again."""
    stage.claudes("safe", *AGENTS)
    stage.open_gate()
    stage.tt("up").well()
    for code, state in (("401", "auth_failed"), ("429", "rate_limited"), ("529", "provider_down")):
        for agent in AGENTS:
            stage.until(agent, "idle")
            stage.tt("send", agent, f"Try it. [[http {code}]]").well()
        for agent in AGENTS:
            # The first turn since the launch, from the second time on.
            stage.until(agent, state)
        stage.tt("down").well()
        done = stage.tt("up", "--json").well().json()
        for one in done["results"]:
            assert (one["ok"], one["resumed"], one["state"]) == (True, True, "idle"), one
            assert "Try it." in stage.tt("peek", one["agent"]).well().stdout
            held = stage.status()[one["agent"]]
            assert held["state"] == "idle", held
    for agent in AGENTS:
        receipt = stage.tt("send", agent, "Again. [[say Better now.]]", "--json").well().json()
        assert receipt["outcome"] == "submitted", receipt
        stage.until(agent, "idle")

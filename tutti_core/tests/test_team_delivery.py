"""Delivery against an agent of whom anything may be expected: no Enter too much, no word too much.

The agent is a model in memory with a composer, a clock of its own and a log of every key, and
anything goes wrong: it draws late, loses Enters, shows a dialog, dies, and a person types into it.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelled_agent import PROMPT, Agent, Plan, World, world_of
from tutti_core.model.happening import Receipt
from tutti_core.team.send import SendRequest, send

REUSED = HealthCheck.function_scoped_fixture


@pytest.fixture
def world(crew: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a workspace in which an agent runs that is a model."""
    return world_of(crew, monkeypatch)


def sent(world: World, plan: Plan, text: str = PROMPT) -> tuple[Receipt, Agent]:
    """Send a prompt to an agent of that kind."""
    agent = world.begin(plan)
    return send(world.context, SendRequest("one", text, queue=False)), agent


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        (Plan(), "submitted"),
        (Plan(draws=0.8), "submitted"),
        (Plan(deaf=3), "submitted"),
        (Plan(deaf_until=8.0), "submitted"),
        (Plan(deaf=99), "unsubmitted"),
        (Plan(thinks=0.05), "submitted"),
        (Plan(asks_at=0.0), "refused"),
        (Plan(types_at=0.0), "refused"),
        (Plan(dies_at=0.0), "refused"),
    ],
)
def test_what_became_of_it_is_what_is_said(world: World, plan: Plan, outcome: str) -> None:
    """Slow, deaf, short of time, asking, written into or dead: the receipt is right."""
    receipt, agent = sent(world, plan)
    assert receipt.outcome == outcome, receipt
    assert agent.said == ([PROMPT] if outcome == "submitted" else [])
    assert agent.answered == []


def test_eight_seconds_without_enter_cost_no_prompt(world: World) -> None:
    """Ten prompts, each while every Enter is lost for eight seconds: each arrives, once."""
    for _ in range(10):
        receipt, agent = sent(world, Plan(deaf_until=8.0))
        assert (receipt.outcome, agent.said) == ("submitted", [PROMPT])


instants = st.none() | st.floats(0.0, 25.0, allow_nan=False)
plans = st.builds(
    Plan,
    draws=st.floats(0.0, 1.5),
    deaf=st.integers(0, 12),
    deaf_until=st.floats(0.0, 25.0),
    asks_at=instants,
    types_at=instants,
    dies_at=instants,
    thinks=st.floats(0.0, 4.0),
)


@given(plans)
@settings(max_examples=150, deadline=None, suppress_health_check=[REUSED])  # a new agent each
def test_whatever_happens_nothing_is_claimed_or_pressed_that_is_not_so(
    world: World, plan: Plan
) -> None:
    """An Enter is pressed only by whoever just saw the prompt alone in the composer.

    So a person's words and a dialog are safe from it, but for the instant in which nobody can see
    them yet; and what a receipt says is so.
    """
    receipt, agent = sent(world, attrs.evolve(plan))
    assert agent.blind == [], receipt
    assert len(agent.said) <= 1
    if receipt.outcome == "submitted":
        assert [PROMPT in one for one in agent.said] == [True], receipt
    if receipt.outcome in ("refused", "unsubmitted"):
        assert agent.said == [], receipt

"""Which step answers which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_testing.model import (
    Cut,
    Delay,
    Error,
    Hang,
    Reply,
    Request,
    Say,
    Slow,
    Step,
    StreamError,
    Tool,
    ToolResult,
    Turn,
    usage_limit,
)
from tutti_testing.model.forms import decode_steps, encode_step
from tutti_testing.model.script import Script
from tutti_testing.model.steps import CLOSING_TEXT, fails

ASIDE = Say("for the client itself")
OUTAGE = Error(529)


def request(prompt: str = "hello", *, number: int = 0, **fields: Any) -> Request:
    """Return a request in the given round of the turn that the prompt began."""
    results = (ToolResult("t", "ok", False),) if number else ()
    base = Request(0.0, "anthropic", "message", "POST", "/v1/messages", {}, {}, session="s")
    turn = Turn(prompt, 3, number)
    fresh = "" if number else prompt
    return attrs.evolve(base, prompt=fresh, turn=turn, tool_results=results, **fields)


def test_an_ordinary_prompt_gets_a_short_text() -> None:
    """Without any script the first answer is a text, and a tool's result gets a closing one."""
    script = Script()

    assert script.choose(request(), ASIDE) == Say()
    assert script.choose(request(number=1), ASIDE) == Say(CLOSING_TEXT)


def test_directives_are_played_round_by_round() -> None:
    """The conversation itself says which round it is, so a request sent twice is answered alike."""
    script, prompt = Script(), "[[bash a]] [[bash b]]"

    first = [script.choose(request(prompt), ASIDE) for _ in range(2)]
    second = script.choose(request(prompt, number=1), ASIDE)
    third = script.choose(request(prompt, number=2), ASIDE)

    assert first[0] == first[1] != second
    assert isinstance(second, Tool)
    assert second.input["command"] == "b"
    assert third == Say(CLOSING_TEXT)


def test_a_failed_directive_gives_way_to_the_next_try() -> None:
    """Each failure answers one try; later rounds of the turn are not upset by it."""
    script, prompt = Script(), "[[http 529]] [[bash a]] [[cut]] [[say end]]"

    steps = [script.choose(request(prompt, number=n), ASIDE) for n in (0, 0, 1, 1)]

    assert steps[0] == Error(529)
    assert isinstance(steps[1], Tool)
    assert steps[2:] == [Cut(3), Say("end")]


def test_the_last_failure_stays() -> None:
    """A prompt that ends in a failure fails at every try."""
    script = Script()

    assert [script.choose(request("[[http 401]]"), ASIDE) for _ in range(4)] == [Error(401)] * 4


def test_failures_are_counted_by_session_and_turn() -> None:
    """The same words typed in another session, or again later, fail afresh."""
    script, prompt = Script(), "[[http 500]] [[say ok]]"
    later = attrs.evolve(request(prompt), turn=Turn(prompt, 9, 0))

    assert script.choose(request(prompt), ASIDE) == Error(500)
    assert script.choose(request(prompt), ASIDE) == Say("ok")
    assert script.choose(later, ASIDE) == Error(500)
    assert script.choose(attrs.evolve(later, session="other"), ASIDE) == Error(500)


def test_a_queue_of_its_own_comes_before_the_queue_for_all() -> None:
    """A session takes its own steps first, then those for whoever asks."""
    script = Script()
    script.enqueue(Say("all 1"), Say("all 2"))
    script.enqueue(Say("mine"), session="s")

    other = script.choose(request(session="t"), ASIDE)
    mine = [script.choose(request(), ASIDE) for _ in range(3)]

    assert other == Say("all 1")
    assert mine == [Say("mine"), Say("all 2"), Say()]


@pytest.mark.parametrize(
    "asker",
    [request(aux=True), request(agent="a1"), request("[[say x]]"), request("[[bash x]]", number=1)],
    ids=["auxiliary", "task agent", "directive", "end of a directive's turn"],
)
def test_steps_are_taken_only_by_the_turns_they_are_for(asker: Request) -> None:
    """Auxiliary calls, agents of a task and turns with directives leave the queues alone."""
    script = Script()
    script.enqueue(Say("kept"), session="s")
    script.enqueue(Say("kept too"))

    script.choose(asker, ASIDE)

    assert script.pending("s") == [Say("kept")]
    assert script.pending() == [Say("kept too")]


def test_an_auxiliary_call_is_answered_apart() -> None:
    """Not even a directive that it quotes decides what the client is told."""
    assert Script().choose(request("[[http 401]]", aux=True), ASIDE) == ASIDE


def test_a_standing_mode_answers_everything_until_it_ends() -> None:
    """The mode comes before directives and queues, and takes nothing from them."""
    script = Script()
    script.enqueue(Say("kept"))
    script.mode = OUTAGE

    during = [script.choose(request(text), ASIDE) for text in ("hello", "[[say x]]")]
    script.mode = None

    assert during == [OUTAGE, OUTAGE]
    assert script.choose(request(), ASIDE) == Say("kept")


@pytest.mark.parametrize(("mode", "answer"), [(OUTAGE, OUTAGE), (Slow(3), ASIDE)])
def test_an_outage_spares_no_auxiliary_call(mode: Step, answer: Step) -> None:
    """A standing error meets auxiliary calls too; any other mode is not meant for them."""
    script = Script()
    script.mode = mode

    assert script.choose(request(aux=True), ASIDE) == answer


def test_a_standing_tool_is_asked_for_once_a_turn() -> None:
    """The result of the tool ends the turn, or it would never end."""
    script = Script()
    script.mode = Tool("Bash", {"command": "ls"})

    assert script.choose(request(), ASIDE) == script.mode
    assert script.choose(request(number=1), ASIDE) == Say(CLOSING_TEXT)


def test_clear_forgets_everything() -> None:
    """After clearing, mode, queues and counted failures are as new."""
    script, prompt = Script(), "[[http 500]] [[say ok]]"
    script.mode = OUTAGE
    script.enqueue(Say("x"), session="s")
    script.clear()
    script.choose(request(prompt), ASIDE)
    script.clear()

    assert script.choose(request(prompt), ASIDE) == Error(500)
    assert script.choose(request(), ASIDE) == Say()


@pytest.mark.parametrize("wrong", ["hello", None, 429, Say])
def test_what_is_no_step_is_refused_at_once(wrong: Any) -> None:
    """A mistake in a script shows where it is made, not when it is played."""
    script = Script()

    with pytest.raises(TypeError, match="steps"):
        script.enqueue(Say("fine"), wrong)
    assert script.pending() == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: Say(3),  # type: ignore[arg-type]
        lambda: Slow(-1),
        lambda: Slow(1, float("nan")),
        lambda: Error(200),
        lambda: Error("429"),  # type: ignore[arg-type]
        lambda: Error(429, retry_after=-1),
        lambda: Tool("Bash", "ls"),  # type: ignore[arg-type]
        lambda: Reply(Error(500)),  # type: ignore[arg-type]
        lambda: Delay(1, "x"),  # type: ignore[arg-type]
        lambda: Hang(float("inf")),
    ],
)
def test_a_step_refuses_what_it_cannot_play(make: Callable[[], Step]) -> None:
    """Steps check their fields when they are made."""
    with pytest.raises(TypeError):
        make()


def test_usage_limit_is_what_a_subscription_gets() -> None:
    """A used-up plan is a 429 whose headers say which limit and until when."""
    error = usage_limit(1_800_000_000)

    assert error.status == 429
    assert error.headers == {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": "1800000000",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
    }


@pytest.mark.parametrize(("step", "failing"), [(Delay(1, Cut()), True), (Delay(1, Say()), False)])
def test_a_delayed_failure_is_a_failure(step: Step, failing: bool) -> None:
    """A delay changes nothing about how a step ends."""
    assert fails(step) is failing


WORDS = st.integers(0, 1000)
SECONDS = st.floats(0, 1e6)
STATUS = st.integers(400, 599)
BLOCKS = (
    st.builds(Say, st.text())
    | st.builds(Slow, WORDS, SECONDS)
    | st.builds(Tool, st.text(), st.dictionaries(st.text(), st.text()))
)
FLAT = (
    BLOCKS
    | st.lists(BLOCKS).map(lambda blocks: Reply(*blocks))
    | st.builds(
        Error,
        STATUS,
        st.none() | SECONDS,
        st.none() | st.booleans(),
        st.dictionaries(st.text(), st.text()),
        st.none() | st.text(),
    )
    | st.builds(Cut, WORDS, SECONDS)
    | st.builds(StreamError, WORDS, STATUS, SECONDS)
    | st.builds(Hang, SECONDS)
)


@given(st.recursive(FLAT, lambda inner: st.builds(Delay, SECONDS, inner), max_leaves=3))
def test_every_step_has_a_json_form(step: Step) -> None:
    """A step written as JSON reads back as the same step."""
    assert decode_steps(encode_step(step)) == (step,)


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        [],
        {},
        {"step": "sing"},
        {"step": "say", "texts": "x"},
        {"step": "slow", "words": "x"},
        "no directive",
        "http 200",
        {"step": "delay", "seconds": 1, "then": {"step": "x"}},
        {"step": "reply", "blocks": [{"step": "hang"}]},
    ],
)
def test_json_that_is_no_step_is_refused(value: Any) -> None:
    """What cannot be read as a step raises an error that says so."""
    with pytest.raises((TypeError, ValueError)):
        decode_steps(value)

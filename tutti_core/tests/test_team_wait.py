"""`wait`: it ends when all are there, or are known not to come; a blip is neither."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.cli.wait import _hints
from tutti_core.errors import ConfigError, RuntimeFailure, UsageError
from tutti_core.model.reading import KINDS, STATES, Evidence, Observation, Reading, Screen
from tutti_core.model.session import Session
from tutti_core.team import reaching
from tutti_core.team import wait as waits
from tutti_core.team.awaited import WaitRequest, WaitResponse
from tutti_core.team.context import Context
from tutti_core.team.queue import Entry, Queue
from tutti_core.team.reaching import Seen, end_of
from tutti_core.team.up import UpRequest, up
from tutti_core.team.wait import wait
from tutti_core.watching.look import Voice

NOW = 1000.0
SESSION = Session(
    "s", "%1", 1, False, None, None, "", 200, 50, False, False, 0.0, 0.0, 0, "/", "one", "w"
)


def voice(
    state: str,
    kind: str = "",
    *,
    agent: str = "one",
    confirmed: bool = True,
    since: float | None = None,
    screen: str = "",
    trying: bool = False,
) -> Voice:
    """An agent as it is seen once."""
    seen = Observation(NOW, "echo", state != "stopped", screen=Screen(screen))
    evidence = (Evidence("live", state), *([Evidence("screen", "working")] if trying else []))
    reading = Reading(state, kind, confirmed=confirmed, since=since, evidence=evidence)
    return Voice(agent, "echo", None if state == "stopped" else SESSION, seen, reading)


def ended(
    shown: Voice, *states: str, stood: float = 60.0, rested: float = 60.0, **more: Any
) -> str:
    """How a wait ends for an agent that is seen so."""
    asked = {key: more.pop(key) for key in ("patient", "stable_secs") if key in more}
    request = WaitRequest(("one",), states or ("idle",), **asked)
    return end_of(Seen(shown, stood, rested, **more), request)


def test_idle_by_its_own_word_is_idle() -> None:
    """As soon as it stands for longer than a redraw takes."""
    assert ended(voice("idle")) == "idle"
    assert ended(voice("idle"), stood=0.1, rested=0.1) == ""


def test_a_screen_that_only_looks_idle_must_rest() -> None:
    """For as long as was asked, or five times as long where it never rests."""
    looks = voice("idle", confirmed=False)
    assert ended(looks, stood=1.9, rested=1.9) == ""
    assert ended(looks, stood=2.0, rested=2.0) == "idle"
    assert ended(looks, stood=9.9, rested=0.0) == ""
    assert ended(looks, stood=10.0, rested=0.0) == "idle"


def test_idle_before_the_turn_of_the_last_prompt_is_not_its_end() -> None:
    """Whoever sends and then waits does not get the rest before that."""
    early = voice("idle", since=NOW - 5)
    assert ended(early, prompted=NOW - 4) == ""
    assert ended(early, prompted=NOW - 6) == "idle"
    assert ended(early, prompted=NOW - 100) == "idle"
    assert ended(voice("idle", since=NOW - 50), prompted=NOW - 11) == "idle"


def test_between_two_prompts_of_a_queue_nobody_is_idle() -> None:
    """The next one is typed at once."""
    assert ended(voice("idle"), queued=True) == ""


@pytest.mark.parametrize("state", ["auth_failed", "rate_limited", "provider_down"])
def test_an_error_ends_the_wait_unless_it_is_tried_again(state: str) -> None:
    """Idle will not come by itself; of what is tried again nobody knows yet."""
    assert ended(voice(state)) == state
    assert ended(voice(state), stood=0.5) == ""
    assert ended(voice(state, trying=True)) == ""
    assert ended(voice(state), patient=True) == ""


def test_a_question_ends_the_wait() -> None:
    """Whoever waits for idle has to answer it first; whoever waits for questions has one."""
    assert ended(voice("waiting", "permission")) == "waiting"
    assert ended(voice("waiting", "permission"), stood=0.1) == ""
    assert ended(voice("waiting", "permission"), patient=True) == ""
    assert ended(voice("waiting", "permission"), "idle", "waiting") == "waiting"
    assert ended(voice("waiting", "permission"), "working") == ""


@pytest.mark.parametrize("state", ["exited", "stopped"])
def test_who_is_gone_ends_every_wait(state: str) -> None:
    """Nothing more comes from there, however patient one is."""
    assert ended(voice(state), stood=0.0) == state
    assert ended(voice(state), "working", stood=0.0) == state
    assert ended(voice(state), patient=True, stood=0.0) == state


@given(
    st.builds(
        voice,
        st.sampled_from(STATES),
        st.sampled_from(["", *KINDS]),
        confirmed=st.booleans(),
        since=st.none() | st.floats(0, NOW),
        trying=st.booleans(),
    ),
    st.sets(st.sampled_from(STATES), min_size=1),
    st.floats(0, 100),
    st.floats(0, 100),
    st.booleans(),
)
def test_a_state_is_reached_only_by_who_is_in_it(
    shown: Voice, states: set[str], stood: float, rested: float, patient: bool
) -> None:
    """Whatever is seen: only the state it is in can be its end, or that it asks."""
    end = ended(shown, *states, stood=stood, rested=rested, patient=patient)
    asks = "waiting" if shown.reading.kind else shown.reading.state
    assert end in ("", shown.reading.state, asks)
    assert not (end == "idle" and not shown.reading.confirmed and rested < 2 and stood < 10)


@pytest.fixture
def pair(crew: Any) -> Context:
    """A workspace in which two agents run."""
    context: Context = crew.context("one", "two")
    up(context, UpRequest())
    return context


Looks = Sequence[Mapping[str, Voice] | Exception]


def waited(
    context: Context, looks: Looks, monkeypatch: pytest.MonkeyPatch, **asked: Any
) -> WaitResponse:
    """A wait for agents that are seen so, look after look; the last one stays."""
    shown: Iterator[Mapping[str, Voice] | Exception] = iter(looks)
    last = looks[-1]

    def voices(names: Any = None) -> dict[str, Voice]:
        one = next(shown, last)
        if isinstance(one, Exception):
            raise one
        return dict(one)

    monkeypatch.setattr(waits, "LOOK_SECS", 0.02)
    monkeypatch.setattr(reaching, "HELD_SECS", 0.05)
    monkeypatch.setattr(context, "voices", voices)
    asked = {"agents": ("one", "two"), "timeout_secs": 5.0, **asked}
    return wait(context, WaitRequest(**asked))


def both(one: str, two: str) -> dict[str, Voice]:
    """How both are seen."""
    return {"one": voice(one), "two": voice(two, agent="two")}


def test_all_must_be_there_at_once(pair: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was there and is at work again is waited for again."""
    looks = [both("idle", "working")] * 10 + [both("working", "idle")] * 10 + [both("idle", "idle")]
    answer = waited(pair, looks, monkeypatch)
    assert (answer.end, answer.exit_code) == ("reached", 0)
    assert [(one.agent, one.end, one.reached) for one in answer.agents] == [
        ("one", "idle", True),
        ("two", "idle", True),
    ]


def test_one_that_will_not_come_ends_the_wait_for_all(
    pair: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own exit code and its name; of the other one nothing is claimed."""
    answer = waited(pair, [both("working", "exited")], monkeypatch)
    assert (answer.end, answer.agent, answer.exit_code) == ("exited", "two", 10)
    assert [(one.end, one.reached, one.state) for one in answer.agents] == [
        ("", False, "working"),
        ("exited", False, "exited"),
    ]


def test_any_goes_on_while_somebody_may_come(
    pair: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is gone is not enough to give up, and one that is there is enough to end."""
    looks = [both("working", "exited")] * 5 + [both("idle", "exited")]
    answer = waited(pair, looks, monkeypatch, first=True)
    assert (answer.end, [one.reached for one in answer.agents]) == ("reached", [True, False])
    gone = waited(pair, [both("stopped", "exited")], monkeypatch, first=True)
    assert (gone.end, gone.exit_code) == ("stopped", 10)


def test_time_is_over(pair: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go on, and of each is said how it is and what it lacks."""
    late = both("working", "idle")
    late["two"] = late["two"]._replace(reading=Reading("idle", confirmed=False))
    answer = waited(pair, [late], monkeypatch, timeout_secs=0.3)
    assert answer.end == "timeout"
    assert answer.exit_code not in (0, 1, 2)
    assert [one.state for one in answer.agents] == ["working", "idle"]
    assert answer.agents[0].detail.endswith("; idle was waited for")
    assert _hints(answer) == ["tt status one two"]
    assert answer.agents[1].detail.startswith("its screen, which alone says so, was still for 0.")


def test_an_agent_that_vanishes_ends_the_wait(
    pair: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session is gone, which is not idle."""
    answer = waited(pair, [both("working", "working"), both("stopped", "working")], monkeypatch)
    assert (answer.end, answer.agent) == ("stopped", "one")
    assert answer.agents[0].detail == "it has no session"


def test_a_look_that_fails_is_tried_again(pair: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made of it, unless none succeeds until time is over."""
    broken = RuntimeFailure("tmux does not answer")
    assert waited(pair, [broken, both("idle", "idle")], monkeypatch).end == "reached"
    answer = waited(pair, [broken], monkeypatch, timeout_secs=0.2)
    assert (answer.end, answer.agents[0].detail) == ("unknown", "tmux does not answer")


def test_who_and_what_is_checked_at_once(pair: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is no state, a name that is nobody's, an agent that would wait for itself."""
    with pytest.raises(UsageError, match="'ready' is no state"):
        wait(pair, WaitRequest(("one",), ("ready",)))
    with pytest.raises(ConfigError, match="no agent"):
        wait(pair, WaitRequest(("three",)))
    monkeypatch.setenv("TUTTI_AGENT", "one")
    monkeypatch.setenv("TUTTI_ROOT", str(pair.root))
    with pytest.raises(UsageError, match="one cannot wait for itself"):
        wait(pair, WaitRequest(("one",)))


def test_the_whole_team_is_everybody_else(pair: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that waits for its team does not wait for itself."""
    monkeypatch.setenv("TUTTI_AGENT", "one")
    monkeypatch.setenv("TUTTI_ROOT", str(pair.root))
    answer = waited(pair, [both("working", "idle")], monkeypatch, agents=())
    assert [one.agent for one in answer.agents] == ["two"]


def test_a_prompt_that_was_just_submitted_is_waited_for(
    pair: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the journal: what was idle before it is not what comes of it."""
    pair.emit("prompt.submitted", "one")
    before, after = time.time() - 60, time.time() + 60

    def shown(since: float) -> dict[str, Voice]:
        one = voice("idle", since=since)
        return {"one": one._replace(seen=one.seen._replace(now=time.time()))}

    late = waited(pair, [shown(before)], monkeypatch, agents=("one",), timeout_secs=0.5)
    assert late.end == "timeout"
    assert late.agents[0].detail.endswith("its turn at the last prompt has yet to begin")
    assert waited(pair, [shown(after)], monkeypatch, agents=("one",)).end == "reached"


def test_a_prompt_in_the_queue_is_waited_for(
    pair: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one that is for this very agent, and that is still to be typed."""
    queue = Queue(pair.places)
    queue.put(Entry(0, "two", "later", "c", time.time()))
    queue.put(Entry(0, "one", "lost", "c", time.time(), state="refused"))
    asked: dict[str, Any] = {"agents": ("one",), "timeout_secs": 0.5}
    assert waited(pair, [both("idle", "idle")], monkeypatch, **asked).end == "reached"
    queue.put(Entry(0, "one", "later", "c", time.time()))
    late = waited(pair, [both("idle", "idle")], monkeypatch, **asked)
    assert late.end == "timeout"
    assert "a prompt waits to be typed to it" in late.agents[0].detail
    assert late.agents[0].hint == "tt queue"

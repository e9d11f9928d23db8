"""The end of a turn: what was seen is said, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import RuntimeFailure
from tutti_core.model.reading import Evidence, Observation, Reading, Screen
from tutti_core.model.session import Session
from tutti_core.team import turn as turns
from tutti_core.team.context import Context
from tutti_core.team.exchange import exchange
from tutti_core.team.send import SendRequest
from tutti_core.team.spoken import anew, answering, since_prompt
from tutti_core.team.turn import Turn, Typed, WaitFailed, await_turn
from tutti_core.team.up import UpRequest, up
from tutti_core.watching.look import Voice

SENT = 1000.0


@pytest.fixture
def begun(crew: Any) -> Context:
    """A workspace in which one agent runs."""
    context: Context = crew.context("one")
    up(context, UpRequest())
    return context


def typed(crew: Any, *, worked: bool = False) -> Typed:
    """What a prompt was typed into."""
    (session,) = crew.host.made.values()
    return Typed(session, SENT, worked)


def seen(session: Session | None, reading: Reading, screen: str = "") -> Voice:
    """An agent as it is seen once."""
    observation = Observation(SENT, "echo", session is not None, screen=Screen(screen))
    return Voice("one", "echo", session, observation, reading)


def idle(*, confirmed: bool = True, since: float | None = None, source: str = "live") -> Reading:
    """An agent that is idle by one source."""
    evidence = (Evidence(source, "idle"),)
    return Reading("idle", confirmed=confirmed, since=since, evidence=evidence)


def waited(
    context: Context,
    crew: Any,
    looks: Sequence[Voice | Exception],
    monkeypatch: pytest.MonkeyPatch,
    *,
    worked: bool = False,
    secs: float = 3.0,
    stable_secs: float = 0.1,
) -> Turn:
    """The end of a turn that is seen so, look after look; the last one stays."""
    shown: Iterator[Voice | Exception] = iter(looks)
    last = looks[-1]

    def voices(names: Any) -> dict[str, Voice]:
        one = next(shown, last)
        if isinstance(one, Exception):
            raise one
        return {"one": one}

    monkeypatch.setattr(turns, "LOOK_SECS", 0.02)
    monkeypatch.setattr(context, "voices", voices)
    at = typed(crew, worked=worked)
    return await_turn(context, "one", at, secs=secs, stable_secs=stable_secs)


def test_idle_since_before_the_prompt_is_not_done(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old word says nothing of this turn; a newer one does, also if nobody saw it at work."""
    session = typed(crew).session
    old = waited(begun, crew, [seen(session, idle(since=SENT - 9))], monkeypatch, secs=0.6)
    assert (old.end, old.source, old.detail) == ("timeout", None, "it is idle")
    new = waited(begun, crew, [seen(session, idle(since=SENT + 1))], monkeypatch)
    assert (new.end, new.source) == ("done", "runtime_signal")
    assert new.detail == "live says idle; nobody saw it at work"


def test_what_was_seen_to_work_is_done_once_it_is_idle(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the clock of the source says."""
    session = typed(crew).session
    looks = [seen(session, Reading("working")), seen(session, idle(since=SENT - 9))]
    done = waited(begun, crew, looks, monkeypatch)
    assert (done.end, done.detail) == ("done", "live says idle")


def test_a_flash_of_idle_is_not_the_end(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two tools a screen may look idle for a moment."""
    session = typed(crew).session
    flash = [seen(session, idle()), seen(session, Reading("working"))] * 4
    asks = seen(session, Reading("waiting", "question", "which?"))
    end = waited(begun, crew, [*flash, asks], monkeypatch)
    assert (end.end, end.kind, end.detail) == ("waiting", "question", "which?")


def test_a_screen_alone_must_rest(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it changes it is not done, unless it never stops and is idle by its rules."""
    session = typed(crew).session
    unsure = idle(confirmed=False, source="screen")
    busy = [seen(session, unsure, str(number)) for number in range(10)]
    began = time.monotonic()
    done = waited(begun, crew, [*busy, seen(session, unsure)], monkeypatch, stable_secs=0.3)
    assert (done.end, done.source) == ("done", "heuristic_idle_stable")
    assert time.monotonic() - began >= 0.3 + 9 * 0.02
    clock = [seen(session, unsure, str(number)) for number in range(500)]
    restless = waited(begun, crew, clock, monkeypatch, stable_secs=0.1)
    assert restless.end == "done"


def test_an_error_that_is_tried_again_is_not_the_end(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the agent gave up is; an old one that still stands there is not either."""
    monkeypatch.setattr(turns, "ERROR_SECS", 0.1)
    session = typed(crew).session
    trying = Reading("provider_down", evidence=(Evidence("live", "working"),))
    going = waited(begun, crew, [seen(session, trying)], monkeypatch, secs=0.5)
    assert going.end == "timeout"
    failed = Reading("provider_down", detail="500")
    gave_up = waited(begun, crew, [seen(session, failed)], monkeypatch)
    assert (gave_up.end, gave_up.detail) == ("provider_down", "500")
    old = Reading("auth_failed", since=SENT - 5)
    assert waited(begun, crew, [seen(session, old)], monkeypatch, secs=0.5).end == "timeout"


def test_another_process_is_not_the_one_that_was_asked(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is gone, dead or another one ends the wait at once."""
    session = typed(crew).session
    for there, said in (
        (None, "its session is gone"),
        (session._replace(pane="%99"), "another process has taken its place"),
        (session._replace(dead=True), "its process has ended"),
    ):
        end = waited(begun, crew, [seen(there, idle())], monkeypatch)
        assert (end.end, end.detail) == ("exited", said)


def test_a_look_that_fails_is_tried_again(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only when none succeeds any more nobody can say."""
    session, trouble = typed(crew).session, RuntimeFailure("no tmux")
    good = [trouble, trouble, seen(session, idle(since=SENT + 1))]
    assert waited(begun, crew, good, monkeypatch).end == "done"
    bad = waited(begun, crew, [trouble], monkeypatch, secs=0.3)
    assert (bad.end, bad.detail) == ("unknown", "no tmux")


@pytest.mark.parametrize(
    ("turn", "message", "code", "category"),
    [
        (Turn("auth_failed", detail="401"), "send_wait_failed: auth_failed (401)", 6, "policy"),
        (Turn("unknown", detail="no tmux"), "send_wait_failed: unknown (no tmux)", 4, "runtime"),
        (
            Turn("timeout", detail="it is idle"),
            "send_wait_failed: idle_timeout (agent=one, timeout_secs=9; it is idle)",
            5,
            "runtime",
        ),
    ],
)
def test_a_wait_that_failed_has_the_contracts_words(
    turn: Turn, message: str, code: int, category: str
) -> None:
    """Scripts look for them; the exit code tells the ends apart."""
    error = WaitFailed(turn, "one", 9)
    assert (error.message, error.exit_code, error.category) == (message, code, category)
    assert error.hint


def test_what_was_not_taken_is_never_done(
    begun: Context, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the end of a turn of which nothing proves that it began."""
    monkeypatch.setattr("tutti_core.team.proof.PROOF_SECS", 0.3)
    monkeypatch.setattr(crew.host, "paste", lambda *_: None)
    receipt = exchange(begun, SendRequest("one", "go on", wait=True))
    assert (receipt.outcome, receipt.waited, receipt.turn) == ("unknown", False, "unknown")
    assert receipt.completion_source is None


lines = st.lists(st.sampled_from(["", "a", "b", "c", "─"]), max_size=12)


@given(lines, lines)
def test_what_is_new_is_new(before: list[str], fresh: list[str]) -> None:
    """Lines below what was there are given as they are, blank ones around them left out."""
    found = anew(before, [*before, *fresh])
    assert [one for one in found if one] == [one for one in fresh if one]
    assert anew(before, before) == []
    assert not found or (found[0] and found[-1])


def test_a_redrawn_frame_is_not_new() -> None:
    """What stands around the composer moves down, and is no output."""
    frame = ["────", "❯ ", "────", "  ? for help"]
    before = ["❯ one", "● first", "", *frame]
    after = ["❯ one", "● first", "", "❯ two", "● second", "", *frame]
    assert anew(before, after) == ["❯ two", "● second"]


def test_an_answer_stands_below_its_prompt() -> None:
    """Neither what ended before the prompt nor the prompt, however it is wrapped, is an answer."""
    prompt = "Say it,\n\nand then say it again."
    echo = ["❯ Say it,", "", "  and then say", "  it again."]
    answer = ["", "● it", "  and then say it again."]
    assert answering(["  ⎿ Interrupted", "", *echo, *answer], prompt) == answer[1:]
    assert since_prompt([*echo, "● old", "", *echo, *answer], prompt) == answer[1:]
    assert answering(["● it"], prompt) == ["● it"]
    assert answering([*echo[:3], *answer], prompt) == [*echo[:3], *answer]

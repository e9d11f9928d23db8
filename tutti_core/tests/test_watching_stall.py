"""Stalled: an agent that says it works and gets nowhere, and what is taken for progress."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.reading import STATES, Observation, Reading, Screen
from tutti_core.terminal.effort import Effort, efforts
from tutti_core.watching.stall import Moves, is_quiet, moved, stalled

AFTER = 600.0
WORKING = Reading("working")
SPINS = "✻ Pondering… (2s · ↓ 8 tokens)", "✶ Pondering… (64s · ↓ 8 tokens)"


def seen(at: float, text: str = "", live_at: float | None = None) -> Observation:
    """One look."""
    return Observation(at, "demo", session=True, screen=Screen(text), live_at=live_at)


def looked(looks: Sequence[Observation], used: Sequence[Effort | None] = ()) -> Moves:
    """What is known after some looks."""
    moves: Moves | None = None
    for number, one in enumerate(looks):
        moves = moved(moves, one, used[number] if number < len(used) else None)
    assert moves is not None
    return moves


def test_nothing_for_as_long_as_that_is_stalled() -> None:
    """With what was seen last, and when; one second before it is not."""
    moves = looked([seen(1000, "a"), seen(1100, "b"), seen(1699, "b")])
    assert stalled(WORKING, moves, 1699, AFTER) == ""
    told = stalled(WORKING, moves, 1700, AFTER)
    assert told.startswith("the screen changed at 1970-01-01T00:18:20Z; looked at first at ")


def test_spinners_and_clocks_are_no_progress() -> None:
    """What an agent draws while it waits for ever is not taken for work."""
    moves = looked([seen(1000 + 100 * n, SPINS[n % 2]) for n in range(8)])
    assert stalled(WORKING, moves, 1700, AFTER)


def test_more_tokens_are_progress() -> None:
    """A count that only an answer moves is a sign of one."""
    more = SPINS[1].replace("8 tokens", "9 tokens")
    assert stalled(WORKING, looked([seen(1000, SPINS[0]), seen(1600, more)]), 1700, AFTER) == ""


def test_its_status_file_is_progress() -> None:
    """It is the agent's own word, and new."""
    assert stalled(WORKING, looked([seen(1000), seen(1650, live_at=1600)]), 1700, AFTER) == ""


def test_what_it_started_and_runs_is_progress() -> None:
    """A compiler that prints nothing for an hour works; a spinner's own share does not count."""
    looks = [seen(1000), seen(1400), seen(1500)]
    busy = [None, Effort(1, 0), Effort(2, 30)]
    assert stalled(WORKING, looked(looks, busy), 1700, AFTER) == ""
    drawing = [None, Effort(1, 0), Effort(11, 0)]
    assert stalled(WORKING, looked(looks, drawing), 1700, AFTER)
    hard = [None, Effort(1, 0), Effort(61, 0)]
    assert stalled(WORKING, looked(looks, hard), 1700, AFTER) == ""


def test_the_processor_is_asked_about_only_where_all_else_is_still() -> None:
    """Which costs a look at all processes."""
    moves = looked([seen(1000)])
    assert (is_quiet(moves, 1299, AFTER), is_quiet(moves, 1300, AFTER)) == (False, True)
    assert not is_quiet(moves, 10_000, 0)


@given(
    st.sampled_from(STATES),
    st.lists(st.tuples(st.floats(0, 1e9), st.text(), st.none() | st.floats(0, 1e9)), min_size=1),
    st.floats(0, 2e9),
    st.floats(0, 1e6),
)
def test_only_who_works_is_stalled(
    state: str, looks: list[tuple[float, str, float | None]], now: float, after: float
) -> None:
    """Whatever was seen: no other state is stalled, none if that is off, and nothing raises."""
    told = stalled(Reading(state), looked([seen(*one) for one in looks]), now, after)
    assert not told or (state == "working" and after > 0)


def test_a_child_at_work_is_seen() -> None:
    """What a process started counts as the others' time, its own as its own."""
    me = os.getpid()
    before = efforts([me])[me].others
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        deadline = time.monotonic() + 30
        while efforts([child.pid])[child.pid].own < 0.1 and time.monotonic() < deadline:
            pass
        found = efforts([me, child.pid])
    finally:
        child.kill()
        child.wait()
    assert found[child.pid].own >= 0.1
    assert found[me].others >= before + 0.1
    assert efforts([child.pid]) == {}

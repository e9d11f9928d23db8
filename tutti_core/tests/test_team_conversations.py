"""Which conversation counts as an agent's, and what is remembered of those it had."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.launch import Kept, Past
from tutti_core.team.conversations import MOST, earlier, newest_first, remember
from tutti_core.team.outcome import Outcome
from tutti_core.team.up import UpRequest, up

times = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2000))


def record(conversation: str, **more: Any) -> dict[str, Any]:
    """Return an agent's record that had a conversation."""
    return {"conversation": conversation, "runtime": "echo", "started_at": "then", **more}


@given(times, st.sampled_from("abcdefz"), st.booleans())
def test_what_counts_as_an_agents_own(found: dict[str, int], known: str, alone: bool) -> None:
    """The recorded one always, others only in a folder of its own and since its launch."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in found}
        for name, path in files.items():
            path.touch()
            os.utime(path, (found[name], found[name]))
        past = Past(Path(folder), conversation=known, began=1000.0, alone=alone)
        order = newest_first({**files, "gone": Path(folder, "gone")}, past)
    own = {name for name, at in found.items() if name == known or (alone and at >= 998)}
    assert set(order) == own
    assert [found[name] for name in order] == sorted((found[name] for name in own), reverse=True)


def test_each_conversation_is_remembered_once(tmp_path: Path) -> None:
    """One that is taken up again keeps when it began, and is the last one."""
    path = tmp_path / "one.json"
    remember(path, record("a", started_at="first"))
    remember(path, record("b", started_at="second"))
    remember(path, record("a", started_at="third", stopped_at="fourth"))
    known = [(one["conversation"], one["began"], one["ended"]) for one in earlier(path)]
    assert known == [("b", "second", None), ("a", "first", "fourth")]


def test_only_so_many_are_remembered(tmp_path: Path) -> None:
    """The file stays small, and the oldest go first."""
    for number in range(MOST + 3):
        remember(tmp_path / "one.json", record(str(number)))
    known = [one["conversation"] for one in earlier(tmp_path / "one.json")]
    assert known == [str(number) for number in range(3, MOST + 3)]


@given(st.binary() | st.sampled_from([b"[1]", b'[{"conversation": 1}]', b"{}", b"[" * 100_000]))
def test_a_damaged_file_is_no_memory(content: bytes) -> None:
    """Whatever stands in it, nobody is kept from starting."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.json")
        path.write_bytes(content)
        assert earlier(path) == []
        remember(path, record("a"))
        assert [one["conversation"] for one in earlier(path)] == ["a"]


def again(crew: Any, found: Callable[[], Kept]) -> tuple[Outcome, Outcome]:
    """Start an agent, let it end, and start it once more with a runtime that looks for its past."""
    able = attrs.evolve(crew.echo.capabilities, resume="chosen")
    recalling = type("Recalling", (type(crew.echo),), {"recall": lambda self, past: found()})
    crew.echo = recalling(capabilities=able)
    context = crew.context("one: prompt = 'hello'")
    first = up(context, UpRequest()).results[0]
    crew.host.dies("one")
    return first, up(context, UpRequest()).results[0]


def test_a_conversation_that_is_found_is_taken_up(crew: Any) -> None:
    """The runtime's own finding counts, and the first prompt is not said again."""
    first, then = again(crew, lambda: Kept("another"))
    assert (first.resumed, then.resumed, then.conversation) == (False, True, "another")
    assert [one.prompt for one in crew.echo.asked] == ["hello", None]


def test_why_there_is_none_is_said(crew: Any) -> None:
    """An agent that has to begin anew gets its first prompt, and the user the reason."""
    first, then = again(crew, lambda: Kept(why="it was never begun"))
    assert (then.ok, then.resumed) == (True, False)
    assert then.conversation not in (None, first.conversation)
    [said] = then.warnings
    assert said.startswith("begins a new conversation: it was never begun; tt logs one ")
    assert crew.echo.asked[-1].prompt == "hello"


def test_a_runtime_that_fails_to_look_keeps_nobody_from_starting(crew: Any) -> None:
    """A bug in a runtime's search is said, and the agent begins a new conversation."""
    _, then = again(crew, lambda: Kept(*[1 / 0]))
    assert (then.ok, then.resumed) == (True, False)
    assert "could not look" in " ".join(then.warnings)

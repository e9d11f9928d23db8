"""Crashes: wherever tt is killed, there is one agent, one event and a whole record afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tutti_core.errors import RuntimeFailure
from tutti_core.team import ending, entry, start
from tutti_core.team.context import Context
from tutti_core.team.down import DownRequest, down
from tutti_core.team.record import read_record
from tutti_core.team.up import UpRequest, up


class Killed(BaseException):
    """Stands for SIGKILL: nothing that only handles errors runs."""


def killing(*_: object, **__: object) -> None:
    """Die here."""
    raise Killed


def at_call(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does what the real one does until its nth call, and dies there."""
    calls: list[int] = []

    def called(*words: Any, **named: Any) -> Any:
        calls.append(1)
        return killing() if len(calls) == number else real(*words, **named)

    return called


def names(context: Context) -> list[str]:
    """Return what happened, in order."""
    return [one["event"] for one in context.journal.read()]


def killed_up(context: Context) -> None:
    """Start the team and be killed on the way."""
    with pytest.raises(Killed):
        up(context, UpRequest())


def before_the_session(crew: Any, patch: pytest.MonkeyPatch) -> None:
    crew.host.before = lambda what: killing() if what == "create" else None


def before_the_record(crew: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entry, "write_record", killing)


def after_the_session(crew: Any, patch: pytest.MonkeyPatch) -> None:
    crew.host.before = lambda what: killing() if what == "created" else None


def before_the_event(crew: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(start, "complete", killing)


def after_the_event(crew: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entry, "write_record", at_call(2, entry.write_record))


@pytest.mark.parametrize(
    "instant",
    [before_the_record, before_the_session, after_the_session, before_the_event, after_the_event],
)
class TestKilledWhileStarting:
    def test_the_next_up_finds_it_right(
        self, crew: Any, monkeypatch: pytest.MonkeyPatch, instant: Callable[..., None]
    ) -> None:
        """The agent runs once, its start is in the journal once, its record is whole."""
        context = crew.context("one")
        with monkeypatch.context() as patch:
            instant(crew, patch)
            killed_up(context)
        crew.host.before = lambda what: None
        assert up(context, UpRequest()).ok
        assert up(context, UpRequest()).ok
        assert len(crew.host.made) == len(crew.host.specs) == 1
        assert names(context) == ["agent.started"]
        (session,) = crew.host.made.values()
        record = read_record(context.places.agent("one"))
        found = (record["status"], record["pane"], record["pid"], record["session_name"])
        assert found == ("Working", session.pane, session.pid, session.name)

    def test_the_next_down_leaves_nothing(
        self, crew: Any, monkeypatch: pytest.MonkeyPatch, instant: Callable[..., None]
    ) -> None:
        """What was begun is ended, and nobody is recorded as stopped who never started."""
        context = crew.context("one")
        with monkeypatch.context() as patch:
            instant(crew, patch)
            killed_up(context)
        crew.host.before = lambda what: None
        ran = bool(crew.host.made)
        assert down(context, DownRequest()).ok
        assert down(context, DownRequest()).ok
        assert crew.host.made == {}
        assert names(context) == (["agent.started", "agent.stopped"] if ran else [])
        assert read_record(context.places.agent("one")).get("status") in (None, "Stopped")


@pytest.mark.parametrize("instant", ["before the event", "after the event"])
def test_killed_while_ending(crew: Any, monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    """The end of an agent is in the journal once, whoever looks next."""
    context = crew.context("one")
    up(context, UpRequest())
    with monkeypatch.context() as patch:
        if instant == "before the event":
            patch.setattr(ending, "closed", killing)
        else:
            patch.setattr(entry, "write_record", killing)
        with pytest.raises(Killed):
            down(context, DownRequest())
    assert crew.host.made == {}
    assert up(context, UpRequest()).ok
    assert names(context) == ["agent.started", "agent.stopped", "agent.started"]


def test_a_launch_that_failed_leaves_the_record_as_it_was(crew: Any) -> None:
    """The conversation of the last run is not forgotten because the next one could not begin."""
    context = crew.context("one")
    up(context, UpRequest())
    down(context, DownRequest())
    path = context.places.agent("one")
    before = json.loads(path.read_text())

    def refuse(what: str) -> None:
        if what == "create":
            raise RuntimeFailure("tmux says no")

    crew.host.before = refuse
    assert not up(context, UpRequest()).ok
    assert json.loads(path.read_text()) == before
    assert names(context) == ["agent.started", "agent.stopped"]


def test_a_session_that_was_made_after_all_is_known(crew: Any) -> None:
    """An answer of tmux that came too late leaves an agent that the next `up` takes over."""
    context = crew.context("one")

    def late(what: str) -> None:
        if what == "created":
            crew.host.before = lambda _: None
            raise RuntimeFailure("tmux did not answer")

    crew.host.before = late
    assert not up(context, UpRequest()).ok
    assert read_record(context.places.agent("one"))["status"] == "Unknown"
    (again,) = up(context, UpRequest()).results
    assert again.outcome == "running"
    assert names(context) == ["agent.started"]


def test_a_session_without_any_record_gets_one(crew: Any) -> None:
    """If somebody deletes `.tutti/state`, what runs is known again and announced by nobody."""
    context = crew.context("one")
    up(context, UpRequest())
    context.places.agent("one").unlink()
    up(context, UpRequest())
    record = read_record(context.places.agent("one"))
    assert (record["name"], record["runtime"], record["status"]) == ("one", "echo", "Working")
    assert names(context) == ["agent.started"]


def test_an_agent_that_ended_is_closed_before_it_starts_again(crew: Any) -> None:
    """Each start in the journal has its end, with the exit status."""
    context = crew.context("one")
    up(context, UpRequest())
    crew.host.dies("one", 3)
    assert up(context, UpRequest()).results[0].outcome == "launched"
    assert names(context) == ["agent.started", "agent.stopped", "agent.started"]
    stopped = next(one for one in context.journal.read() if one["event"] == "agent.stopped")
    assert stopped["data"]["reason"] == "exited"
    assert stopped["data"]["exit_status"] == 3


def test_what_is_refused_keeps_the_last_screen(crew: Any) -> None:
    """The session of an agent that ended is cleared away only when another really starts."""
    context = crew.context("one")
    up(context, UpRequest())
    crew.host.dies("one")
    crew.echo.failing = {"one"}
    assert not up(context, UpRequest()).ok
    assert list(crew.host.made)


def test_an_end_that_is_not_complete_keeps_the_next_from_starting(crew: Any) -> None:
    """A dead agent whose offspring cannot be ended is not doubled."""
    context = crew.context("one")
    up(context, UpRequest())
    crew.host.dies("one")
    crew.host.left = (4242,)
    (done,) = up(context, UpRequest()).results
    assert (done.outcome, done.detail) == ("failed", "processes of one could not be ended: 4242")
    assert len(crew.host.specs) == 1


def test_the_start_is_told_with_its_conversation(crew: Any) -> None:
    """Earlier conversations stay in the journal when the record knows only the last."""
    context = crew.context("one")
    up(context, UpRequest())
    (event,) = context.journal.read()
    assert {"runtime", "session_name", "conversation", "enforcement"} <= set(event["data"])
    assert event["correlation_id"].startswith("launch-")

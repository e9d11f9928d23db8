"""`down`: what ran is ended and written down once, and nothing is said that is not so."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tutti_core.errors import ConfigError, RuntimeFailure
from tutti_core.team import down as downs
from tutti_core.team import ending
from tutti_core.team.attach import attach_command, peek
from tutti_core.team.context import Context
from tutti_core.team.down import Downed, DownRequest, DownResponse, down
from tutti_core.team.record import read_record
from tutti_core.team.up import UpRequest, up


def told(done: DownResponse, agent: str) -> Downed:
    """Return what was told of one agent."""
    return next(one for one in done.results if one.agent == agent)


def stops(context: Context) -> list[tuple[str, str]]:
    """Return who was recorded as stopped, and why."""
    return [
        (one["agent"], one["data"]["reason"])
        for one in context.journal.read()
        if one["event"] == "agent.stopped"
    ]


def status(context: Context, agent: str) -> object:
    """Return what an agent's record says of it."""
    return read_record(context.places.agent(agent)).get("status")


class TestOnce:
    def test_an_agent_named_twice_is_ended_once(self, crew: Any) -> None:
        """There is one event, and one line of the answer."""
        context = crew.context("one", "two")
        up(context, UpRequest())
        done = down(context, DownRequest(agents=("one", "one")))
        assert [one.outcome for one in done.results] == ["stopped"]
        assert stops(context) == [("one", "manual")]

    def test_two_people_end_the_team_at_once(self, crew: Any) -> None:
        """Whoever comes second finds nothing to end, and says so."""
        context = crew.context("one")
        up(context, UpRequest())
        both = threading.Barrier(2)
        crew.host.before = lambda what: both.wait(10) if what == "list" and _first() else None
        local = threading.local()

        def _first() -> bool:
            seen, local.seen = getattr(local, "seen", False), True
            return not seen and threading.current_thread() in people

        answers: list[str] = []

        def end() -> None:
            answers.append(down(context, DownRequest()).results[0].outcome)

        people = [threading.Thread(target=end) for _ in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join(20)
        assert sorted(answers) == ["not running", "stopped"]
        assert stops(context) == [("one", "manual")]

    def test_what_was_started_meanwhile_is_ended(
        self, crew: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An `up` that was on its way when `down` began leaves nothing running behind it."""
        context = crew.context("one")
        real = downs._end

        def late(*words: Any) -> Downed:
            up(context, UpRequest(wait=False))
            return real(*words)

        monkeypatch.setattr(downs, "_end", late)
        done = down(context, DownRequest())
        assert (told(done, "one").outcome, crew.host.made) == ("stopped", {})


class TestTheTruth:
    def test_who_had_ended_is_not_called_stopped(self, crew: Any) -> None:
        """The session of a dead process is closed, and its exit status told and kept."""
        context = crew.context("one")
        up(context, UpRequest())
        crew.host.dies("one", 7)
        done = told(down(context, DownRequest()), "one")
        assert (done.outcome, done.ok) == ("exited", True)
        assert done.detail == "its process had ended (exit status 7)"
        assert stops(context) == [("one", "exited")]
        assert status(context, "one") == "Stopped"

    def test_what_could_not_be_ended_is_not_written_down_as_stopped(self, crew: Any) -> None:
        """While a process is left, neither the journal nor the record claims an end."""
        context = crew.context("one")
        up(context, UpRequest())
        crew.host.left = (4242,)
        done = told(down(context, DownRequest()), "one")
        assert (done.outcome, done.ok, done.detail) == ("failed", False, "still running: 4242")
        assert stops(context) == []
        assert status(context, "one") == "Working"

    def test_a_vanished_session_is_closed_once(self, crew: Any) -> None:
        """After a reboot the record is set right, and the journal says what is known."""
        context = crew.context("one")
        up(context, UpRequest())
        crew.host.made.clear()
        for _ in range(2):
            assert told(down(context, DownRequest()), "one").outcome == "not running"
        assert stops(context) == [("one", "vanished")]
        assert status(context, "one") == "Stopped"

    def test_survivors_of_a_vanished_session_are_ended(
        self, crew: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What outlived its terminal is found by its mark, and told."""
        context = crew.context("one")
        up(context, UpRequest())
        crew.host.made.clear()
        monkeypatch.setattr(ending, "survivors", lambda context, name: (4242,))
        done = told(down(context, DownRequest()), "one")
        assert (done.outcome, done.detail) == ("stopped", "its session had vanished")
        assert crew.host.ended == ["one"]
        assert stops(context) == [("one", "vanished")]

    def test_nobody_starts_beside_survivors(
        self, crew: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two of one agent in one tree is what `up` must never make."""
        context = crew.context("one")
        up(context, UpRequest())
        crew.host.made.clear()
        monkeypatch.setattr(ending, "survivors", lambda context, name: (4242,))
        (done,) = up(context, UpRequest()).results
        assert (done.outcome, crew.host.made) == ("failed", {})
        assert done.detail == "one has lost its session, and processes of it still run: 4242"
        assert done.hint == "tt down one ends them"

    def test_one_that_cannot_be_ended_hides_nobody(self, crew: Any) -> None:
        """A failure, expected or not, is one agent's; the others end."""
        context = crew.context("good", "bad", "worse")
        up(context, UpRequest())
        real = crew.host.end

        def end(session: Any, *, grace: float, closing: Any = None) -> Any:
            if session.agent == "bad":
                raise RuntimeFailure("still there", hint="look")
            if session.agent == "worse":
                raise ValueError("nobody expected this")
            return real(session, grace=grace, closing=closing)

        crew.host.end = end
        done = down(context, DownRequest())
        assert {one.agent: one.outcome for one in done.results} == {
            "good": "stopped",
            "bad": "failed",
            "worse": "failed",
        }
        assert told(done, "bad").detail == "still there"
        assert "ValueError: nobody expected this" in told(done, "worse").detail
        assert not done.ok

    def test_cleaning_what_never_had_a_tree_is_no_failure(self, crew: Any) -> None:
        """`--clean` removes what is there."""
        context = crew.context("one", "never")
        up(context, UpRequest(agents=("one",)))
        done = down(context, DownRequest(clean=True))
        assert (done.ok, [one.cleaned for one in done.results]) == (True, [False, False])
        assert not context.places.agent("never").exists()

    def test_an_unknown_name_ends_nobody(self, crew: Any) -> None:
        """A misspelt name is an error before anything is done."""
        context = crew.context("one")
        up(context, UpRequest())
        with pytest.raises(ConfigError, match="no agent 'noe'"):
            down(context, DownRequest(agents=("one", "noe")))
        assert crew.host.made


class TestWithoutAConfiguration:
    def test_what_runs_can_be_seen_and_ended(self, crew: Any) -> None:
        """A file that does not load keeps nobody from ending what runs, under its own name."""
        up(crew.context("one", "two"), UpRequest())
        rescued = Context.rescue(crew.root, ConfigError("tutti.toml is broken"), crew.plugins)
        assert rescued.name == "w"
        assert peek(rescued, "one", 5) == [">"]
        assert attach_command(rescued, "one") == ["show", "tutti-w-one"]
        assert down(rescued, DownRequest(agents=("one",))).ok
        assert down(rescued, DownRequest()).ok
        assert crew.host.made == {}
        assert stops(rescued) == [("one", "manual"), ("two", "manual")]

    def test_whoever_does_not_run_is_answered_with_the_trouble(self, crew: Any) -> None:
        """Nobody is told that an agent is not in a file that could not be read."""
        rescued = Context.rescue(crew.root, ConfigError("tutti.toml is broken"), crew.plugins)
        with pytest.raises(ConfigError, match="is broken"):
            peek(rescued, "one", 5)

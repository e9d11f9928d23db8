"""`logs`: what an agent showed and what happened to it, kept before its end and followed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutti_core.errors import ConfigError, RuntimeFailure
from tutti_core.team.down import DownRequest, down
from tutti_core.team.following import Follower
from tutti_core.team.logs import LogsRequest, logs
from tutti_core.team.up import UpRequest, up
from tutti_core.watching.logbook import Logbook


def texts(context: Any, name: str = "one", **more: Any) -> list[str]:
    """The lines of a log; what has a time shows as its source and name."""
    found = logs(context, LogsRequest(name, **{"lines": None, **more})).entries
    return [one.text if one.at is None else f"<{one.event or one.source}>" for one in found]


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


class TestALog:
    """It outlives the session it is of."""

    def test_has_the_last_screen_of_one_that_was_taken_down(self, crew: Any) -> None:
        """What was shown stands between the start and the end."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        crew.host.screen = "hello\n\n\nworld\n>"
        assert texts(context) == ["<agent.started>", "hello", "", "world", ">"]
        down(context, DownRequest())
        shown = ["<log>", "hello", "", "world", ">"]
        assert texts(context) == ["<agent.started>", *shown, "<agent.stopped>"]
        (piece,) = Logbook(context.places.log("one")).pieces()
        assert (piece.status, piece.why) == ("Stopped", "taken down")

    def test_has_what_is_shown_at_the_very_end(self, crew: Any) -> None:
        """What a program prints as it ends is kept, and so is what its end wiped away."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        crew.host.screen = "on the full screen"

        def ends(what: str) -> None:
            if what == "end":
                crew.host.screen = "resume with --resume 7"

        crew.host.before = ends
        down(context, DownRequest())
        (piece,) = Logbook(context.places.log("one")).pieces()
        assert piece.lines == ("on the full screen", "resume with --resume 7")

    def test_keeps_one_that_exited_through_its_next_start(self, crew: Any) -> None:
        """Starting over a dead pane keeps what it showed."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        crew.host.screen = "Traceback: it broke"
        crew.host.dies("one")
        assert texts(context)[-1] == "Traceback: it broke"
        up(context, UpRequest(wait=False))
        (piece,) = Logbook(context.places.log("one")).pieces()
        assert (piece.why, piece.lines) == ("its process had ended", ("Traceback: it broke",))

    def test_that_cannot_be_written_keeps_nobody_from_ending(self, crew: Any) -> None:
        """The agent ends, and whoever ended it is told what is missing."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        context.places.log("one").mkdir(parents=True)
        (done,) = down(context, DownRequest()).results
        assert (done.outcome, done.ok, crew.host.made) == ("stopped", True, {})
        assert "its last screen could not be kept: cannot write" in done.detail

    def test_is_the_last_lines_asked_for(self, crew: Any) -> None:
        """Lines are counted over all sessions, with all that happened in between."""
        context = crew.context("one")
        for text in ("first", "second", "third"):
            crew.host.screen = text
            up(context, UpRequest(wait=False))
            down(context, DownRequest())
        every = texts(context)
        assert [one for one in every if one[0] != "<"] == ["first", "second", "third"]
        for count in range(len(every) + 2):
            assert texts(context, lines=count) == every[max(0, len(every) - count) :]

    def test_since_a_time_has_only_what_is_later(self, crew: Any) -> None:
        """A session that ended before is left out, with all that happened then."""
        context = crew.context("one")
        crew.host.screen = "first"
        up(context, UpRequest(wait=False))
        down(context, DownRequest())
        after = context.journal.last()["timestamp"]
        assert texts(context, since=after) == []
        crew.host.screen = "second"
        up(context, UpRequest(wait=False))
        assert texts(context, since=after) == ["<agent.started>", "second"]
        assert "first" in texts(context, since="2020-01-01T00:00:00+02:00")

    def test_of_one_that_never_ran_is_none(self, crew: Any) -> None:
        """It says so, and what to do; a name nobody knows is another thing."""
        context = crew.context("one", "two")
        up(context, UpRequest(agents=("two",), wait=False))
        with pytest.raises(RuntimeFailure, match="one has never run here") as refused:
            logs(context, LogsRequest("one"))
        assert refused.value.hint == "tt up one"
        with pytest.raises(ConfigError, match="no agent 'three'"):
            logs(context, LogsRequest("three"))

    def test_of_one_that_is_configured_no_more_is_still_there(self, crew: Any) -> None:
        """Who was taken out of the file has a log all the same."""
        up(crew.context("one", "two"), UpRequest(wait=False))
        down(crew.context("one", "two"), DownRequest())
        assert "<agent.stopped>" in texts(crew.context("two"), "one")

    def test_is_read_and_never_written(self, crew: Any) -> None:
        """Looking changes no file."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        before = _files(context.places.home)
        texts(context)
        Follower(context, LogsRequest("one"))
        assert _files(context.places.home) == before


class TestFollowing:
    """What is new is told, through ends and new beginnings."""

    def test_one_that_goes_on_and_is_started_again(self, crew: Any) -> None:
        """Lines come once, in order with what happens, and the last ones before the end too."""
        context = crew.context("one")
        crew.host.screen = "a\n>"
        up(context, UpRequest(wait=False))
        follower = Follower(context, LogsRequest("one", 1))
        assert [one.text for one in follower.first] == [">"]
        heard: list[str] = []

        def hears(*wanted: str) -> bool:
            heard.extend(one.event or one.text for one in follower.poll())
            return all(word in heard for word in wanted)

        crew.host.screen = "a\nb\n>"
        until(lambda: hears("b"))
        crew.host.screen = "a\nb\nc\n>"
        down(context, DownRequest())
        crew.host.screen = "a\nd"
        up(context, UpRequest(wait=False))
        until(lambda: hears("agent.started", "d"))
        told = [one for one in heard if one not in ("idle", "starting", "unknown")]
        assert told == ["b", "c", "agent.stopped", "agent.started", "a", "d"]

    def test_one_that_has_not_run_yet(self, crew: Any) -> None:
        """Who is followed before the first start is seen from it on."""
        context = crew.context("one")
        follower = Follower(context, LogsRequest("one"))
        assert follower.first == []
        crew.host.screen = "hello"
        up(context, UpRequest(wait=False))
        heard: list[str] = []

        def there() -> bool:
            heard.extend(one.event or one.text for one in follower.poll())
            return "hello" in heard

        until(there)
        assert heard.index("agent.started") < heard.index("hello")

    def test_a_death_is_told(self, crew: Any) -> None:
        """A process that ends by itself is seen, though nobody has recorded it yet."""
        context = crew.context("one")
        crew.host.screen = ">"
        up(context, UpRequest(wait=False))
        follower = Follower(context, LogsRequest("one"))
        crew.host.screen = ">\nKilled"
        crew.host.dies("one")
        heard: list[tuple[str, str]] = []

        def there() -> bool:
            heard.extend((one.source, one.text) for one in follower.poll())
            return ("state", "exited") in heard

        until(there)
        assert ("screen", "Killed") in heard

    def test_costs_no_look_while_nothing_happens(self, crew: Any) -> None:
        """Polls in a row ask the terminal once a second at most."""
        context = crew.context("one")
        up(context, UpRequest(wait=False))
        context.places.ring("one").write_bytes(b"x")
        follower = Follower(context, LogsRequest("one"))
        list(follower.poll())
        looked, began = len(crew.host.looked), time.monotonic()
        while time.monotonic() - began < 0.9:
            assert list(follower.poll()) == []
        assert len(crew.host.looked) == looked


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }

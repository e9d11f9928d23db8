"""`everywhere`: the same work in several workspaces, each for itself."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tutti_core.config.registered import Entry
from tutti_core.errors import ConfigError
from tutti_core.team import everywhere as module
from tutti_core.team.down import DownRequest, down
from tutti_core.team.everywhere import Done, everywhere, reached
from tutti_core.team.known import Known, known_of, labels
from tutti_core.team.up import UpRequest, up


def places(*names: str) -> list[Known]:
    """Workspaces by name; one with a question mark has a problem."""
    return [
        Known(Entry(number, name, f"/{name}"), "is odd" if "?" in name else "")
        for number, name in enumerate(names)
    ]


def outcomes(done: list[Done]) -> list[str]:
    """What each workspace came to."""
    return [one.error.message if one.error else str(one.value) for one in done]


def test_each_has_its_own_end_in_the_order_asked_for() -> None:
    """A problem, an error, a bug and a success stand side by side."""

    def work(place: Known, _: Event) -> str:
        if place.name == "refused":
            raise ConfigError("wrong")
        if place.name == "bug":
            raise LookupError("oh")
        return place.name

    told: list[str] = []
    asked = places("one", "refused", "odd?", "bug", "two", "three", "four")
    done = everywhere(asked, work, 10, lambda one: told.append(one.place.name))
    assert outcomes(done) == [
        "one",
        "wrong",
        "is odd",
        "this is a bug: LookupError: oh",
        "two",
        "three",
        "four",
    ]
    assert sorted(told) == sorted(one.name for one in asked)


def test_who_hangs_keeps_nobody_waiting() -> None:
    """After its time a workspace is given up, and the others are done long before."""
    forever, let_go = Event(), Event()

    def work(place: Known, stop: Event) -> str:
        if place.name == "deaf":
            forever.wait(60)
        if place.name == "polite":
            assert stop.wait(60)
            let_go.set()
        return place.name

    done = everywhere(places("deaf", "polite", "quick"), work, 0.2, grace=0.6)
    assert outcomes(done) == ["no answer within 1 s", "polite", "quick"]
    assert let_go.is_set()
    forever.set()


def test_on_ctrl_c_what_is_begun_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told to stop and waited for; nothing else is begun."""
    begun: list[str] = []
    ended: list[str] = []

    def work(place: Known, stop: Event) -> None:
        begun.append(place.name)
        assert stop.wait(60)
        ended.append(place.name)

    def pressed(self: Any, settle: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module._Crowd, "_settle", pressed)
    with pytest.raises(KeyboardInterrupt):
        everywhere(places(*"abcdefgh"), work, 60)
    assert sorted(begun) == sorted(ended) == list("abcd")


def test_who_must_stop_begins_with_no_further_agent(crew: Any) -> None:
    """Those left out are told as failed, by `up` and by `down`."""
    context = crew.context("one", "two: depends_on = ['one']")
    crew.host.before = lambda what: context.stop.set() if what == "created" else None
    results = up(context, UpRequest(wait=False)).results
    assert [one.outcome for one in results] == ["launched", "failed"]
    assert "was not begun with" in results[1].detail
    (left, _) = down(context, DownRequest()).results
    assert (left.outcome, left.ok) == ("failed", False)
    assert "was not begun with" in left.detail
    assert crew.host.ended == []


def test_a_place_is_taken_once_and_told_apart(tmp_path: Path) -> None:
    """Two entries of one path are one workspace; two paths of one name are shown with both."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tutti.toml").touch()
    at = [Entry(n, "w", str(tmp_path / path)) for n, path in enumerate("aba")]
    found = known_of(at)
    assert [one.entry.number for one in found] == [0, 1]
    assert [one.problem for one in found] == ["", ""]
    assert labels(found) == [f"w ({tmp_path}/a)", f"w ({tmp_path}/b)"]
    assert labels(found[:1]) == ["w"]


def test_what_is_wrong_with_a_place_is_said(tmp_path: Path) -> None:
    """Gone, empty, or an entry that leads nowhere: each with what to do."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    paths = [tmp_path / "gone", tmp_path / "empty", tmp_path / "file" / "x"]
    found = known_of([Entry(n, "w", str(path)) for n, path in enumerate(paths)])
    assert [one.gone for one in found] == [True, False, True]
    assert "no tutti.toml" in found[1].problem
    assert known_of([Entry(0, "", "", 7, "has no path")])[0].hint.endswith("config.toml:7")
    assert reached(found[0], {str(paths[0])}).error is None
    assert isinstance(reached(found[0], set()).error, ConfigError)

"""What a look shows: the truth about what runs, whatever stands in the files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.cli.status_view import render
from tutti_core.cli.style import (
    GAP,
    LEFT_OUT,
    NARROWEST,
    ago,
    clipped,
    fitting,
    table,
    width_of,
)
from tutti_core.errors import TuttiError
from tutti_core.model.reading import Evidence
from tutti_core.team import compiled as compiling
from tutti_core.team import loading
from tutti_core.team.facts import facts_of
from tutti_core.team.record import Records, read_record, write_record
from tutti_core.team.snapshot import status_rows
from tutti_core.team.up import UpRequest, up
from tutti_core.team.verbs import core_verbs

FOREIGN = [
    b"",
    b"{",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"branch": ["x"], "worktree_path": 7, "live_status": {"a": 1}, "pid": "x"}',
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_foreign_record_hides_nobody(crew: Any, content: bytes) -> None:
    """Half written, damaged or of another tool: the agent is shown with what can be seen."""
    context = crew.context("one")
    up(context, UpRequest())
    context.places.agent("one").write_bytes(content)
    voices = list(context.voices().values())
    rows = status_rows(context.root, "w", voices)
    assert [row["state"] for row in rows] == ["idle"]
    assert rows[0]["branch"] is None
    assert "one" in render("w", rows)


def test_the_table_says_which_way_and_until_when(crew: Any) -> None:
    """A context is so much used, not left; a limit ends then; who is stalled was last seen so."""
    context = crew.context("one")
    up(context, UpRequest())
    row = status_rows(context.root, "w", list(context.voices().values()))[0]
    assert "25% used" in render("w", [{**row, "ctx": 25}])
    limited = {**row, "state": "rate_limited", "resets": "3pm"}
    assert "→ tt peek one   resets 3pm" in render("w", [limited])
    stalled = {**row, "state": "working", "stalled": "screen changed 12m ago"}
    assert "→ tt peek one   stalled: screen changed 12m ago" in render("w", [stalled])


def test_a_record_is_written_whole_over_a_damaged_one(tmp_path: Path) -> None:
    """What cannot be kept of the old record is dropped, the rest stays."""
    path = tmp_path / ".tutti" / "state" / "a.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"branch": 3, "theirs": [1], "pid": 5}')
    write_record(tmp_path, "a", {"status": "Stopped"})
    assert json.loads(path.read_text()) == {"theirs": [1], "pid": 5, "status": "Stopped"}
    assert read_record(path)["status"] == "Stopped"


def test_records_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    """An agent without a record has an empty one."""
    assert Records(tmp_path)["nobody"] == {}


@pytest.mark.parametrize(
    "fact",
    [
        {"label": "plan", "value": "9 %"},
        {"label": "plan", "value": "9 %", "at": "now"},
        {"label": "plan", "value": "9 %", "at": True},
        {"label": "plan", "value": "9 %", "at": float("nan")},
        {"label": 7, "value": "9 %", "at": 1.0},
        {"label": "plan", "value": ["9 %"], "at": 1.0},
        "plan",
    ],
)
def test_an_unsound_fact_is_left_out(tmp_path: Path, fact: object) -> None:
    """A plugin's mistake in one fact costs that fact."""
    folder = tmp_path / ".tutti" / "state" / "facts"
    folder.mkdir(parents=True)
    good = {"label": "queue", "value": 3, "at": 1.0}
    (folder / "usage.json").write_text(json.dumps({"one": [fact, good]}))
    (folder / "broken.json").write_bytes(b"[" * 100_000)
    assert facts_of(tmp_path) == {"one": [{**good, "plugin": "usage"}]}


def test_one_agent_is_looked_at_alone(crew: Any) -> None:
    """Whoever asks for one of many reads one screen, not all of them."""
    context = crew.context("one", "two", "three")
    up(context, UpRequest())
    crew.host.looked.clear()
    assert list(context.voices(["two"])) == ["two"]
    assert crew.host.looked == [1]
    assert list(context.voices()) == ["one", "two", "three"]


def test_what_runs_is_named_by_what_it_runs_on(crew: Any) -> None:
    """A runtime that was changed in the file since does not rename the agent that runs."""
    up(crew.context("one"), UpRequest())
    other = crew.context("one: runtime = 'other'") if _other(crew) else None
    assert other is not None
    voice = other.voices()["one"]
    assert (voice.runtime, voice.seen.runtime) == ("echo", "echo")
    assert voice.reading.state == "idle"


@pytest.mark.parametrize("harm", ["raises", "is no TOML"])
def test_broken_rules_concern_those_who_run_on_them(crew: Any, harm: str) -> None:
    """A runtime nobody uses keeps nobody from looking; one in use is named."""
    other = type(crew.echo)(name="other")
    crew.add("other", tutti_runtimes=lambda: [_Broken(other, harm)])
    assert crew.context("one").voices()["one"].reading.state == "stopped"
    with pytest.raises(TuttiError, match="other"):
        crew.context("one: runtime = 'other'").voices()


def test_a_detector_that_raises_hides_nobody(crew: Any) -> None:
    """The others' evidence counts, and the failure is shown beside it."""

    class Raises:
        name, runtime = "raises", ""

        def detect(self, observation: object) -> list[Evidence]:
            raise RuntimeError("no idea")

    crew.add("raising", tutti_detectors=lambda: [Raises()])
    context = crew.context("one")
    up(context, UpRequest())
    reading = context.voices()["one"].reading
    assert reading.state == "idle"
    assert reading.evidence[-1].detail == "RuntimeError: no idea"


def test_the_verb_answers_what_the_command_prints(crew: Any) -> None:
    """`status` has trees and facts for every caller, not for the command line alone."""
    context = crew.context("one")
    up(context, UpRequest())
    verb = next(one for one in core_verbs() if one.name == "status")
    (row,) = verb.run(context, verb.request()).voices
    assert {"branch", "worktree", "conversation", "facts"} <= set(row)


def test_what_changes_while_it_is_compiled_counts_as_changed(
    crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file saved in the middle of a load is read again the next time."""
    crew.context("one").places.home.mkdir()
    real = loading.load_arrangement

    def slow(root: Path, plugins: object, **how: Any) -> object:
        loaded = real(root, crew.plugins, **how)
        crew.context("one", "two")
        return loaded

    monkeypatch.setattr(loading, "load_arrangement", slow)
    monkeypatch.setattr(compiling.discovery, "read_cache", lambda: {"entries": [], "stamps": {}})
    monkeypatch.setattr(compiling.discovery, "plugins_key", lambda kept: "key")
    monkeypatch.setattr("tutti_core.plugins.Plugins.installed", lambda: crew.plugins)
    compiling.compiled(crew.root)
    monkeypatch.setattr(
        loading, "load_arrangement", lambda root, _, **how: real(root, crew.plugins)
    )
    assert [one["name"] for one in compiling.compiled(crew.root)["agents"]] == ["one", "two"]


def test_rules_are_asked_for_again_once_their_file_changes(
    crew: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a runtime names as its sources counts like the configuration itself."""
    path = tmp_path / "rules.toml"
    path.write_text("")
    crew.context("one")
    (crew.root / ".tutti").mkdir(exist_ok=True)
    crew.echo = type("Filed", (type(crew.echo),), {"sources": (str(path),)})()
    monkeypatch.setattr(compiling.discovery, "read_cache", lambda: {"entries": [], "stamps": {}})
    monkeypatch.setattr(compiling.discovery, "plugins_key", lambda kept: "key")
    asked: list[object] = []

    def installed() -> object:
        asked.append(1)
        return crew.plugins

    monkeypatch.setattr("tutti_core.plugins.Plugins.installed", installed)
    for times in (1, 2):
        path.write_text(f"# {times}")
        assert str(path) in compiling.compiled(crew.root)["files"]
        compiling.compiled(crew.root)
        assert len(asked) == times


def test_control_characters_move_nobodys_cursor() -> None:
    """What an agent's files say is shown as words."""
    shown = table(["A", "B"], [["x\x1b[2Jy", "z"], ["a\nb", "c"]])
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 3


def test_an_age_that_is_none_is_no_age() -> None:
    """A broken time in a file is shown as nothing."""
    assert [ago(float("nan")), ago(float("inf")), ago(-5), ago(61)] == ["", "", "0s", "1m"]


class _Broken:
    """A runtime whose rules cannot be used."""

    def __init__(self, runtime: Any, harm: str) -> None:
        self.name, self.title, self.program = runtime.name, runtime.title, runtime.program
        self.capabilities, self.launch, self.harm = runtime.capabilities, runtime.launch, harm

    def rules(self) -> str:
        if self.harm == "raises":
            raise ValueError("no file")
        return "["


def _other(crew: Any) -> bool:
    other = type(crew.echo)(name="other")
    crew.add("other", tutti_runtimes=lambda: [other])
    return True


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=8),
    st.sets(st.integers(0, 7)),
    st.integers(1, 200),
)
def test_columns_give_way_until_a_row_fits(
    widths: list[int], spare: set[int], columns: int
) -> None:
    """Only spare columns are cut, only as far as is needed, and only if there is a terminal."""
    places = [place for place in spare if place < len(widths)]
    found = fitting(widths, places, columns)
    assert fitting(widths, places, None) == widths
    for place, (before, after) in enumerate(zip(widths, found, strict=True)):
        assert after == before or (place in places and (after == LEFT_OUT or after >= NARROWEST))
    kept = [width for width in found if width != LEFT_OUT]
    fits = sum(kept) + len(GAP) * (len(kept) - 1) <= columns
    assert fits or all(found[place] == LEFT_OUT for place in places)


@given(st.text(max_size=30), st.integers(1, 30))
def test_a_clipped_text_fits(text: str, width: int) -> None:
    """However wide its characters are, it takes no more columns than it may, and says so."""
    cut = clipped(text, width)
    assert width_of(cut) <= max(width, 1)
    assert cut == text if width_of(text) <= width else cut.endswith("…")

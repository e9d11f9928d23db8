"""The log that is written while an agent runs: each line once, however often it is looked at."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.state.files import JsonFile
from tutti_core.watching.logbook import Logbook
from tutti_core.watching.scribe import WINDOW, Scribe, begin_of, known_of, unwritten

LINES = [f"line {number} of what it says" for number in range(2000)]
WHEN = "2026-11-22T09:30:00.000000Z"


class Desk:
    """A log on disk, and a terminal that prints line after line."""

    def __init__(self, folder: Path) -> None:
        self.book = Logbook(folder / "one.log")
        self.file = JsonFile(folder / "one.json")
        self.scribe = self.another()
        self.printed, self.at = 0, 0.0

    def another(self) -> Scribe:
        """Return one who comes later."""
        return Scribe(self.book, self.file, "%1", 5.0)

    def look(self, *, quiet: bool) -> None:
        """Look at the last of what was printed, and at all of it if that does not reach back."""
        self.at += 5.0
        shown = LINES[: self.printed]
        part = shown[-(WINDOW + 50) :]
        seen = part if self.scribe.reaches(part) else shown
        self.scribe.look(seen, self.at, WHEN, "Working", quiet=quiet)

    def lines(self) -> list[str]:
        """Return what the log holds."""
        return [line for piece in self.book.pieces() for line in piece.lines]


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.integers(0, 500), st.booleans(), st.booleans()), min_size=1, max_size=8
    )
)
def test_each_line_is_written_once_and_in_order(acts: list[tuple[int, bool, bool]]) -> None:
    """However much is printed between two looks, and whoever writes on after whom was killed."""
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        for more, quiet, killed in acts:
            desk.printed = min(len(LINES), desk.printed + more)
            desk.look(quiet=quiet)
            if killed:
                desk.scribe = desk.another()
        desk.look(quiet=True)
        assert desk.lines() == LINES[: desk.printed]


@given(first=st.integers(0, 400), more=st.integers(0, 400), window=st.integers(1, 350))
def test_who_ends_an_agent_writes_only_the_rest(first: int, more: int, window: int) -> None:
    """Of all that the terminal has, what is in the log already is left out."""
    known = LINES[max(0, first - window) : first]
    assert unwritten(known, LINES[: first + more]) == (
        LINES[first : first + more] if known else LINES[: first + more]
    )


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=40), st.lists(st.text(max_size=3)))
def test_nothing_is_left_out_that_cannot_be_found(known: list[str], shown: list[str]) -> None:
    """A line that the log cannot have is written, whatever else was there."""
    shown = [*shown, "surely new"]
    assert "surely new" in unwritten(known, shown)
    begin = begin_of(known, shown)
    assert begin is None or 0 <= begin < len(shown)


def test_of_another_session_nothing_is_known(tmp_path: Path) -> None:
    """A pane of another session, a damaged file or none: all that is shown is new."""
    file = JsonFile(tmp_path / "one.json")
    assert known_of(file, "%1", 5.0) == ()
    file.write({"pane": "%1", "created": 5.0, "lines": ["a"]})
    assert known_of(file, "%1", 5.0) == ("a",)
    assert known_of(file, "%2", 5.0) == ()
    file.path.write_text("{")
    assert known_of(file, "%1", 5.0) == ()

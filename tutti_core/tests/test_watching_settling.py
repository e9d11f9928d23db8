"""What is new on a screen, and when it has settled."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.watching.settling import Settler, fresh, lines_of, steady, tidy

LINE = st.sampled_from(["", "a", "b", "c", "日本", "── x ──"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=6
)
LINES = st.lists(LINE, max_size=40)


def subsequence(some: list[str], of: list[str]) -> bool:
    """Whether lines stand in others in the same order."""
    rest = iter(of)
    return all(line in rest for line in some)


class TestWhatIsNew:
    """Lines count as the same if they say the same in the same order."""

    @given(LINES, LINES)
    def test_each_line_is_new_or_was_there(self, known: list[str], now: list[str]) -> None:
        """No line is lost and none is told twice; what was there stood there in that order."""
        new, old = fresh(known, now), steady(known, now)
        assert sorted(new + old) == sorted(now)
        assert subsequence(new, now)
        assert subsequence(old, now)
        assert subsequence(old, known)

    @given(LINES, LINES)
    def test_what_is_added_below_is_new(self, known: list[str], more: list[str]) -> None:
        """A program that only prints on has exactly its new lines told."""
        assert fresh(known, [*known, *more]) == more
        assert fresh(known, known) == []

    @given(st.integers(0, 300), st.integers(0, 500))
    def test_what_scrolled_is_not_new(self, gone: int, more: int) -> None:
        """Lines that went out at the top make none of the others new."""
        text = [f"line {number}" for number in range(600 + more)]
        assert fresh(text[:600], text[gone:]) == text[600:]

    def test_what_is_drawn_again_below_new_lines_is_not_new(self) -> None:
        """A prompt box that moved down is the same box."""
        box = ["────", "> ", "────"]
        assert fresh(["hi", *box], ["hi", "", "● yes", *box]) == ["", "● yes"]

    def test_long_texts_take_no_long_time(self) -> None:
        """Twenty thousand lines that are all alike are compared within a moment."""
        old, new = ["x", *["same"] * 20_000, "y"], ["z", *["same"] * 20_000, "w"]
        assert {"z", "w"} <= set(fresh(old, new))


class TestALineOfAScreen:
    """A capture becomes lines as they stand there."""

    def test_blanks_at_ends_go_and_nothing_else(self) -> None:
        """Only line feeds end a line; what looks like one in Unicode stands in it."""
        assert lines_of("a  \n\n  b\u2028c \x85d\n \n\n") == ["a", "", "  b\u2028c \x85d"]
        assert lines_of("") == []


class TestTidying:
    """Many blank lines are one, and many lines alike are one and a number."""

    @pytest.mark.parametrize(
        ("lines", "told"),
        [
            (["", "a", "", "", "", "b", ""], ["a", "", "b"]),
            (["ok", "ok"], ["ok", "ok"]),
            (["ok"] * 3, ["ok", "… 2 more lines like this"]),
            (["", ""], []),
            ([], []),
        ],
    )
    def test_lines(self, lines: list[str], told: list[str]) -> None:
        """Nothing else is changed."""
        assert tidy(lines) == told

    @given(LINES)
    def test_nothing_is_lost(self, lines: list[str]) -> None:
        """Every line that says something is told, in order, and nothing is blank twice."""
        told = tidy(lines)
        assert set(filter(None, lines)) <= set(told)
        assert not any(one == two == "" for one, two in pairwise(told))
        assert not told or (told[0] and told[-1])


class TestSettling:
    """Each line is given once, as soon as it stands still."""

    def test_what_is_quiet_has_settled(self) -> None:
        """All that is shown when nothing is printed is given, and never again."""
        settler = Settler(["old"])
        assert settler.look(["old", "new"], 1.0, quiet=True) == ["new"]
        assert settler.look(["old", "new"], 2.0, quiet=True) == []
        assert not settler.open

    def test_what_spins_is_not_given(self) -> None:
        """While a clock counts, the lines around it are given and the clock is not."""
        settler, given_ = Settler([]), []
        for second in range(1, 8):
            shown = [f"line {number}" for number in range(second)] + [f"{second}s"]
            given_ += settler.look(shown, second * 2.0, quiet=False)
        assert settler.open
        given_ += settler.look(["line 0", "done"], 99.0, quiet=True)
        assert given_ == [*(f"line {number}" for number in range(6)), "done"]

    def test_what_was_seen_too_shortly_stays_open(self) -> None:
        """A look that comes too soon gives nothing, and says that something is left to give."""
        settler = Settler([])
        settler.look([], 10.0, quiet=True)
        assert settler.look(["new"], 10.5, quiet=False) == []
        assert settler.open
        assert settler.look(["new"], 10.8, quiet=True) == ["new"]

    @given(st.lists(st.tuples(LINES, st.booleans()), max_size=6))
    def test_the_last_screen_is_always_given(self, looks: list[tuple[list[str], bool]]) -> None:
        """Whatever was seen on the way, every line of the last quiet screen was given."""
        settler, given_ = Settler([]), []
        for number, (shown, quiet) in enumerate(looks):
            given_ += settler.look(shown, number * 2.0, quiet=quiet)
        last = looks[-1][0] if looks else []
        given_ += settler.look(last, 99.0, quiet=True)
        assert set(last) <= set(given_)

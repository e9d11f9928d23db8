"""A saved text may be a piece of a screen: it is read like one, and a live screen never is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.evidence import gather
from tutti_core.detection.explain import explain
from tutti_core.detection.judge import judge
from tutti_core.detection.regions import Parts, rows_of
from tutti_core.detection.rulefile import compile_rules
from tutti_core.model.reading import Observation, Reading, Screen
from tutti_core.team.saved import LONGEST, Knowledge, judged

LINE = "─" * 60
RULES = compile_rules(
    r"""
[composer]
prompt = "^❯ ?"

[marks]
block = '(?:\A|(?<=\n\n))[❯●] '

[[screen]]
id = "down"
state = "provider_down"
region = "since:block"
regex = '\A● API Error: 5\d\d '

[[screen]]
id = "interruptible"
state = "working"
region = "footer"
regex = '\A  esc to interrupt'

[[screen]]
id = "composer"
state = "idle"
region = "composer"
regex = '\S'

[[piece]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = '\A❯\Z'
""",
    "test",
)


def reading(text: str, *, whole: bool) -> Reading:
    """Return what a text means, as a piece or as all of a live screen."""
    seen = Observation(
        0.0, "test", session=True, alive=True, started=-999.0, screen=Screen(text, whole=whole)
    )
    return judge(seen, gather(RULES, seen))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("● API Error: 503 Service unavailable\n", "provider_down"),
        ("\n\n● API Error: 503 Service unavailable\n\n\n", "provider_down"),
        ("❯ go on\n● API Error: 503 Service unavailable\n", "provider_down"),
        ("  esc to interrupt · more\n", "working"),
        ("❯\n", "idle"),
    ],
)
def test_a_piece_is_read_by_what_it_has(text: str, state: str) -> None:
    """One error, one footer or one bare prompt is enough in a piece, and means nothing live."""
    assert reading(text, whole=False).state == state
    assert reading(text, whole=True).state == "unknown"


def test_an_error_that_is_not_the_newest_block_of_a_piece_is_over() -> None:
    """What stands under an error in a piece is newer, blank rows or none."""
    spaced = "● API Error: 503 Service unavailable\n\n❯ again\n\n● done\n"
    assert reading(spaced, whole=False).state == "unknown"
    assert reading(spaced.replace("\n\n", "\n"), whole=False).state == "unknown"


def test_a_screen_that_lost_its_blank_rows_is_read_like_one_that_did_not() -> None:
    """What stands at the left edge begins something where no blank row could say so."""
    shown = f"❯ go on\n● API Error: 503 Service unavailable\n{LINE}\n❯\n{LINE}\n  ? for shortcuts\n"
    assert reading(shown, whole=False).state == "provider_down"


@given(st.text(alphabet="❯● ─a\n", max_size=60))
def test_a_composer_is_seen_alike_in_a_piece(text: str) -> None:
    """Where a composer stands does not depend on whether the rows are all there is."""
    rows = rows_of(text)
    look = {"prompt": "^❯ ?"}
    assert Parts(rows, look).box == Parts(rows, look, whole=False).box


def test_rules_for_pieces_are_explained_only_of_pieces() -> None:
    """Whoever asks why sees the rules for pieces where they were asked."""
    seen = Observation(0.0, "test", session=True, alive=True, screen=Screen("❯\n", whole=False))
    assert [one.rule for one in explain(RULES, seen) if one.source == "piece"] == ["prompt"]
    live = seen._replace(screen=Screen("❯\n"))
    assert not [one for one in explain(RULES, live) if one.source == "piece"]


def test_a_saved_screen_with_its_size_beside_it_is_whole(tmp_path: Path) -> None:
    """A recorded case is all that the pane showed; a text alone may be a piece."""
    file = tmp_path / "screen.txt"
    file.write_text("\ufeff\x1b[2K❯\x1b[0K\n", encoding="utf-8")
    known = Knowledge("test", RULES, ())
    assert judged(file, known).reading.state == "idle"
    file.with_suffix(".json").write_text('{"width": 80, "height": 24}')
    assert judged(file, known).reading.state == "unknown"


def test_of_a_text_longer_than_any_screen_the_end_is_looked_at(tmp_path: Path) -> None:
    """A log of megabytes, cut in the middle of a character, is read like the screen at its end."""
    file = tmp_path / "screen.txt"
    file.write_text("é" * LONGEST + "\n" * 9 + "● API Error: 503 Service unavailable\n", "utf-8")
    read = judged(file, Knowledge("test", RULES, ()))
    assert read.reading.state == "provider_down"
    assert len(read.seen.screen.text) < LONGEST if read.seen.screen else False

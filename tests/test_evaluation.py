"""How well saved screens and pieces of them are read, with nothing beside the text: bounds to keep.

The bounds stand a little below what was measured when they were set. Whoever changes a rule sees
here what that does to texts that nobody had in mind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from cuts import SPOILS, TELLING, cuts, windows
from tutti_core.team.saved import Knowledge, knowledge, seen_in
from tutti_core.watching.look import read
from tutti_testing.corpus import Case, cases

ROOT = Path(__file__).parents[1]
PLACES = {
    "aider": ROOT / "tutti_aider",
    "claude-code": ROOT / "tutti_claude",
    "codex": ROOT / "tutti_codex",
    "openclaw": ROOT / "tutti_openclaw",
}
AS_IT_IS = "as it is"
ERRORS = {"auth_failed", "rate_limited", "provider_down"}

WHOLE = {"aider": 0.93, "claude-code": 0.97, "codex": 0.94, "openclaw": 0.99}
"""What share of whole screens is read right from the text alone. An answer that streams, and a
draft, look like something else: the title and the cursor tell."""
PIECES = {"aider": 0.96, "claude-code": 0.97, "codex": 0.95, "openclaw": 0.95}
"""The same for pieces, as they are."""
SPOILED = 0.92
"""The same for pieces that were spoiled."""
PROSE = {"aider": 0.1, "claude-code": 0.0, "codex": 0.0, "openclaw": 0.0}
"""What share of screenfuls that quote errors may be taken for one. Aider sets no mark before what
it says, so that an error quoted whole right under a prompt looks like one."""

APART = re.compile("prose|quote|boot|no-status|streaming|recovered|draft|steered|own-title|inline")
"""Cases whose pieces mean something else, or nothing, or whose state is only beside the screen."""


@pytest.fixture(scope="module", params=sorted(PLACES))
def known(request: pytest.FixtureRequest) -> Knowledge:
    """Give what is known of a runtime."""
    return knowledge(request.param)


def state(known: Knowledge, text: str) -> str:
    """Return the state that a text alone shows."""
    seen = seen_in(text.encode(), known)
    return read(seen, known.rules, known.detectors).state


def saved(known: Knowledge) -> Iterator[Case]:
    """Yield the corpus of a runtime."""
    yield from cases(PLACES[known.runtime] / "tests" / "corpus")


def pieces(known: Knowledge) -> Iterator[tuple[Case, str]]:
    """Yield pieces of screens that tell the state of the whole, each once."""
    told: set[str] = set()
    for case in saved(known):
        telling = TELLING[known.runtime].get(case.state)
        if telling is None or APART.search(case.path.stem):
            continue
        for cut in cuts(case.text, telling):
            if cut not in told and cut.strip():
                told.add(cut)
                yield case, cut


def judged(known: Knowledge, pairs: Any, how: str) -> list[tuple[str, str, str]]:
    """Return for texts, a third of them if spoiled, the case, its state and what was read."""
    some = islice(pairs, 0, None, 1 if how == AS_IT_IS else 3)
    return [(one.path.stem, one.state, state(known, SPOILS[how](text))) for one, text in some]


@pytest.mark.parametrize("how", sorted(SPOILS))
def test_whole_screens_are_read_from_the_text_alone(known: Knowledge, how: str) -> None:
    """A whole screen without title, cursor and process is read right, and no question is idle."""
    if how == "no blank rows":
        pytest.skip("a whole screen keeps its rows")
    told = judged(known, ((case, case.text) for case in saved(known)), how)
    assert not [one for one in told if one[1:] == ("waiting", "idle")]
    right = sum(wanted == found for _, wanted, found in told)
    assert right >= WHOLE[known.runtime] * len(told)


@pytest.mark.parametrize("how", sorted(SPOILS))
def test_pieces_are_read_by_what_they_tell(known: Knowledge, how: str) -> None:
    """A spinner, a dialog, an error or a prompt alone is read right, however it was quoted."""
    told = judged(known, pieces(known), how)
    questions = [one for one in told if one[1:] == ("waiting", "idle")]
    assert not questions
    right = sum(wanted == found for _, wanted, found in told)
    assert right >= (PIECES[known.runtime] if how == AS_IT_IS else SPOILED) * len(told)


def test_prose_is_no_error_where_it_is_seen_to_be_prose(known: Knowledge) -> None:
    """Of a conversation that quotes errors, a screenful is not read as one of them."""
    quoting = [one for one in saved(known) if "prose" in one.path.stem and one.state not in ERRORS]
    told = [state(known, cut) for case in quoting for cut in windows(case.text, 20)]
    assert told
    assert sum(one in ERRORS for one in told) <= PROSE[known.runtime] * len(told)


@pytest.mark.parametrize("runtime", ["aider", "claude-code", "codex"])
def test_what_was_copied_out_of_old_releases_is_read(runtime: str) -> None:
    """Screens of releases that are drawn otherwise, saved as text alone, say what they showed."""
    known, folder = knowledge(runtime), ROOT / "tests" / "pasted" / runtime
    told = {one.path.name: (one.state, state(known, one.text)) for one in cases(folder)}
    assert told
    assert not {name: pair for name, pair in told.items() if pair[0] != pair[1]}

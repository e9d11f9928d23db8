"""Screens put together from pieces of real ones: what is said above never changes what is asked."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import Reading
from tutti_core.detection.regions import rows_of
from tutti_core.team.saved import Knowledge, knowledge
from tutti_core.watching.look import read
from tutti_testing.corpus import Case, cases

ROOT = Path(__file__).parents[1]
PLACES = {
    "aider": ROOT / "tutti_aider",
    "claude-code": ROOT / "tutti_claude",
    "codex": ROOT / "tutti_codex",
    "openclaw": ROOT / "tutti_openclaw",
}
ERRORS = {"auth_failed", "rate_limited", "provider_down"}
TELLING = 14
"""So many of a screen's last rows stay on it, however it is scrolled."""

DRAWN = {"openclaw": 28}
"""The same where a menu is drawn over the middle of the screen, which no scrolling takes away."""

FOOT = {
    "aider": r"^[a-z-]*(?: ?multi)?>(?: |$)",
    "claude-code": r"^─{8,}",
    "codex": r"^›(?: (?!\d\.)|$)",
    "openclaw": r"^ (?:local ready|(?:gateway )?connected)\b",
}
"""What a row begins with that stands right under a conversation."""

FEET = {"claude-code": 2}
"""How many such rows the part below a conversation has, where that is more than one."""

SAYS = {
    "aider": ["It said: {}", "    {}", "> {}", "│ {} │", "- {}"],
    "claude-code": ["  {}", "    {}", "  > {}", "  │ {} │", "  - {}"],
    "codex": ["  {}", "    {}", "  > {}", "  │ {} │", "  - {}"],
    "openclaw": ["It said: {}", "{}", "> {}", "│ {} │", "- {}"],
}
"""How an answer shows what it quotes."""

OPENS = {"claude-code": "● I saw this:", "codex": "• I saw this:"}
"""What begins an answer, where something does."""

ENDS = {
    "aider": ["", "Tokens: 735 sent, 21 received. Cost: $0.01 message, $0.01 session.", "─" * 60]
}
"""What ends an answer, where something does: one without it is none that was given whole."""

PHRASES = (
    "API Error: 529 Overloaded is over in a moment, mostly.",
    "401 invalid x-api-key · retrying in 2s · attempt 3/10",
    "You've hit your usage limit · resets 3pm (UTC)",
    "■ unexpected status 401 Unauthorized: nothing",
    "litellm.RateLimitError: the test expects that very line",
    "rate limit, quota exceeded, unauthorized, permission denied",
    "✻ Thinking… (esc to interrupt)",
    "• Working (3s • esc to interrupt)",
    "⠙ pondering • 3s | connected",
    "Do you want to proceed?",
    "Run shell command? (Y)es/(N)o [Yes]:",
    "Press enter to confirm or esc to cancel",
    "❯ 1. Yes",
    "",
)


@cache
def saved(runtime: str, *states: str) -> list[Case]:
    """Return a runtime's saved screens of some states; all of them if none is named."""
    found = cases(PLACES[runtime] / "tests" / "corpus")
    return [case for case in found if not states or case.state in states]


@cache
def known(runtime: str) -> Knowledge:
    """Return what is known of a runtime."""
    return knowledge(runtime)


def quotations(runtime: str) -> st.SearchStrategy[list[str]]:
    """Return answers that quote words and whole screens, some rows of them blank."""
    phrases = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=8)
    screens = st.sampled_from(saved(runtime)).map(lambda case: rows_of(case.text)[-TELLING:])
    ways = st.sampled_from(SAYS[runtime])
    # Who sets no mark before an answer cannot be told from one that shows a whole screen.
    quoted = st.one_of(phrases, screens) if runtime in OPENS else phrases
    head = [OPENS[runtime], ""] if runtime in OPENS else ["It is so:", ""]
    return st.builds(
        lambda rows, way: [*head, *(way.format(row) for row in rows), *ENDS.get(runtime, ())],
        quoted,
        ways,
    )


def shown(runtime: str, case: Case, above: list[str], rows: list[str], **more: Any) -> Reading:
    """Return what is read of rows under others, as much of them as the pane shows."""
    height = case.facts.get("height", 50)
    text = "\n".join([*above, "", *rows][-height:]) + "\n" * more.pop("below", 0)
    seen = case.observed(runtime, text=text)
    moved = len(text.rstrip("\n").split("\n")) - len(rows_of(case.text))
    cursor = None if seen.screen.cursor is None else max(0, seen.screen.cursor + moved)
    seen = seen._replace(live=None, live_at=None, screen=seen.screen._replace(cursor=cursor))
    return read(seen._replace(**more), known(runtime).rules, known(runtime).detectors)


@pytest.mark.parametrize("runtime", sorted(PLACES))
@given(data=st.data())
def test_what_is_asked_and_done_stays_so(runtime: str, data: st.DataObject) -> None:
    """Whatever was said above it, and however it is scrolled, a question is never taken for rest.

    Nor does anything said above give an agent trouble that it has not.
    """
    case = data.draw(st.sampled_from(saved(runtime, "waiting", "working")))
    rows = rows_of(case.text)
    gone = data.draw(st.integers(0, max(0, len(rows) - DRAWN.get(runtime, TELLING))))
    below, above = data.draw(st.integers(0, 9)), data.draw(quotations(runtime))
    found = shown(runtime, case, above, rows[gone:], title=None, below=below)
    assert (case.state, found.state) != ("waiting", "idle"), found.evidence
    own = shown(runtime, case, [], rows[gone:], title=None, below=below)
    assert found.state not in ERRORS or own.state == found.state, found.evidence


@pytest.mark.parametrize("runtime", sorted(PLACES))
@given(data=st.data())
def test_what_is_said_is_no_trouble(runtime: str, data: st.DataObject) -> None:
    """The last answer of a quiet agent may speak of errors and dialogs, and it is quiet."""
    case = data.draw(st.sampled_from(saved(runtime, "idle")))
    rows = rows_of(case.text)
    feet = [number for number, row in enumerate(rows) if re.match(FOOT[runtime], row)]
    above = data.draw(quotations(runtime))
    told = shown(runtime, case, above, rows[feet[-FEET.get(runtime, 1)] :], title=None)
    assert told.state not in ERRORS | {"waiting"}, told.evidence

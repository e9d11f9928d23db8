"""What stands in OpenClaw's composer, and what its status line says."""

from __future__ import annotations

import pytest

from tutti_core import Observation, Reading, Screen, compile_rules, gather, judge
from tutti_core.detection.composer import draft
from tutti_openclaw.runtime import OpenClaw

RULES = compile_rules(OpenClaw().rules(), "openclaw")
EDGE = "─" * 60
FOOTER = " agent main | session main | m | deliver:off | tokens 1k/8k (1%)"


def shown(status: str, said: str = "An answer.", composer: str = "") -> str:
    """Return a screen as OpenClaw draws it."""
    return f"{said}\n{status}\n{FOOTER}\n{EDGE}\n{composer}\n{EDGE}\n\n"


def read(text: str) -> Reading:
    """Return what is made of a screen."""
    seen = Observation(
        1000.0, "openclaw", session=True, alive=True, started=0.0, screen=Screen(text)
    )
    return judge(seen, gather(RULES, seen))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (" local ready | idle", "idle"),
        (" local ready", "idle"),
        (" local ready | aborted", "idle"),
        (" local ready | tools expanded", "idle"),
        (" local ready | error", "idle"),
        (" ⠼ moseying… • 1s | local ready", "working"),
        (" ⠴ finishing context • 1m 12s | local ready", "working"),
        (" ⠏ sending • 0s | local ready", "working"),
        (" ⠙ starting up • 0s | starting local runtime", "starting"),
        (" local stopped | idle", "unknown"),
        (" something new | idle", "unknown"),
    ],
)
def test_the_status_line_says_it(status: str, state: str) -> None:
    """What it does not know is no state, and a failure it does not know leaves it idle."""
    assert read(shown(status)).state == state


@pytest.mark.parametrize(
    ("composer", "written"),
    [("", ""), ("one line", "one line"), ("one\n  two\n\nthree", "one two three")],
)
def test_a_draft_is_what_somebody_typed(composer: str, written: str) -> None:
    """It has no mark in front and no suggestion."""
    assert draft(shown(" local ready | idle", composer=composer), RULES["composer"]) == written


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("auth or provider access failed for p. Run /auth p to refresh", "auth_failed"),
        ('run error: Inline API key for provider "p" is temporarily\n disabled', "auth_failed"),
        ("run error: ⚠️ API rate limit reached. Please try again later.", "rate_limited"),
        ("run error: ⚠️ p (m) returned a billing error — your API key", "rate_limited"),
        ("run error: The AI service is temporarily overloaded.", "provider_down"),
        ("run error: LLM request failed: network connection error.", "provider_down"),
        ("run error: LLM request failed: provider rejected the request schema", "idle"),
    ],
)
def test_a_failure_is_told_apart(said: str, state: str) -> None:
    """By OpenClaw's own words right above a status line that says error."""
    reading = read(shown(" local ready | error", f"An answer.\n\n {said}"))
    assert reading.state == state
    assert not reading.detail or reading.detail.split()[0] == said.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    "screen",
    [
        shown(" local ready | idle", " run error: The AI service is temporarily overloaded."),
        shown(" local ready | error", "run error: The AI service is temporarily overloaded."),
        shown(" local ready | error", " run error: LLM request timed out.\n\nIt says, and that."),
    ],
)
def test_words_about_a_failure_are_none(screen: str) -> None:
    """Neither those of a turn that went well again, nor those in an answer."""
    assert read(screen).state == "idle"


def test_what_is_quoted_is_not_the_status() -> None:
    """Whatever stands above the status line was said by somebody."""
    quoted = f" local ready | idle\n{FOOTER}\n{EDGE}\n\n{EDGE}"
    assert read(shown(" ⠼ moseying… • 1s | local ready", quoted)).state == "working"
    busy = f" ⠼ moseying… • 1s | local ready\n{FOOTER}"
    assert read(shown(" local ready | idle", busy)).state == "idle"

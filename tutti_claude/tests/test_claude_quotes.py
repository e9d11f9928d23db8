"""Words in a conversation are never a state, not even whole screens of Claude Code itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tutti_claude.runtime import ClaudeCode
from tutti_core import Reading, compile_rules, gather, judge
from tutti_core.detection.regions import rows_of
from tutti_testing.corpus import Case, cases

VERSIONS = ("1.0.128", "2.0.77", "2.1.197", "2.1.330")
SAVED = {f"{case.state}/{case.path.stem}": case for case in cases(Path(__file__).parent / "corpus")}
RULES = compile_rules(ClaudeCode().rules(), "claude-code")
ROWS = 30

PHRASES = (
    "API Error: 429 means that an account sends too many requests.",
    "API Error: 401 {error} is what the upstream answered.",
    "API Error: 529 Overloaded is over in a moment, mostly.",
    "API Error: Connection errors come from the proxy.",
    "Please run /login, it said.",
    "Invalid API key · Fix external API key",
    "Not logged in · Run /login",
    "You've hit your session limit · resets 3pm (UTC)",
    "Credit balance too low · Add funds",
    "Retrying in 5 seconds… (attempt 4/10)",
    "401 invalid x-api-key · retrying in 2s · attempt 3/10",
    "✻ Thinking… (esc to interrupt)",
    "esc to interrupt",
    "Press up to edit queued messages",
    "Do you want to proceed?",
    "❯ 1. Yes",
    "Enter to select · ↑/↓ to navigate · Esc to cancel",
    "Showing detailed transcript · ctrl+o to toggle",
    "Claude Code is suspended. Run `fg` to bring it back.",
    "Select login method:",
)


class Frame(NamedTuple):
    """A screen into which something is quoted.

    Attributes:
        case: The screen.
        above: Its rows before the last prompt, or above the composer when it is quiet.
        prompt: The rows of the last prompt, of a screen at work.
        below: The rest.
        glyph: What stands before a prompt.
        hang: What stands before a prompt's further rows.
    """

    case: Case
    above: list[str]
    prompt: list[str]
    below: list[str]
    glyph: str
    hang: str

    def read(self, quoted: Sequence[str], *, alone: bool, prompt: Sequence[str] = ()) -> Reading:
        """Return what it says with a quotation in it, as much of it as the pane shows.

        Args:
            quoted: What is said before the last prompt.
            alone: Whether neither the file nor the title is there.
            prompt: Another last prompt.
        """
        rows = [*self.above, "", *quoted, "", *(prompt or self.prompt), *self.below]
        text = "\n".join(rows[1 - self.case.facts["height"] :])
        seen = self.case.observed("claude-code", text=text)
        if alone:
            seen = seen._replace(title=None, live=None, live_at=None)
        return judge(seen, gather(RULES, seen))


def quiet(version: str, size: str = "") -> Frame:
    """Return a screen after a turn, open above its composer."""
    case = SAVED[f"idle/{version}-after-turn{size}"]
    rows = rows_of(case.text)
    top = _composer(rows)
    return Frame(case, rows[:top], [], rows[top:], *_glyph(version))


def busy(version: str, size: str = "") -> Frame:
    """Return a screen of an agent that thinks, open at its last prompt."""
    case = SAVED[f"working/{version}-thinking{size}"]
    rows = rows_of(case.text)
    glyph, hang = _glyph(version)
    asked = max(number for number in range(_composer(rows)) if rows[number].startswith(glyph))
    return Frame(case, rows[:asked], rows[asked : asked + 1], rows[asked + 1 :], glyph, hang)


def spoken(frame: Frame, rows: Sequence[str]) -> dict[str, list[str]]:
    """Return the ways in which a conversation may hold rows, by name."""
    asked = [f"{frame.glyph}Look at this:", *(frame.hang + row for row in rows)]
    return {
        "answer": ["● I saw this:", "", *("    " + row for row in rows)],
        "start of an answer": hung("● ", "  ", rows),
        "tool": ["● Bash(cat log)", *hung("  ⎿  ", "     ", rows), "", "● Done."],
        "tool just done": ["● Bash(cat log)", *hung("  ⎿  ", "     ", rows)],
        "shell": ["! cat log", *hung("  ⎿  ", "     ", rows)],
        "prompt": [*asked, "", "● Fine."],
        "prompt given up": [*asked, "  ⎿  Interrupted · What should Claude do instead?"],
    }


def hung(first: str, rest: str, rows: Sequence[str]) -> list[str]:
    """Return rows behind a mark, the others indented as far."""
    return [(rest if number else first) + row for number, row in enumerate(rows)]


def misread(frame: Frame, quotations: Iterator[tuple[str, list[str]]], *, alone: bool) -> list[str]:
    """Return which quotations change what a frame says."""
    state = frame.read([], alone=alone).state
    return [
        f"{name}, {way}: {found.state} by {found.evidence[0].rule}"
        for name, rows in quotations
        for way, quoted in spoken(frame, rows).items()
        for found in [frame.read(quoted, alone=alone)]
        if found.state != state
    ]


def screens() -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of every saved screen."""
    for name, case in SAVED.items():
        yield name, rows_of(case.text)[-ROWS:] or ["nothing"]


def phrases() -> Iterator[tuple[str, list[str]]]:
    """Yield every phrase, as a row of its own and as the last of several."""
    for phrase in PHRASES:
        yield phrase, [phrase]
        yield phrase, ["It said:", "", phrase]


FRAMES = [pytest.param(quiet, id="quiet"), pytest.param(busy, id="busy")]


class TestQuotes:
    @pytest.mark.parametrize("size", ["", "-60x20"])
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("frame", FRAMES)
    def test_a_quoted_screen_is_no_screen(
        self, frame: Callable[[str, str], Frame], version: str, size: str
    ) -> None:
        """A person or a model that shows any screen of any version leaves the state as it is."""
        assert misread(frame(version, size), screens(), alone=True) == []

    @pytest.mark.parametrize("alone", [True, False])
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("frame", FRAMES)
    def test_a_phrase_is_a_phrase(
        self, frame: Callable[[str, str], Frame], version: str, alone: bool
    ) -> None:
        """Words that mean something at another place of the screen mean nothing in a sentence."""
        assert misread(frame(version, ""), phrases(), alone=alone) == []

    @pytest.mark.parametrize("size", ["", "-60x20"])
    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_prompt_that_quotes_is_worked_on(self, version: str, size: str) -> None:
        """What was just asked may hold a screen, and the agent works all the same."""
        frame = busy(version, size)
        found = {
            name: frame.read([], alone=True, prompt=hung(frame.glyph, frame.hang, ["See:", *rows]))
            for name, rows in screens()
        }
        assert {name: one.state for name, one in found.items() if one.state != "working"} == {}

    def test_it_would_be_noticed(self) -> None:
        """The same rows at the place where they belong do change the state."""
        frame = quiet("2.1.330")
        error = ["❯ Try it.", "  ⎿  Invalid API key · Fix external API key"]
        assert frame.read(error, alone=False).state == "auth_failed"
        assert frame.read(["● See:", "", *error, "", "● Done."], alone=False).state == "idle"


def _composer(rows: Sequence[str]) -> int:
    return [number for number, row in enumerate(rows) if row.startswith("─" * 8)][-2]


def _glyph(version: str) -> tuple[str, str]:
    return ("> ", "") if version.startswith("1.") else ("❯ ", "  ")

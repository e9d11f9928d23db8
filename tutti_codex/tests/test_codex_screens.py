"""What stands in Codex's composer, and what its words say."""

from __future__ import annotations

import pytest

from tutti_codex.runtime import Codex
from tutti_core import Observation, Screen, compile_rules, gather, judge
from tutti_core.detection.composer import draft

RULES = compile_rules(Codex().rules(), "codex")
MARK = "\x1b[1m›\x1b[0m\x1b[39m\x1b[49m"
FOOTER = "\n\n  a model default · ~/app\n  ← for agents · ? for shortcuts\n"


@pytest.mark.parametrize(
    ("composer", "written"),
    [
        (f"{MARK} \x1b[2mAsk Codex to do anything\x1b[0m", ""),
        (f"{MARK} one line", "one line"),
        (f'{MARK} line one\n  line "two"\n\n    indented', 'line one line "two" indented'),
        ("\x1b[1m!\x1b[0m", "!"),
        ("! ls", "! ls"),
        (f"{MARK} 1. Yes, proceed (y)\n  2. No", None),
    ],
)
def test_a_draft_is_what_somebody_typed(composer: str, written: str | None) -> None:
    """The suggestion is dim, the shell mode is a draft, and a dialog's choice is none."""
    shown = f"› an old prompt\n\n• an answer\n\n{composer}{FOOTER}"
    assert draft(shown, RULES["composer"]) == written


@pytest.mark.parametrize(
    ("title", "state"),
    [
        ("Ready | app", "idle"),
        ("Working | app", "working"),
        ("⠸ Thinking | app", "working"),
        ("⠦ Some thread | app", "working"),
        ("[ ! ] Action Required | app", "waiting"),
        ("[ . ] Action Required | Some thread | app", "waiting"),
        ("Some thread | app", "unknown"),
        ("Readying | app", "unknown"),
    ],
)
def test_the_title_says_it(title: str, state: str) -> None:
    """With its words or its spinner; a title of somebody else says nothing."""
    seen = Observation(1000.0, "codex", session=True, alive=True, started=0.0, title=title)
    assert judge(seen, gather(RULES, seen)).state == state


def test_a_limit_says_until_when() -> None:
    """What the user is to know of a limit is when it ends, wrapped or not."""
    told = "■ You’ve hit your usage limit. Buy more or try again at\n9:55 AM."
    seen = Observation(
        1000.0,
        "codex",
        session=True,
        alive=True,
        started=0.0,
        title="Ready | app",
        screen=Screen(f"› go\n\n{told}\n\n› Ask Codex to do anything{FOOTER}"),
    )
    reading = judge(seen, gather(RULES, seen))
    assert reading.state == "rate_limited"
    assert reading.detail.endswith("try again at 9:55 AM.")

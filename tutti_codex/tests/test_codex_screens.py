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
        ("Starting | app", "starting"),
        ("⠹ Starting... | app", "starting"),
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


BOOTING = "• Starting MCP servers (1/2): files (6s • esc to interrupt)"


def test_starting_is_no_turn() -> None:
    """Servers for tools that start leave an old error old; a turn meanwhile makes it a new one."""
    old = "› go\n\n■ You’ve hit your usage limit. Try again at 9:55 AM.\n\n"
    seen = Observation(
        1000.0,
        "codex",
        session=True,
        alive=True,
        started=0.0,
        title="⠹ Starting | app",
        resumed=True,
        screen=Screen(f"{old}{BOOTING}\n\n› Ask Codex to do anything{FOOTER}"),
    )
    assert judge(seen, gather(RULES, seen)).state == "starting"
    assert judge(seen, gather(RULES, seen._replace(title=None))).state == "starting"
    begun = {"type": "event_msg", "payload": {"type": "task_started"}}
    at_work = seen._replace(feeds={"rollout": [{**begun, "timestamp": "1970-01-01T00:16:30Z"}]})
    assert judge(at_work, gather(RULES, at_work)).state == "working"
    ready = seen._replace(
        title="Ready | app", screen=Screen(f"{old}› Ask Codex to do anything{FOOTER}")
    )
    assert judge(ready, gather(RULES, ready)).state == "idle"
    turned = ready._replace(turned=990.0)
    assert judge(turned, gather(RULES, turned)).state == "rate_limited"


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("row", [BOOTING, "• Booting MCP server: files (0s • esc to interrupt)"])
def test_what_starts_is_seen_on_the_screen_too(row: str, whole: bool) -> None:
    """Where only the screen is there, or a piece of it, it says so."""
    shown = Screen(f"{row}\n\n› Ask Codex to do anything{FOOTER}", whole=whole)
    seen = Observation(1000.0, "codex", session=True, alive=True, started=0.0, screen=shown)
    assert judge(seen, gather(RULES, seen)).state == "starting"

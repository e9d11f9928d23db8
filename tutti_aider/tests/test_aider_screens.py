"""What stands in Aider's composer, and what tells it from what was sent."""

from __future__ import annotations

import pytest

from tutti_aider.runtime import Aider
from tutti_core import Observation, Reading, Screen, compile_rules, gather, judge
from tutti_core.detection.composer import draft

RULES = compile_rules(Aider().rules(), "aider")
RULE = "─" * 60
FAILED = (
    "litellm.RateLimitError: RateLimitError: OpenAIException - Slow down\n"
    "The API provider has rate limited you. Try again later or check your quotas."
)


def read(shown: str, cursor: int | None = -1) -> Reading:
    """Return what a screen says whose cursor is in its last row, unless another is named."""
    place = len(shown.splitlines()) - 1 if cursor == -1 else cursor
    screen = Screen(shown, 60, 30, cursor=place)
    seen = Observation(1000.0, "aider", session=True, alive=True, started=0.0, screen=screen)
    return judge(seen, gather(RULES, seen))


@pytest.mark.parametrize(
    ("below", "written"),
    [
        (">", ""),
        ("diff> ", ""),
        ("a.py b.py\n> one line", "one line"),
        ("a.py\nask> one\nask> two\nask>\nask>   three", "one two three"),
        ("> sent\n\nan answer", None),
    ],
)
def test_a_draft_is_what_somebody_typed(below: str, written: str | None) -> None:
    """Files in front are no draft, and the mark of each row is none of it."""
    assert draft(f"an answer\n\n{RULE}\n{below}\n", RULES["composer"]) == written


def test_the_cursor_tells_what_is_typed_from_what_was_sent() -> None:
    """The same words are a draft with the cursor behind them, and a turn with it below them."""
    shown = f"{RULE}\na.py\n> do it"
    assert read(shown).state == "idle"
    assert read(shown, 3).state == "working"
    assert read(shown, None).state == "working"


@pytest.mark.parametrize("sent", [">  /exit is a word", "ask> why", ">\n> so", "> a\n>\n>   b"])
def test_what_was_sent_is_worked_on(sent: str) -> None:
    """Whatever a prompt begins with, an answer may come below it before anything else shows."""
    assert read(f"{RULE}\na.py\n{sent}\n\nan answer", None).state == "working"


def test_an_empty_prompt_of_a_hidden_cursor_is_no_prompt() -> None:
    """Whoever shows no cursor takes no prompt, whatever the last row looks like."""
    assert read(f"{RULE}\n> quote it\n\nIt said:\n\n>", None).state == "working"
    assert read(f"{RULE}\n> quote it\n\nIt said:\n\n>").state == "working"


def test_an_error_ends_the_turn_it_is_about() -> None:
    """What follows it, be it an answer or a count, shows that somebody only spoke of it."""
    assert read(f"{RULE}\n> go\n\n{FAILED}\n\n{RULE}\n>").state == "rate_limited"
    for more in ("Tokens: 1 sent, 2 received.", "That is what it says."):
        assert read(f"{RULE}\n> go\n\n{FAILED}\n\n{more}\n\n{RULE}\n>").state == "idle"


def test_an_error_of_an_earlier_turn_is_over() -> None:
    """Only the last turn says how the agent is."""
    later = f"{RULE}\n> again\n\nFine.\n\nTokens: 1 sent, 2 received.\n{RULE}\n>"
    assert read(f"{RULE}\n> go\n\n{FAILED}\n\n{later}").state == "idle"


@pytest.mark.parametrize("answer", ["", " y", " no"])
def test_a_question_is_where_the_cursor_is(answer: str) -> None:
    """A question that somebody is about to answer waits; one that is spoken of does not."""
    asked = f"{RULE}\n> go\n\nmade.py\nCreate new file? (Y)es/(N)o [Yes]:{answer}"
    assert (read(asked).state, read(asked).kind) == ("waiting", "permission")
    assert read(asked, None).state == "working"
    assert read(f"{asked}\n\n{RULE}\n>").state == "idle"


def test_it_is_starting_until_its_first_prompt() -> None:
    """A banner alone is neither work nor a prompt."""
    banner = f"{RULE}\nAider v0.86.2\nModel: openai/mine with whole edit format"
    assert read(banner).state == "unknown"

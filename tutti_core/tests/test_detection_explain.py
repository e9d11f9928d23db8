"""Why a rule spoke or did not, and that the explanation is the judgement's own."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.evidence import gather
from tutti_core.detection.explain import explain
from tutti_core.detection.rulefile import compile_rules
from tutti_core.model.reading import Observation, Screen

RULES = r"""
[[title]]
id = "spinner"
state = "working"
regex = "^[⠂⠐] "

[[screen]]
id = "permission"
state = "waiting"
kind = "permission"
all = ["Do you want", "Esc to cancel"]
any = ["1. Yes", "❯ Yes"]
none = ["esc to interrupt"]

[[screen]]
id = "busy"
state = "working"
region = "bottom:3"
all = ["esc to interrupt"]

[[screen]]
id = "prompt"
state = "idle"
regex = "(?m)^> *(?P<detail>.*)$"

[[screen]]
id = "boxed"
state = "idle"
region = "composer"
any = [">"]
"""
WORDS = ["Do you want", "Esc to cancel", "1. Yes", "❯ Yes", "esc to interrupt", "> hi", ">", "x"]


def seen(*lines: str, title: str | None = None) -> Observation:
    """An agent with these lines on its screen."""
    screen = Screen("\n".join(lines))
    return Observation(0.0, "r", session=True, alive=True, title=title, screen=screen)


def tried(*lines: str, title: str | None = None) -> dict[str, tuple[str, str]]:
    """Outcome and reason of every rule."""
    rules = compile_rules(RULES, "r")
    return {one.rule: (one.outcome, one.why) for one in explain(rules, seen(*lines, title=title))}


class TestEveryRule:
    """Each has its outcome and its reason."""

    def test_that_spoke(self) -> None:
        """It says what it matched."""
        found = tried("Do you want it?", "1. Yes", "Esc to cancel", title="⠂ busy")
        assert found["spinner"] == ("spoke", "'⠂'")
        assert found["permission"] == ("spoke", "'1. Yes'")

    def test_that_came_too_late(self) -> None:
        """One that matches behind the one that spoke says which that was."""
        assert tried("> hi", "esc to interrupt")["busy"] == ("spoke", "'esc to interrupt'")
        found = tried("> hi", "esc to interrupt")["prompt"]
        assert found == ("matched", "'hi'; but busy spoke first")

    def test_that_nearly_matched(self) -> None:
        """One condition is missing, and the rest, or a part of it, is there."""
        found = tried("Do you want it?", "1. Yes")["permission"]
        assert found == ("nearly", "all: 'Esc to cancel' is not there")
        found = tried("Do you want it?", "Esc to cancel", "1. Yes", "esc to interrupt")
        assert found["permission"] == ("nearly", "none: 'esc to interrupt' is there")
        found = tried("Do you want it?", "Esc to cancel")
        assert found["permission"] == ("nearly", "any: none of '1. Yes', '❯ Yes' is there")

    def test_that_did_not_match(self) -> None:
        """It says what was wanted, or that there was nothing to look at."""
        found = tried("hello", title="hello")
        assert found["spinner"] == ("no", "regex: ^[⠂⠐]  is not found")
        assert found["permission"] == ("no", "all: 'Do you want' is not there")
        assert found["boxed"] == ("no", "composer is empty")


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.sampled_from([None, "⠂ x", "x"]))
def test_it_explains_what_was_judged(lines: list[str], title: str | None) -> None:
    """Exactly the rules that gave evidence are said to have spoken, with what they matched."""
    rules: dict[str, Any] = compile_rules(RULES, "r")
    observed = seen(*lines, title=title)
    spoke = [
        (one.source, one.rule, one.state)
        for one in explain(rules, observed)
        if one.outcome == "spoke"
    ]
    assert spoke == [(one.source, one.rule, one.state) for one in gather(rules, observed)]

"""Every mistake in a declaration is one problem at its place."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tutti_custom.checks import problems
from tutti_custom.declaration import Declaration

GOOD = Declaration("x", "agent")
RULE = {"id": "p", "state": "idle", "regex": "^>"}
LIVE = {"state": "status", "states": {"busy": "working"}}


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"name": "a b"}, "name", "is no name"),
        ({"command": ""}, "command", "names no program"),
        ({"command": "agent 'x"}, "command", "cannot be split"),
        ({"command": ("agent", "")}, "command[1]", "empty word"),
        ({"command": "{name}"}, "command", "{name} means nothing here"),
        ({"args": ("-v", "{nmae}")}, "args[1]", "known: {name}, {prompt}"),
        ({"args": "'x"}, "args", "cannot be split"),
        ({"args": ("{prompt}",)}, "args", "only for prompt"),
        ({"prompt": "argument", "args": ("{prompt}",)}, "args", "taken for an option"),
        ({"prompt": "argument", "args": ("a{prompt}",)}, "args", "taken for an option"),
        ({"prompt": "typed"}, "prompt", "is none of"),
        ({"prompt": "option:-p"}, "prompt", "is none of"),
        ({"args_constrained": ("--deny",)}, "args_constrained", "must hold {policy_file}"),
        ({"args_bypass": ("-y",), "args_safe": ("-y",)}, "args_bypass", "same as args_safe"),
        ({"session": "-s {conversation}"}, "session", "taken up by `resume`"),
        (
            {"session": "-s {conversation}", "resume": "--continue"},
            "resume",
            "must hold {conversation}",
        ),
        ({"resume": "-r {conversation}"}, "resume", "needs `session`"),
        ({"memory": "--system"}, "memory", "must hold {memory}"),
        ({"env": {"a-b": "1"}}, 'env."a-b"', "no name for a variable"),
        ({"unset": ("X", "TUTTI_ROOT")}, "unset[1]", "tutti's own"),
        ({"commands": "("}, "commands", "no regular expression"),
        ({"commands": r"\s*/"}, "disarm", "leaves it one of"),
        ({"live_status": "x/{pid}", "live": LIVE}, "live_status", "begin with"),
        ({"live_status": "/x", "live": LIVE}, "live_status", "must hold {pid}"),
        ({"live_status": "/x/{pid}"}, "live_status", "needs [runtime.live]"),
        ({"live": LIVE}, "live", "needs live_status"),
        ({"live": {"state": "s"}, "live_status": "/{pid}"}, "live", "needs state and states"),
        ({"live": {"state": 1, "states": 2}, "live_status": "/{pid}"}, "live", ""),
        ({"rules_file": "../r.toml"}, "rules_file", "below the folder"),
        ({"rules_file": "/r.toml"}, "rules_file", "below the folder"),
        ({"rules_file": "r.toml", "screen": (RULE,)}, "rules_file", "rules of its own: screen"),
        ({"screen": (RULE, {"id": "q"})}, "screen[1]", "None is none of"),
        ({"screen": ({**RULE, "colour": "red"},)}, "screen[0]", "colour"),
        ({"screen": ({**RULE, "any": "one"},)}, "screen[0]", "any must be an array"),
        ({"screen": ({**RULE, "regex": 5},)}, "screen[0]", "regex must be a text"),
        ({"pane_title": ({**RULE, "state": "busy"},)}, "pane_title[0]", "'busy' is none of"),
        ({"composer": {"region": "composer"}}, "composer", "needs a prompt"),
        ({"marks": {"turn": "("}}, "marks", "regex"),
    ],
)
def test_a_mistake_is_one_problem(changes: dict[str, Any], place: str, says: str) -> None:
    """It is told once, where it stands, and says what would be right."""
    ((path, message),) = problems([GOOD, attrs.evolve(GOOD, **{"name": "y", **changes})])
    assert path == f"[1].{place}"
    assert says in message


def test_a_name_twice_is_told_at_the_second() -> None:
    """Two declarations of one file cannot share a name."""
    assert list(problems([GOOD, GOOD])) == [
        ("[1].name", "'x' is declared by runtime[0] already"),
    ]


def test_marks_are_known_to_the_rules() -> None:
    """A rule may look since a mark that the declaration has."""
    rule = {**RULE, "region": "since:turn"}
    assert not list(problems([attrs.evolve(GOOD, screen=(rule,), marks={"turn": "^>"})]))
    assert len(list(problems([attrs.evolve(GOOD, screen=(rule,))]))) == 1

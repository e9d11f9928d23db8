"""Rules that people put over a runtime's: changed by id, added, switched off, never in the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.detection.layers import Layer, Layered, layered
from tutti_core.detection.rulefile import compile_rules
from tutti_core.errors import ConfigError

BASE = r"""
[marks]
turn = "^> "

[[title]]
id = "spinner"
state = "working"
regex = "^~ "

[[screen]]
id = "busy"
state = "working"
regex = "^busy"

[[screen]]
id = "prompt"
state = "idle"
regex = "^>"

[[feed.hooks]]
id = "asked"
state = "waiting"
where = { event = "Asked" }
"""


def over(*texts: str) -> Layered:
    """Return the base with layers over it."""
    return layered(BASE, "test", [Layer(f"{n}.toml", text) for n, text in enumerate(texts)])


def ids(found: Layered, part: str) -> list[str]:
    """Return the ids of a part, in order."""
    return [rule["id"] for rule in found.rules[part]]


def test_without_layers_rules_are_the_runtimes_own() -> None:
    """Nothing is added to what the runtime gives."""
    assert over() == Layered(compile_rules(BASE, "test"))


def test_a_rule_is_changed_by_its_id_in_its_place() -> None:
    """Keys that are given take the place of the old ones, and its file is named."""
    found = over('[[screen]]\nid = "busy"\nregex = "^at work"\nconfidence = 0.4\n')
    assert ids(found, "screen") == ["busy", "prompt"]
    rule = found.rules["screen"][0]
    assert (rule["state"], rule["regex"], rule["confidence"]) == ("working", "^at work", 0.4)
    assert rule["from"] == "0.toml"
    assert "from" not in found.rules["screen"][1]


def test_a_new_rule_speaks_before_those_that_are_there() -> None:
    """Several of them keep their order; the last layer has the first word."""
    rule = '[[screen]]\nid = "{}"\nstate = "waiting"\nregex = "^may I"\n'
    found = over(rule.format("one") + rule.format("two"), rule.format("three"))
    assert ids(found, "screen") == ["three", "one", "two", "busy", "prompt"]
    assert [one["priority"] for one in found.rules["screen"][:3]] == [50, 50, 50]


def test_a_rule_is_switched_off() -> None:
    """What is disabled is not there, and can be put there anew by a later layer."""
    found = over('[[screen]]\nid = "busy"\ndisabled = true\n')
    assert ids(found, "screen") == ["prompt"]
    fresh = '[[screen]]\nid = "busy"\nstate = "working"\nregex = "^b"\n'
    assert ids(over('[[screen]]\nid = "busy"\ndisabled = true\n', fresh), "screen") == [
        "busy",
        "prompt",
    ]


def test_feeds_marks_and_other_parts_are_changed_too() -> None:
    """A feed's rules go by id; of a table the keys that are given change."""
    found = over(
        '[marks]\nblock = "^# "\n\n[[feed.hooks]]\nid = "asked"\npriority = 9\n'
        '\n[composer]\nprompt = "^> "\n'
    )
    assert found.left_out == ()
    assert found.rules["marks"] == {"turn": "^> ", "block": "^# "}
    assert found.rules["feed"]["hooks"][0]["priority"] == 9
    assert found.rules["feed"]["hooks"][0]["from"] == "0.toml"
    assert found.rules["composer"] == {"prompt": "^> "}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[screen]]\nid = "new"\nstate = "lost"\nregex = "x"\n', 1, "'lost' is none of"),
        ('\n\n[[screen]]\nid = "busy"\nregex = "("\n', 3, "regex"),
        ('[[screen]]\nid = "gone"\ndisabled = true\n', 1, "no rule 'gone'"),
        ('[[screen]]\nid = "busy"\ndisabled = "yes"\n', 1, "true or false"),
        ("\n[surprise]\nx = 1\n", 2, "unknown part"),
        ("screen = 3\n", 1, ""),
        ("screen = [3]\n", 1, ""),
        ("feed = 3\n", 1, ""),
        ("feed.hooks = 3\n", 1, ""),
        ("marks = 3\n", 1, ""),
    ],
)
def test_what_makes_no_sense_is_left_out_and_named(text: str, line: int, said: str) -> None:
    """File and line are said, and everything else counts as before."""
    good = '\n[[title]]\nid = "spinner"\npriority = 3\n'
    found = over(text + good if "\n[" in text or text.startswith("[") else text)
    assert found.rules["screen"] == compile_rules(BASE, "test")["screen"]
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith(f"0.toml:{line}: ")
    assert said in found.left_out[0]
    if good in text + good and text.startswith(("[", "\n")):
        assert found.rules["title"][0]["priority"] == 3


def test_a_file_that_is_no_toml_is_left_out_whole() -> None:
    """It is named with the place of the fault."""
    found = over("[[screen]\n")
    assert found.rules == compile_rules(BASE, "test")
    assert "0.toml" in found.left_out[0]
    assert "line 1" in found.left_out[0]


def test_a_runtimes_own_fault_is_not_hidden() -> None:
    """Layers do not make broken rules whole."""
    with pytest.raises(ConfigError, match="unknown part"):
        layered("[surprise]\n", "test", [Layer("x", BASE)])


@given(
    st.dictionaries(
        st.sampled_from(["screen", "title", "piece", "feed", "marks", "live", "x", "context"]),
        st.recursive(
            st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["id", "state", "regex", "hooks"]), inner)
            ),
            max_leaves=8,
        ),
    )
)
def test_no_layer_takes_the_rules_away(parts: dict[str, object]) -> None:
    """Whatever somebody writes, there are rules, and what could not be used is said."""
    import tomlkit

    found = over(tomlkit.dumps(parts))
    assert isinstance(found.rules["screen"], list)
    assert all("0.toml" in one for one in found.left_out)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.config.convert import convert
from tutti_core.config.problems import shown
from tutti_core.errors import PluginError
from tutti_core.model.arrangement import Agent, LaunchSettings, Observe, Profile, Workspace


@attrs.frozen
class Inner:
    """A table within a table."""

    id: str
    size: int = 1


@attrs.frozen
class Everything:
    """A plugin's table with each type that TOML can give."""

    text: str = ""
    whole: int = 0
    number: float = 0.0
    truth: bool = False
    word: Literal["a", "b", 3] = "a"
    many: tuple[str, ...] = ()
    row: list[int] = attrs.field(factory=list)
    unique: frozenset[str] = frozenset()
    sequence: Sequence[int] = ()
    free: Mapping[str, int] = attrs.field(factory=dict)
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    either: int | str | None = None
    words: str | tuple[str, ...] = ""
    anything: Any = None
    day: date | None = None
    at: time | None = None
    moment: datetime | None = None
    src: str = attrs.field(default="", alias="source")
    positive: int = attrs.field(default=1, validator=attrs.validators.gt(0))


def wrong(toml: str, kind: Any = Everything) -> list[str]:
    """Return what is wrong with a text, one line each."""
    _, faults = convert(tomli.loads(toml), kind)
    return [f"{shown(one.path)}: {one.message} | {one.remedy}" for one in faults]


def test_every_type_that_toml_can_give_is_taken() -> None:
    """Strings, numbers, truths, dates, arrays, tables and their unions arrive as declared."""
    text = """
        text = "x"
        whole = 3
        number = 3
        truth = true
        word = 3
        many = ["a", "b"]
        row = [1]
        unique = ["a", "a"]
        sequence = [1, 2]
        free = {x = 1}
        inner = {id = "i"}
        inners = [{id = "j", size = 2}]
        either = "e"
        words = ["one", "two"]
        anything = [1, "x", {y = 2}]
        day = 2026-01-02
        at = 03:04:05
        moment = 2026-01-02T03:04:05Z
        source = "alias"
    """
    value, faults = convert(tomli.loads(text), Everything)
    assert faults == []
    assert value == Everything(
        text="x",
        whole=3,
        number=3.0,
        truth=True,
        word=3,
        many=("a", "b"),
        row=[1],
        unique=frozenset({"a"}),
        sequence=(1, 2),
        free={"x": 1},
        inner=Inner("i"),
        inners=(Inner("j", 2),),
        either="e",
        words=("one", "two"),
        anything=[1, "x", {"y": 2}],
        day=date(2026, 1, 2),
        at=time(3, 4, 5),
        moment=tomli.loads("x = 2026-01-02T03:04:05Z")["x"],
        source="alias",
    )
    assert isinstance(value.number, float)


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("text = 3", 'text: expected a text, found the number 3 | write it in quotes: "3"'),
        ("text = true", 'text: expected a text, found true | write it in quotes: "true"'),
        ("text = []", "text: expected a text, found an array | "),
        ("text = [{}]", "text: expected a text, found an array of tables | "),
        ("text = 2026-01-01", "text: expected a text, found a date or time | "),
        (
            'text = "a\\u0000b"',
            "text: holds a NUL character, which no program can be given | remove it",
        ),
        (
            'whole = "3"',
            'whole: expected a whole number, found the text "3" | write it without quotes: 3',
        ),
        ('whole = "x"', 'whole: expected a whole number, found the text "x" | '),
        ("whole = 3.0", "whole: expected a whole number, found the number 3.0 | "),
        ("whole = true", "whole: expected a whole number, found true | "),
        (
            "whole = 0xfffffffffffffffff",
            (
                "whole: expected a whole number of at most 64 bits, "
                "found a number of more than 64 bits | "
            ),
        ),
        (
            'number = "1.5"',
            'number: expected a number, found the text "1.5" | write it without quotes: 1.5',
        ),
        ("number = false", "number: expected a number, found false | "),
        ("number = nan", "number: expected a finite number, found the number nan | "),
        ("number = -inf", "number: expected a finite number, found the number -inf | "),
        ("truth = 1", "truth: expected true or false, found the number 1 | "),
        (
            'truth = "True"',
            'truth: expected true or false, found the text "True" | write it without quotes: true',
        ),
        (
            'word = "c"',
            'word: expected one of "a", "b", 3, found the text "c" | ',
        ),
        ("word = 3.0", 'word: expected one of "a", "b", 3, found the number 3.0 | '),
        (
            'many = "a"',
            'many: expected an array, found the text "a" | write it in brackets: [ ... ]',
        ),
        ("many = [1]", 'many[0]: expected a text, found the number 1 | write it in quotes: "1"'),
        (
            "unique = {a = 1}",
            "unique: expected an array, found a table | write it in brackets: [ ... ]",
        ),
        ("free = [1]", "free: expected a table, found an array | "),
        (
            'free = {"a b" = "1"}',
            'free."a b": expected a whole number, found the text "1" | write it without quotes: 1',
        ),
        ("inner = {size = 2}", "inner.id: is missing | add `id = ...`"),
        ('inner = "x"', 'inner: expected a table, found the text "x" | '),
        (
            "inners = [{id = 'a'}, {id = 'b', siz = 1}]",
            'inners[1].siz: unknown key | did you mean "size"?',
        ),
        (
            "either = 1.5",
            (
                "either: expected a whole number, found the number 1.5; "
                "expected a text, found the number 1.5 | "
            ),
        ),
        ("words = [1]", 'words[0]: expected a text, found the number 1 | write it in quotes: "1"'),
        ("day = 2026-01-01T00:00:00", "day: expected a date, found a date or time | "),
        ("positive = 0", "positive: 'positive' must be > 0: 0 | "),
        ("src = 'x'", 'src: unknown key | did you mean "source"?'),
        ("Text = 'x'", 'Text: unknown key | did you mean "text"?'),
    ],
)
def test_nothing_is_coerced_and_the_remedy_is_said(toml: str, problem: str) -> None:
    """A value of another type is refused with what was found, what was wanted and what to write."""
    assert [one.replace("\n", " ") for one in wrong(toml)] == [problem]


def test_a_key_like_no_other_lists_what_there_is() -> None:
    """Without a near miss, the known keys are the remedy."""
    assert wrong("zzzzzz = 1", Observe) == [
        "zzzzzz: unknown key | known here: dashboard, port, track_cost"
    ]


def test_all_problems_are_found_at_once() -> None:
    """One wrong value hides no other, at any depth."""
    found = wrong('whole = "x"\ntruth = 2\nextra = 1\ninners = [{}, {id = 1, x = 2}]\n')
    assert [one.split(" |")[0].split(":")[0] for one in found] == [
        "whole",
        "truth",
        "inners[0].id",
        "inners[1].id",
        "inners[1].x",
        "extra",
    ]


def test_a_missing_key_is_told_from_a_validators_own_keyerror() -> None:
    """A class that raises while it is made is quoted, and is not called incomplete."""

    @attrs.frozen
    class Picky:
        name: str = ""

        def __attrs_post_init__(self) -> None:
            raise KeyError(self.name)

    assert wrong('name = "x"', Picky) == [": x | "]


def test_what_plugins_keep_in_an_agent_is_no_key() -> None:
    """The field that carries the plugins' keys cannot be set by the file."""
    assert wrong('name = "a"\nextras = {}', Agent)[0].startswith("extras: unknown key")


def test_the_models_own_tables_are_taken() -> None:
    """The core's classes convert as they stand."""
    env = tomli.loads('name = "w"\n[env]\ngit_name = "Ada"\n[auth]\ndefault_profile = "p"\n')
    value, faults = convert(env, Workspace)
    assert faults == []
    assert value.env == {"git_name": "Ada"}
    assert value.auth.default_profile == "p"
    assert wrong('mode = "auot"', LaunchSettings) == [
        (
            'mode: expected one of "safe", "auto", "unattended", found the text "auot"'
            ' | did you mean "auto"?'
        )
    ]
    assert wrong('name = "p"\nprovider = "x"', Profile) == [
        "command: is missing | add `command = ...`"
    ]


def test_a_type_that_toml_cannot_give_is_the_plugins_mistake() -> None:
    """A table of an impossible type is refused by name when it is first used."""

    @attrs.frozen
    class Odd:
        where: complex = 0j

    with pytest.raises(PluginError, match="a TOML table cannot give"):
        convert({"where": 1}, Odd)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([one.name for one in attrs.fields(Everything)]) | st.text(), inner
        )
    ),
    max_leaves=12,
)
KINDS = st.sampled_from([Everything, Inner, Agent, Workspace, Profile, Path])


@given(JUNK, KINDS)
def test_no_value_makes_the_conversion_raise(value: Any, kind: type) -> None:
    """Whatever is given, there is either a value of the type or something wrong with it."""
    found, faults = convert(value, kind)
    assert faults or isinstance(found, kind)


@given(st.builds(Inner, st.text(st.characters(exclude_characters="\0")), st.integers(-9, 9)))
def test_what_is_right_arrives_unchanged(inner: Inner) -> None:
    """A table made from a value gives that value."""
    assert convert({"id": inner.id, "size": inner.size}, Inner) == (inner, [])

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.config.positions import lines_of
from tutti_core.config.problems import KeyPath, parsed, shown

SAMPLE = '''\
# a comment with [a.header] and key = "value"
title = "x" # and = "one" after
"quoted.key" = 1
'literal "key"' = 2
a.b."c d" = 3
text = """
[not.a.header]
not = "a key"
with \\""" quotes""\\
"""
raw = \'\'\'
[[neither]]
it's = 'this' \'\'\'\'
after = true

[table] # why
dates = [1979-05-27 07:32:00, 07:32:00, # one
  1979-05-27,
]
inline = {x = 1, "y" = [1, {z = 2}], d.e = 3}
empty = [[], {}]

  [ table . "sub" ]
  last = 1

[[many]]
name = "one"
[many.inner]
x = 1
[[many.deep]]
[[many]]
[[many.deep]]
[[many.deep]]
y = 2
[deep.er]
[deep]
'''


def test_every_place_of_a_document_full_of_traps_has_its_line() -> None:
    """Headers and keys inside strings and comments mislead nobody."""
    expected = {
        "title": 2,
        '"quoted.key"': 3,
        '"literal \\"key\\""': 4,
        "a": 5,
        "a.b": 5,
        'a.b."c d"': 5,
        "text": 6,
        "raw": 11,
        "after": 14,
        "table": 16,
        "table.dates": 17,
        "table.dates[0]": 17,
        "table.dates[1]": 17,
        "table.dates[2]": 18,
        "table.inline": 20,
        "table.inline.x": 20,
        "table.inline.y": 20,
        "table.inline.y[0]": 20,
        "table.inline.y[1]": 20,
        "table.inline.y[1].z": 20,
        "table.inline.d": 20,
        "table.inline.d.e": 20,
        "table.empty": 21,
        "table.empty[0]": 21,
        "table.empty[1]": 21,
        "table.sub": 23,
        "table.sub.last": 24,
        "many": 26,
        "many[0]": 26,
        "many[0].name": 27,
        "many[0].inner": 28,
        "many[0].inner.x": 29,
        "many[0].deep": 30,
        "many[0].deep[0]": 30,
        "many[1]": 31,
        "many[1].deep": 32,
        "many[1].deep[0]": 32,
        "many[1].deep[1]": 33,
        "many[1].deep[1].y": 34,
        "deep": 36,
        "deep.er": 35,
    }
    assert {shown(path): line for path, line in lines_of(SAMPLE).items()} == expected
    assert set(lines_of(SAMPLE)) == set(paths(tomli.loads(SAMPLE)))


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield every path of a parsed document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        yield (*path, step)
        if isinstance(inner, (dict, list)):
            yield from paths(inner, (*path, step))


class Writer:
    """Writes TOML in any of its styles, and notes on which line it puts what."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def document(self) -> None:
        self.block(())
        for _ in range(self.draw(st.integers(0, 6))):
            text, lines = self.text, dict(self.lines)
            self.header()
            try:
                tomli.loads(self.text)
            except tomli.TOMLDecodeError:
                # It defined something twice, which is not TOML: that block is taken back.
                self.text, self.lines = text, lines

    def header(self) -> None:
        many = self.draw(st.booleans())
        keys = self.draw(st.lists(KEYS, min_size=1, max_size=3))
        line = self.here()
        self.text += f"[[{self.dotted(keys)}]]" if many else f"[{self.dotted(keys)}]"
        self.end()
        path = self.resolved(keys, line, many=many)
        if path is not None:
            self.block(path)

    def resolved(self, keys: list[str], line: int, *, many: bool) -> KeyPath | None:
        """Ask the parser itself which table the header just written opened."""
        try:
            at: Any = tomli.loads(self.text)
        except tomli.TOMLDecodeError:
            return None
        path: KeyPath = ()
        for key in keys:
            at, path = at[key], (*path, key)
            self.lines.setdefault(path, line)
            if isinstance(at, list) and (many or len(path) < len(keys)):
                path, at = (*path, len(at) - 1), at[-1]
        self.lines[path] = line
        return path

    def block(self, table: KeyPath) -> None:
        for key in self.draw(st.lists(KEYS, max_size=4, unique=True)):
            deeper = self.draw(st.lists(KEYS, max_size=1))
            self.gap()
            self.pair(table, [f"{key}{len(self.text)}", *deeper])
            self.end()

    def pair(self, table: KeyPath, keys: list[str]) -> None:
        for length in range(1, len(keys) + 1):
            self.lines.setdefault((*table, *keys[:length]), self.here())
        self.text += f"{self.dotted(keys)}{self.space()}={self.space()}"
        self.value((*table, *keys), depth=0)

    def value(self, path: KeyPath, depth: int) -> None:
        kind = self.draw(st.sampled_from(["array", "inline", "leaf", "leaf", "leaf"]))
        if kind == "leaf" or depth > 2:
            self.text += self.draw(LEAVES)
            return
        size = self.draw(st.integers(0, 3))
        self.text += "[" if kind == "array" else "{"
        for index in range(size):
            if kind == "array":
                self.item((*path, index), depth + 1)
            else:
                self.member((*path, f"k{index}"), f"k{index}", depth + 1)
            self.text += "," if index < size - 1 else ""
        self.text += "]" if kind == "array" else "}"

    def item(self, path: KeyPath, depth: int) -> None:
        self.gap()
        self.lines[path] = self.here()
        self.value(path, depth)
        self.gap()

    def member(self, path: KeyPath, key: str, depth: int) -> None:
        self.text += self.space()
        self.lines[path] = self.here()
        self.text += f"{key}{self.space()}={self.space()}"
        self.value(path, depth)

    def dotted(self, keys: list[str]) -> str:
        return f"{self.space()}.{self.space()}".join(self.key(key) for key in keys)

    def key(self, key: str) -> str:
        if re.fullmatch("[A-Za-z0-9_-]+", key) and self.draw(st.booleans()):
            return key
        literal = "'" not in key and self.draw(st.booleans())
        return f"'{key}'" if literal else json.dumps(key)

    def here(self) -> int:
        return self.text.count("\n") + 1

    def space(self) -> str:
        return self.draw(st.sampled_from(["", " ", "\t "]))

    def gap(self) -> None:
        self.text += self.draw(st.sampled_from(["", "", " ", "\n", "# [a]\n", '\n# b = "\n\n']))

    def end(self) -> None:
        self.text += self.draw(st.sampled_from(["\n", "  # [x] = '''\n", "\r\n", "\n\n"]))


KEYS = st.sampled_from(["a", "b", "agent", "x-1", "with space", "dot.ted", 'q"uote', "=", "#", "ü"])
LEAVES = st.sampled_from(
    [
        "1",
        "-1.5e3",
        "true",
        "inf",
        "1979-05-27 07:32:00Z",
        '"plain"',
        '"# [no] = \\" \\\\"',
        "'c:\\path'",
        "''",
        '""',
        '"""one\n[two]\nthree = 3"""',
        '"""\\\n  a ""quoted"" \\""" b"""',
        '"""ends in quotes"""""',
        "'''\n[[x]]\n'' = 1\n'''",
        "'''it''s'''''",
    ]
)


@given(st.data())
def test_every_path_of_a_document_stands_on_its_line(data: st.DataObject) -> None:
    """For generated documents, each path that the parser finds has the line it was written on."""
    writer = Writer(data)
    writer.document()
    found = lines_of(writer.text)
    assert set(found) == set(paths(tomli.loads(writer.text)))
    assert dict(found) == writer.lines


@given(st.text(alphabet="ab[]{}=\"'\\#.,\n\r \t0", max_size=60) | st.text())
def test_any_text_gives_what_it_can(text: str) -> None:
    """What is not TOML raises nothing and gives only lines that exist."""
    last = text.count("\n") + 1
    assert all(1 <= line <= last for line in lines_of(text).values())


@given(st.text(alphabet="ab[]{}=\"'\\#.,\n\r \t0", max_size=40))
def test_whatever_the_parser_takes_has_all_its_lines(text: str) -> None:
    """If a text happens to be TOML, no path of it is without a line."""
    try:
        data = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError):
        return
    assert set(lines_of(text)) == set(paths(data))


def test_brackets_without_end_do_not_exhaust_the_stack() -> None:
    """A text nested deeper than Python can follow gives the lines found until there."""
    assert lines_of("a = 1\nb = " + "[" * 100_000)[("a",)] == 1


@pytest.mark.parametrize("size", [20_000])
def test_a_long_document_is_scanned_in_one_pass(size: int) -> None:
    """The last of many lines is found, and nothing is looked at twice."""
    text = "".join(f'key{n} = """a\nb"""\n' for n in range(size))
    assert lines_of(text)[(f"key{size - 1}",)] == 2 * size - 1


PATHS = st.lists(st.integers(0, 99) | st.text(max_size=20), max_size=4).map(tuple)


@given(PATHS)
def test_a_shown_path_can_be_read_again(path: KeyPath) -> None:
    """What is printed for a path leads back to it."""
    assert parsed(shown(path)) == path

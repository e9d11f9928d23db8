"""The reference leaves nothing out: each thing of the code has its place on a page.

Most of it is generated. These tests look at the code by other ways than the generator does, so that
both would have to be wrong in the same way.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

import attrs
import click
import pytest
from pages import headings, section

import tutti_core
import tutti_testing
from tutti_core import STATES, Plugins, hookspecs
from tutti_core.cli.app import build
from tutti_core.config.schema import Schema
from tutti_core.detection.feedrules import COUNTED_KEYS, FEED_KEYS, PRINTED_KEYS, TURN_KEYS
from tutti_core.detection.regions import REGIONS
from tutti_core.detection.rulefile import LIVE_KEYS, PARTS, RULE_KEYS
from tutti_core.model.reading import KINDS

Page = Callable[[str], str]

# The facade's method for each hook, where it is not the hook's name without the prefix.
FACADE = {"prepare_launch": "prepare", "ready_tree": "ready", "leave_tree": "leave"}


def hooks() -> dict[str, FunctionType]:
    """The hooks by name."""
    every = inspect.getmembers(hookspecs, inspect.isfunction)
    return {name: function for name, function in every if name.startswith("tutti_")}


def signature(function: FunctionType) -> str:
    """A signature with its types as they are written in the source."""
    types = function.__annotations__
    taken = ", ".join(f"{name}: {types[name]}" for name in inspect.signature(function).parameters)
    return f"{function.__name__}({taken}) -> {types['return']}"


def commands(found: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Every command below one, and itself, by the words one types."""
    yield " ".join(path), found
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


COMMANDS = dict(commands(build(), ("tt",)))
HOOKS = hooks()
KEYS = RULE_KEYS | LIVE_KEYS | FEED_KEYS | TURN_KEYS | COUNTED_KEYS | PRINTED_KEYS


class TestHooks:
    """Every hook is on the page of hooks."""

    @pytest.mark.parametrize("name", HOOKS)
    def test_its_heading_is_its_signature(self, name: str, page: Page) -> None:
        """A hook's heading is its exact signature."""
        assert f"`{signature(HOOKS[name])}`" in headings(page("reference/hooks.md"))

    @pytest.mark.parametrize("name", HOOKS)
    def test_it_says_what_to_return(self, name: str, page: Page) -> None:
        """A hook's section names each argument and says what to return."""
        text = section(page("reference/hooks.md"), f"### `{signature(HOOKS[name])}`")
        assert "**Returns**" in text
        for argument in inspect.signature(HOOKS[name]).parameters:
            assert f"- `{argument}`: " in text

    def test_what_nobody_calls_yet_is_told(self, sources: list[Path], page: Page) -> None:
        """The page says which hooks no code of the repository calls so far, and no others."""
        code = "\n".join(file.read_text() for file in sources)
        uncalled = set()
        for hook in HOOKS:
            short = hook.removeprefix("tutti_")
            call = rf"lugins(?:\.installed\(\))?\.{FACADE.get(short, short)}\("
            if not re.search(call, code):
                uncalled.add(hook)
        said = re.search(r"No part of this release calls (.*?) yet\.", page("reference/hooks.md"))
        assert set(re.findall(r"`(\w+)`", said[1] if said else "")) == uncalled


class TestCommands:
    """Every command and every option is on the page of commands."""

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_option(self, name: str, page: Page) -> None:
        """Each way to write an option stands in the section of its command."""
        text = self._section(name, page("reference/cli.md"))
        for option in COMMANDS[name].params:
            if isinstance(option, click.Option):
                for word in option.opts:
                    assert f"`{word}`" in text
            else:
                assert (option.name or "").upper() in text

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_option_says_what_it_does(self, name: str) -> None:
        """No option is without a help text."""
        options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
        assert [option.name for option in options if not option.help] == []

    def _section(self, name: str, text: str) -> str:
        if name == "tt":
            return text
        if name == "tt voices":
            assert "[`tt status`](#tt-status)" in section(text, "## `tt voices`")
            name = "tt status"
        level = "##" if name.count(" ") == 1 else "###"
        found = section(text, f"{level} `{name}`")
        assert found.strip(), f"no section for {name}"
        return found


class TestConfiguration:
    """Every table and every key is on the page of the configuration."""

    @pytest.mark.parametrize(
        "table", Schema(Plugins.installed().tables()).sections, ids=lambda one: one.name
    )
    def test_every_key(self, table: object, page: Page) -> None:
        """Each key of a table has a row below the table's heading."""
        name, kind = table.name, table.kind  # type: ignore[attr-defined]
        many = table.many  # type: ignore[attr-defined]
        text = section(
            page("reference/config.md"), f"### `[[{name}]]`" if many else f"### `[{name}]`"
        )
        assert text.strip()
        for key in attrs.fields_dict(kind) if attrs.has(kind) else ():
            inner = f"### `[{name}.{key}]`" in page("reference/config.md")
            assert inner or key == "extras" or f"\n| `{key}` | " in text


class TestNames:
    """Every name that is promised is on a page."""

    @pytest.mark.parametrize("name", tutti_core.__all__)
    def test_of_the_core(self, name: str, page: Page) -> None:
        """Each name of `tutti_core` has a section."""
        assert section(page("reference/api.md"), f"### `{name}`").strip()

    @pytest.mark.parametrize("name", tutti_testing.__all__)
    def test_of_the_kit(self, name: str, page: Page) -> None:
        """Each name of `tutti_testing` has a section."""
        assert section(page("plugins/test-one.md"), f"### `{name}`").strip()

    @pytest.mark.parametrize("name", [*STATES, *KINDS])
    def test_states_and_kinds(self, name: str, page: Page) -> None:
        """Each state and each kind of waiting has a row that says what it means."""
        assert re.search(rf"^\| `{name}` \| \w.* \|", page("reference/states.md"), re.MULTILINE)

    @pytest.mark.parametrize("name", sorted(KEYS))
    def test_keys_of_rules(self, name: str, page: Page) -> None:
        """Each key of a rule is shown or explained."""
        text = page("reference/rules.md")
        assert f"\n{name} = " in text or f"`{name}" in text

    def test_parts_and_regions_of_rules(self, page: Page) -> None:
        """Each part of a rule file is shown, and each region has a row."""
        text = page("reference/rules.md")
        assert [name for name in PARTS if not re.search(rf"\n\[\[?{name}[.\]]", text)] == []
        assert [name for name in REGIONS if f"| `{name}" not in text] == []

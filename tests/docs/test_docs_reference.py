"""The reference leaves nothing out: each thing of the code has its place on a page.

Most of it is generated. These tests look at the code by other ways than the generator does, so that
both would have to be wrong in the same way.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

import attrs
import click
import pytest
import tomli
from pages import headings, section

import tutti_core
import tutti_testing
from tutti_core import STATES, Plugins, TuttiError, hookspecs
from tutti_core.cli.app import build
from tutti_core.config.schema import Schema
from tutti_core.detection.regions import REGIONS
from tutti_core.detection.rulefile import LIVE_KEYS, PARTS, RULE_KEYS
from tutti_core.model.reading import KINDS
from tutti_core.team.places import Places

Page = Callable[[str], str]

# The facade's method for each hook, where it is not the hook's name without the prefix.
FACADE = {"prepare_launch": "prepare"}


def sources(root: Path) -> list[Path]:
    """The modules that run on a user's machine, the scripted agent's own program apart."""
    members = [root / "tutti_core", *root.glob("tutti_*"), *root.glob("plugins/tutti_*")]
    found = {
        file
        for member in members
        if member.name != "tutti_testing"
        for file in member.glob("src/**/*.py")
    }
    return sorted(file for file in found if "agent" not in file.parent.name)


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

    def test_what_nobody_calls_yet_is_told(self, root: Path, page: Page) -> None:
        """The page says which hooks no code of the repository calls so far, and no others."""
        code = "\n".join(file.read_text() for file in sources(root))
        uncalled = set()
        for hook in HOOKS:
            short = hook.removeprefix("tutti_")
            call = rf"lugins(?:\.installed\(\))?\.{FACADE.get(short, short)}\("
            if not re.search(call, code):
                uncalled.add(hook)
        said = re.search(r"No part of this release calls (.*?) yet\.", page("reference/hooks.md"))
        assert said is not None
        assert set(re.findall(r"`(\w+)`", said[1])) == uncalled


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

    @pytest.mark.parametrize("table", Schema(Plugins.installed().tables()).sections, ids=str)
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

    @pytest.mark.parametrize("name", sorted(RULE_KEYS | LIVE_KEYS))
    def test_keys_of_rules(self, name: str, page: Page) -> None:
        """Each key of a rule is shown or explained."""
        text = page("reference/rules.md")
        assert f"\n{name} = " in text or f"`{name}" in text

    def test_parts_and_regions_of_rules(self, page: Page) -> None:
        """Each part of a rule file is shown, and each region has a row."""
        text = page("reference/rules.md")
        assert [
            name for name in PARTS if f"\n[{name}]" not in text and f"[[{name}]]" not in text
        ] == []
        assert [name for name in REGIONS if f"| `{name}" not in text] == []


class TestErrors:
    """Every category and every exit code is on the page of errors."""

    def test_categories(self, page: Page) -> None:
        """Each class has a row with its category and its exit code."""
        text = page("reference/errors.md")
        for kind in [one for one in TuttiError.__subclasses__() if "errors" in one.__module__]:
            row = f"| `{kind.__name__}` | `{kind.category}` | {kind.exit_code} | "
            assert row in text

    def test_exit_codes(self, root: Path, page: Page) -> None:
        """Each number that `tt` ends with has a row."""
        from tutti_core.cli.send import EXIT_CODES

        app = (root / "tutti_core/src/tutti_core/cli/app.py").read_text()
        codes = {int(code) for code in re.findall(r"return (\d+)\b", app)} | {*EXIT_CODES.values()}
        table = section(page("reference/errors.md"), "## Exit codes")
        assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


class TestEvents:
    """Every event is on the page of events."""

    def test_every_name(self, root: Path, page: Page) -> None:
        """What the core emits is what the page lists, with the fields of its data."""
        from tutti_core.cli.send import EXIT_CODES

        listed = set(re.findall(r"^\| `(\w+\.\w+)` \|", page("reference/events.md"), re.MULTILINE))
        words = {"outcome": {*EXIT_CODES} - {"queued"}, "verdict.decision": {"refuse", "warn"}}
        emitted = {name for file in sources(root) for name in self._emitted(file, words)}
        assert listed == emitted

    def _emitted(self, file: Path, words: dict[str, set[str]]) -> Iterator[str]:
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "emit"):
                continue
            name = call.args[0]
            if isinstance(name, ast.Constant):
                yield str(name.value)
            elif isinstance(name, ast.JoinedStr):
                start, _, varied = ast.unparse(name)[2:-2].partition("{")
                yield from (f"{start}{word}" for word in words[varied])


class TestFiles:
    """Every file and folder is on the page of files."""

    # Not ours: they belong to git, to an agent CLI, to the system, or lie inside a distribution.
    FOREIGN = frozenset((
        ".git", "HEAD", "index", "modules", "refs", "heads", "locked", "gitdir", "entry_points.txt",
        "self/stat", "~", "~/.config", ".cache", "{pid}.json", "tmux.conf", "rules.toml",
        "templates", "songbook", "project", "config", "agents",
    ))  # fmt: skip

    def test_every_place(self, page: Page) -> None:
        """Each place in a workspace has a row."""
        places = Places(Path("/w"))
        paths = [value for value in vars(places).values() if value != Path("/w")]
        paths += [places.agent("<agent>"), places.launch("<agent>"), places.lock("agent-<agent>")]
        listed = self._listed(page)
        for path in paths:
            name = path.relative_to("/w").as_posix()
            assert any(row == name or row.startswith(f"{name}/") for row in listed), name

    def test_every_name_in_the_source(self, root: Path, page: Page) -> None:
        """Each name of a file that the code puts into a path stands in some row."""
        listed = "\n".join(self._listed(page))
        names = {name for file in sources(root) for name in self._names(file)} - self.FOREIGN
        assert [name for name in sorted(names) if name not in listed] == []

    def _listed(self, page: Page) -> list[str]:
        rows = re.findall(r"^\| (`[^|]*) \|", page("reference/files.md"), re.MULTILINE)
        return [path for row in rows for path in re.findall(r"`([^`]+)`", row)]

    def _names(self, file: Path) -> Iterator[str]:
        """What is divided onto a path, or given to `with_name`, as far as it is constant."""
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                yield from self._constants(node.right)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "with_name":
                yield from self._constants(*node.args)

    def _constants(self, *nodes: ast.expr) -> Iterator[str]:
        for node in nodes:
            for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


class TestEnvironment:
    """Every variable is on the page of commands."""

    # tutti passes these on to others, and does nothing of its own by them.
    PASSED_ON = frozenset(("PATH", "HOME"))

    def test_every_variable(self, root: Path, page: Page) -> None:
        """Each variable that the code reads has a row."""
        reads = (
            r"env(?:iron)?(?:\.get\(|\[)\"([A-Z_]+)\""
            r"|\"([A-Z_]+)\" (?:not )?in os\.environ|get\(\"(CLAUDE_\w+)\""
        )
        code = "\n".join(file.read_text() for file in sources(root))
        names = {"".join(groups) for groups in re.findall(reads, code)} - self.PASSED_ON
        text = section(page("reference/cli.md"), "## Environment")
        assert {name for name in names if f"| `{name}` | " not in text} == set()
        assert {"TUTTI_ROOT", "TUTTI_TMUX_SOCKET", "CLAUDE_CONFIG_DIR"} <= names


class TestDistributions:
    """Every distribution is in the README and in the directory."""

    def test_it_is_listed(self, member: Path, root: Path, page: Page) -> None:
        """A member has a row in both, and its name links to its own page."""
        project = tomli.loads((member / "pyproject.toml").read_text())["project"]
        link = f"[`{project['name']}`]"
        folder = member.relative_to(root).as_posix()
        assert f"| {link}({folder}/README.md) | " in (root / "README.md").read_text()
        assert f"| {link}(../../{folder}/README.md) | " in page("plugins/directory.md")

    def test_the_readme_names_the_commands(self, root: Path) -> None:
        """The commands of the core are named, and no others."""
        row = re.search(
            r"^\| \[`tutti-core`\].*`tt` with `([^`]*)`",
            (root / "README.md").read_text(),
            re.MULTILINE,
        )
        assert row is not None
        own = [one.name for owner, one in Plugins.installed().commands() if owner == "tutti-core"]
        assert row[1].split() == own

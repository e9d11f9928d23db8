"""What the pages show can be used: TOML loads, commands parse, code runs."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import ModuleType

import click
import pytest
import tomli
from pages import Block, blocks, commands, pages, section

from tutti_core import (
    Action,
    Observation,
    Plugins,
    Runtime,
    Screen,
    TuttiError,
    compile_rules,
    gather,
    judge,
)
from tutti_core.cli.app import build
from tutti_core.config.known import COMMANDS as TO_COME
from tutti_core.detection.layers import Layer, layered
from tutti_core.team.loading import load_arrangement
from tutti_testing import RuntimeConformance, failures

ROOT = Path(__file__).parents[2]
EVERY = [block for page in pages(ROOT) for block in blocks(page)]
LEAST = '[workspace]\nname = "example"\n'

Loads = Callable[[str, str], None]
Page = Callable[[str], str]


def labelled(language: str, *labels: str) -> list[Block]:
    """The blocks of a language with one of some labels."""
    return [block for block in EVERY if block.language == language and block.label in labels]


def example(label: str) -> Block:
    """The one block with a label."""
    (found,) = [block for block in EVERY if block.label == label]
    return found


def module(block: Block) -> ModuleType:
    """The module that a Python block is the text of."""
    made = ModuleType(f"{block.page.stem}_{block.line}".replace("-", "_"))
    exec(compile(block.text, str(block), "exec", dont_inherit=True), vars(made))
    return made


@pytest.fixture
def load(own_home: Path) -> Loads:
    """Loads a `tutti.toml` and a global file with the plugins that are installed here."""

    def loads(team: str, settings: str) -> None:
        folder = own_home / "example"
        (own_home / ".config" / "tutti").mkdir(parents=True)
        (own_home / ".config" / "tutti" / "config.toml").write_text(settings)
        folder.mkdir()
        (folder / "tutti.toml").write_text(team)
        plugins = Plugins.installed()
        plugins.add(module(example("tutti_parrot.py")), "parrot")
        load_arrangement(folder, plugins)

    return loads


class TestToml:
    """An example of a file can be copied."""

    def test_each_says_of_what_it_is(self) -> None:
        """Every TOML block is of a kind that one of the tests below loads."""
        known = {"", "tutti.toml", "config.toml", "pyproject.toml", "rules", "layer", "wrong"}
        assert [
            str(one) for one in EVERY if one.language == "toml" and one.label not in known
        ] == []

    @pytest.mark.parametrize("block", labelled("toml", "", "tutti.toml"), ids=str)
    def test_a_team_loads(self, block: Block, load: Loads) -> None:
        """A `tutti.toml` loads; one that only shows agents is given a workspace first."""
        whole = "[workspace]" in block.text
        named = set(re.findall(r'default_profile = "(.*)"', block.text))
        profiles = [f'[[profile]]\nname="{one}"\nprovider="x"\ncommand="x"\n' for one in named]
        load(block.text if whole else LEAST + block.text, "".join(profiles))

    @pytest.mark.parametrize("block", labelled("toml", "config.toml"), ids=str)
    def test_a_global_file_loads(self, block: Block, load: Loads) -> None:
        """A global file loads."""
        load(LEAST, block.text)

    @pytest.mark.parametrize("block", labelled("toml", "wrong"), ids=str)
    def test_what_is_wrong_on_purpose_is_refused(self, block: Block, load: Loads) -> None:
        """An example of something wrong is refused with a problem that has a line."""
        with pytest.raises(TuttiError, match=r"tutti\.toml:\d+ "):
            load(block.text, "")

    @pytest.mark.parametrize("block", labelled("toml", "rules"), ids=str)
    def test_rules_compile(self, block: Block) -> None:
        """A rule file is one that a runtime could give."""
        compile_rules(block.text, "an example")

    @pytest.mark.parametrize(
        ("rows", "cursor", "state"),
        [
            (["sqlite> select 1;", "1", "sqlite>"], 2, "idle"),
            (["sqlite>", "", "sqlite> select 2,", "   ...>"], 3, "idle"),
            (["sqlite> select 'sqlite>';"], 0, "idle"),
            (["sqlite> select count(*) from big;"], 1, "working"),
            (['Enter ".help" for usage hints.'], 0, "unknown"),
        ],
    )
    def test_the_rules_of_a_shell_are_complete(
        self, rows: list[str], cursor: int, state: str
    ) -> None:
        """The shell that the page about rules speaks of is read by the rules that stand there."""
        (block,) = [one for one in labelled("toml", "rules") if one.page.name == "write-rules.md"]
        screen = Screen("\n".join(rows), cursor=cursor)
        seen = Observation(0.0, "sqlite", session=True, alive=True, started=-999.0, screen=screen)
        assert judge(seen, gather(compile_rules(block.text, "sqlite"), seen)).state == state

    @pytest.mark.parametrize("block", labelled("toml", "layer"), ids=str)
    def test_rules_can_be_put_over_others(self, block: Block) -> None:
        """What changes rules fits over those of Claude Code, and nothing of it is left out."""
        own = (ROOT / "tutti_claude/src/tutti_claude/rules.toml").read_text(encoding="utf-8")
        found = layered(own, "claude-code", [Layer("docs", block.text)])
        assert found.left_out == ()
        assert found.rules != compile_rules(own, "claude-code")

    @pytest.mark.parametrize("block", labelled("toml", "pyproject.toml"), ids=str)
    def test_a_project_file_parses(self, block: Block) -> None:
        """A project file is TOML."""
        assert tomli.loads(block.text)


def typed() -> Iterator[tuple[str, str]]:
    """Every command line of every page, with where it stands."""
    for block in EVERY:
        if block.language == "console":
            yield from ((str(block), line) for line, _ in commands(block))


def parse(words: list[str]) -> None:
    """Parse a command line of `tt` as it would be, without running it.

    Raises:
        click.ClickException: It makes no sense.
    """
    found: click.Command = build()
    context = found.make_context("tt", words)
    while isinstance(found, click.Group) and (rest := left(context)):
        name, inner, words = found.resolve_command(context, rest)
        assert inner is not None
        context, found = inner.make_context(name, words, parent=context), inner


def left(context: click.Context) -> list[str]:
    """The words behind a group's own options; where they are kept differs by click's version."""
    kept = vars(context)
    return [*kept.get("_protected_args", kept.get("protected_args", ())), *context.args]


OF_PAGES = {
    name
    for block in EVERY
    if block.language == "python"
    for name in re.findall(r'Command\("([a-z-]+)", "', block.text)
}
"""Commands of the plugins that pages make."""


class TestCommandLines:
    """What a page says to type can be typed."""

    @pytest.mark.parametrize(("where", "line"), list(typed()))
    def test_here(self, where: str, line: str, root: Path) -> None:
        """Each line of `tt` parses, each line of `make` names a target."""
        words = shlex.split(line.partition(" > ")[0], comments=True)
        if words[:1] == ["tt"] and words[1] in OF_PAGES:
            assert where.startswith(
                "write-a-verb.md"
            )  # which tests/docs/test_docs_authors.py plays
        elif words[0] in {"tt", ".venv/bin/tt"}:
            with suppress(click.exceptions.Exit):  # how `--help` ends
                parse(words[1:])
        elif words[0] == "make":
            targets = re.findall(r"^([\w-]+):", (root / "Makefile").read_text(), re.MULTILINE)
            assert words[1] in targets
        else:
            assert words[0] in {"git", "cd", "mkdir", "echo", "cat", "ls", "pip", ".venv/bin/pip",
                                ".venv/bin/python"}, where  # fmt: skip

    @pytest.mark.parametrize("line", ["up --bogus", "plugins remove x", "send", "up --mode wild"])
    def test_what_makes_no_sense_is_found(self, line: str) -> None:
        """An option, a command, a word or a value that is not there is found."""
        with pytest.raises(click.ClickException):
            parse(line.split())

    def test_inline(self) -> None:
        """A command named in a sentence exists, or is one that another part will bring."""
        known = {*build().list_commands(click.Context(build())), *TO_COME, *OF_PAGES}
        for page in pages(ROOT):
            for name in re.findall(r"`tt ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
                assert name in known, f"{page.name}: tt {name}"


class TestPython:
    """Code on a page is code."""

    @pytest.mark.parametrize("block", [b for b in EVERY if b.language == "python"], ids=str)
    def test_it_parses(self, block: Block) -> None:
        """Every Python block is Python."""
        ast.parse(block.text)

    def test_the_first_plugin_works(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        """The plugin on the page of hooks is taken, and does what it says."""

        class Sunday(date):
            @classmethod
            def today(cls) -> Sunday:
                return cls(2026, 11, 22)

        block = next(b for b in EVERY if b.page.name == "hooks.md" and b.language == "python")
        plugins = Plugins()
        plugins.add(module(block), "sundays")
        monkeypatch.setattr("datetime.date", Sunday)
        verdict = plugins.guard(Action("send", "work"))[0]
        assert (verdict.decision, verdict.reason) == ("refuse", "it is Sunday")
        assert plugins.guard(Action("launch", "work")) == []

    def test_the_runtime_of_the_contract_conforms(self, page: Page) -> None:
        """The runtime in the contract's own docstring keeps the contract."""
        text = section(page("reference/api.md"), "### `Runtime`")
        found = re.search(r"```python\n(class Echo:.*?)```", text, re.DOTALL)
        assert found is not None
        names = "Capabilities, Launch, LaunchRequest"
        code = f"from __future__ import annotations\nfrom tutti_core import {names}\n{found[1]}"
        echo: Runtime = module(Block(ROOT, 1, "python", "", code)).Echo()
        suite = type("TestEcho", (RuntimeConformance,), {"runtime": echo})
        assert failures(suite) == {}


class TestReadme:
    """The first screen of the README is enough to begin."""

    def test_the_first_screen(self, load: Loads) -> None:
        """It says what tutti is, how to see it work, and shows a team in five lines that load."""
        lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
        assert "agent CLIs you already have" in " ".join(lines)
        assert "$ make demo" in lines
        begin = lines.index("```toml") + 1
        team = lines[begin : lines.index("```", begin)]
        assert len(team) == 5
        load("\n".join(team), "")

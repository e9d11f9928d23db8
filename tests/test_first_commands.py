"""The commands that people know tutti by: each is understood, or answered with who has it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import tomli

from tutti_core import Plugins
from tutti_core.cli.app import build
from tutti_core.cli.missing import CommandMissing
from tutti_core.config import known
from tutti_core.config.load import load
from tutti_core.config.problems import ConfigProblems
from tutti_core.config.schema import CORE, CORE_SECTIONS, Schema, names_of

LEAST = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n'

LINES = (
    "tt up",
    "tt up --fresh-worktree",
    "tt up --mode safe",
    "tt up --mode unattended --policy bypass",
    "tt status",
    "tt diff frontend",
    "tt land frontend",
    "tt land frontend --force",
    "tt land frontend --pr",
    "tt review frontend",
    "tt usage --by-workspace",
    "tt watch",
    "tt switch",
    'tt send frontend "Analyze the review page UX issues"',
    "tt health --json",
    "tt detect frontend",
    "tt detect frontend --json",
    "tt serve --port 4040",
    "tt handoff generate backend",
    "tt handoff apply backend",
    "tt run verify-app",
    "tt run --list",
    "tt run --list --json",
    "tt run verify-app --dry-run --json",
    "tt run verify-app --json",
    "tt run --resume 1774100000000-4242",
    "tt verify",
    "tt verify --json",
    "tt verify --last",
    "tt verify --last --json",
    "tt doctor",
    "tt doctor --strict",
    "tt doctor --json",
    "tt permissions check git status",
    "tt permissions check git status --json",
    "tt logs backend -f",
    "tt issue-claim acquire --label agent-ops",
    "tt issue-claim heartbeat --state .tutti/state/auto/selected_issue.json",
    "tt issue-claim release --state .tutti/state/auto/selected_issue.json",
    "tt issue-claim sweep",
    "tt permissions suggest sdlc-auto",
)


def parse(line: str) -> None:
    """Parse a command line of `tt` as it would be, without running it.

    Raises:
        click.ClickException: It makes no sense.
        CommandMissing: It takes a plugin that is not at work.
    """
    found: click.Command = build()
    words = shlex.split(line)[1:]
    context = found.make_context("tt", words)
    while isinstance(found, click.Group) and (rest := left(context)):
        name, inner, words = found.resolve_command(context, rest)
        assert inner is not None
        context, found = inner.make_context(name, words, parent=context), inner


def left(context: click.Context) -> list[str]:
    """The words behind a group's own options; where they are kept differs by click's version."""
    kept = vars(context)
    return [*kept.get("_protected_args", kept.get("protected_args", ())), *context.args]


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_understood_or_its_distribution_is_named(line: str) -> None:
    """It parses to its last word, or one line names the distribution that has the command."""
    error = refusal(line)
    if error is not None:
        assert error.exit_code == 2
        assert f" {known.COMMANDS[line.split()[1]]}" in error.message
        assert error.hint
        assert "\n" not in error.message + error.hint


def refusal(line: str) -> CommandMissing | None:
    """What is said of a line that takes a plugin that is not at work."""
    try:
        parse(line)
    except CommandMissing as error:
        return error
    return None


class TestWhatIsKnownOfOurs:
    """What the core knows of the distributions it names is what they are."""

    def test_nobody_is_sent_to_install_what_is_not_made(self, root: Path) -> None:
        """A distribution that is named is a folder here, or `config/known.py` calls it later."""
        named = {
            *known.TABLES.values(),
            *known.KEYS.values(),
            *known.RUNTIMES.values(),
            *known.STEPS.values(),
            *known.EFFECTS.values(),
            *known.COMMANDS.values(),
        }
        assert named - made(root) == set(known.LATER)

    def test_what_a_plugin_here_gives_is_known(self, root: Path) -> None:
        """Its commands, tables and runtimes lead to it where it is not installed."""
        plugins = Plugins.installed()
        ours = made(root) - {CORE}
        commands = {one.name: owner for owner, one in plugins.commands() if owner in ours}
        tables = {
            one.name: owner
            for owner, one in plugins.tables()
            if owner in ours and hasattr(one, "name")
        }
        runtimes = {
            name: owner for name, owner in plugins.runtime_sources().items() if owner in ours
        }
        assert commands.items() <= known.COMMANDS.items()
        assert tables.items() <= known.TABLES.items()
        assert runtimes.items() <= known.RUNTIMES.items()

    def test_what_the_core_gives_is_not_said_to_come(self) -> None:
        """A command that the core has is not named as one that it will have."""
        given = {one.name for owner, one in Plugins.installed().commands() if owner == CORE}
        assert given & known.COMMANDS.keys() == set()

    def test_what_does_nothing_yet_is_a_key_of_the_cores(self) -> None:
        """Each table and key that waits for a distribution is one that the core reads."""
        keys = {(one.name, key) for one in CORE_SECTIONS for key in ("", *names_of(one.kind))}
        assert known.EFFECTS.keys() <= keys

    @pytest.mark.parametrize("name", sorted(known.COMMANDS))
    def test_each_command_is_answered(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """With nothing installed but the core, each command names who has it and what to do."""
        only_the_core(monkeypatch)
        with pytest.raises(CommandMissing) as caught:
            parse(f"tt {name} one --two three")
        error, owner = caught.value, known.COMMANDS[name]
        install = f"run `tt plugins install {owner.removeprefix('tutti-')}`"
        assert re.match(rf"tt {name} (comes with|is not in) {owner}[ ,]", error.message)
        assert (error.hint == install) == (owner not in known.LATER and owner != CORE)

    @pytest.mark.parametrize("table", sorted(known.TABLES))
    def test_each_table_is_answered(self, table: str, home: Path) -> None:
        """With nothing installed but the core, each table names who has it and what to do."""
        (home / "tutti.toml").write_text(f"{LEAST}[{table}]\n")
        unowned = load(home, Schema()).unowned
        owner = known.TABLES[table]
        assert unowned[table].startswith(f"it belongs to {owner}, which ")
        assert unowned[table].endswith(known.remedy(owner, {}))

    @pytest.mark.parametrize(("table", "key"), sorted(known.KEYS))
    def test_each_key_is_answered(self, table: str, key: str, home: Path) -> None:
        """So does each key that a plugin adds to a table of the core's."""
        (home / "tutti.toml").write_text(f'{LEAST}[[{table}]]\nname = "a"\n{key} = "x"\n')
        unowned = load(home, Schema()).unowned
        owner = known.KEYS[table, key]
        assert unowned[f"{table}.{key}"].startswith(f"it belongs to {owner}, which ")

    @pytest.mark.parametrize("name", sorted(known.RUNTIMES))
    def test_each_runtime_is_answered(self, name: str, home: Path) -> None:
        """So does each runtime of ours."""
        (home / "tutti.toml").write_text(f'{LEAST}[[agent]]\nname = "a"\nruntime = "{name}"\n')
        with pytest.raises(ConfigProblems) as caught:
            load(home, Schema(), runtimes=())
        (problem,) = [one for one in caught.value.problems if one.path == "agent[0].runtime"]
        owner = known.RUNTIMES[name]
        assert problem.message.startswith(f'runtime "{name}" comes with {owner}, which ')
        assert problem.remedy.startswith(known.remedy(owner, {}))

    @pytest.mark.parametrize("step", sorted(known.STEPS))
    def test_each_step_is_answered(self, step: str, home: Path) -> None:
        """A step that comes with another distribution than workflows do names that one too."""
        text = f'{LEAST}[[workflow]]\nname = "w"\n[[workflow.step]]\ntype = "{step}"\n'
        (home / "tutti.toml").write_text(text)
        said = load(home, Schema()).unowned["workflow"]
        assert known.STEPS[step] in said
        other = known.STEPS[step] != known.TABLES["workflow"]
        assert (f"its step {step!r} comes with {known.STEPS[step]}" in said) == other


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a workspace, with a global file that is not there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def only_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process find no plugin but the core's own."""
    from tutti_core import discovery

    entries, files = discovery.scan()
    core = [entry for entry in entries if entry.distribution == CORE]
    monkeypatch.setattr(discovery, "read_cache", lambda: None)
    monkeypatch.setattr(discovery, "write_cache", lambda *_: None)
    monkeypatch.setattr(discovery, "scan", lambda: (core, files))


def made(root: Path) -> set[str]:
    """The distributions of this repository."""
    projects = [*root.glob("tutti_*/pyproject.toml"), *root.glob("plugins/*/pyproject.toml")]
    return {tomli.loads(file.read_text())["project"]["name"] for file in projects}

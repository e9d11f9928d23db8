from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import attrs
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.config.load import load, load_settings
from tutti_core.config.problems import ConfigProblems
from tutti_core.config.schema import Schema
from tutti_core.errors import ConfigError, PluginError
from tutti_core.model.arrangement import Agent, Arrangement, GlobalSettings
from tutti_core.model.contract import Keys, Table
from tutti_core.version import VERSION

GOOD = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n[[agent]]\nname = "api"\n'

# The shape of the file that the product's introduction shows, told with other words.
SAMPLE = """\
[workspace]
name = "storefront"
description = "Where the shop is built"

[workspace.auth]
default_profile = "claude-personal" # a profile of the user's own file

[defaults]
worktree = true
runtime = "claude-code"

[launch]

[budget]
workspace_weekly_tokens = 4000000

[budget.agent_weekly_tokens]
server = 1000000
pages = 500000

[[agent]]
name = "server"
runtime = "claude-code" # another would do
scope = "lib/server/**"
prompt = "The server is yours."
fresh_worktree = true # begins anew each time

[[agent]]
name = "pages"
runtime = "claude-code"
scope = "lib/pages/**"
prompt = "The pages are yours."

[[agent]]
name = "checks"
runtime = "codex"
scope = "checks/**"
prompt = "Keep the checks green."
depends_on = ["server", "pages"]

[[workflow]]
name = "check-all"
schedule = "*/15 * * * *"

[[workflow.step]]
id = "check"
type = "command"
run = "make check"
cwd = "workspace"
subdir = "server"
fail_mode = "closed"
output_json = ".tutti/state/check.json"

[[workflow.step]]
type = "ensure_running"
agent = "server"

[[workflow.step]]
type = "prompt"
agent = "conductor"
text = "What is odd in the last snapshot?"
inject_files = [".tutti/state/snapshot.json"]

[[workflow.step]]
type = "review"
agent = "server"
reviewer = "reviewer"
depends_on = [2]

[[hook]]
event = "workflow_complete"
workflow_source = "observe_cycle"
workflow_name = "check-all"
run = "echo done"
"""

SAMPLE_SETTINGS = """\
[[profile]]
name = "claude-personal"
provider = "anthropic"
command = "claude"
max_concurrent = 5
plan = "max"
reset_day = "monday"
weekly_hours = 45.0
"""

OURS = frozenset({"claude-code", "codex"})
ABSENT = "is not installed: run `tt plugins install workflow`"
LATER = f"tutti {VERSION} does not have yet: do without it until a later tutti brings it"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, in which the global file is `~/.config/tutti/config.toml`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".config" / "tutti").mkdir(parents=True)
    return tmp_path


def write(home: Path, text: str, user: str | None = None) -> None:
    (home / "tutti.toml").write_text(text)
    if user is not None:
        (home / ".config" / "tutti" / "config.toml").write_text(user)


def broken(home: Path, schema: Schema | None = None, **rest: Any) -> ConfigProblems:
    with pytest.raises(ConfigProblems) as caught:
        load(home, schema or Schema(), **rest)
    return caught.value


def report(home: Path, schema: Schema | None = None, **rest: Any) -> list[str]:
    return [str(one) for one in broken(home, schema, **rest).problems]


# The sample that people begin with.


def test_the_sample_loads_and_names_what_its_tables_need(home: Path) -> None:
    """Without the plugins for budgets and workflows, each such table says what to install."""
    write(home, SAMPLE, SAMPLE_SETTINGS)
    team = load(home, Schema(), runtimes=OURS)
    assert team.unowned == {
        "budget": f"it belongs to tutti-usage, which {LATER}",
        "workflow": f"it belongs to tutti-workflow, which {ABSENT};"
        " its step 'review' comes with tutti-git",
        "hook": f"it belongs to tutti-workflow, which {ABSENT}",
    }
    assert [one.name for one in team.agent] == ["server", "pages", "checks"]
    assert team.agent[2].depends_on == ("server", "pages")
    assert (team.launch.mode, team.launch.policy) == ("auto", "constrained")


def test_the_sample_says_what_is_missing_on_a_new_machine(home: Path) -> None:
    """With one runtime and no file of one's own, exactly two things are wrong."""
    write(home, SAMPLE)
    assert broken(home, runtimes={"claude-code"}).report.splitlines() == [
        (
            "tutti.toml:6 workspace.auth.default_profile: no [[profile]] in"
            ' ~/.config/tutti/config.toml is named "claude-personal"'
        ),
        "  hint: add a [[profile]] there, or remove this line to use each CLI as it is",
        (
            'tutti.toml:36 agent[2].runtime: runtime "codex" comes with tutti-codex, which is not'
            " installed"
        ),
        "  hint: run `tt plugins install codex`",
    ]


def test_the_sample_without_those_tables_is_wholly_owned(home: Path) -> None:
    """What is left when budgets and workflows are taken out needs nothing but the core."""
    corrected = (
        SAMPLE[: SAMPLE.index("[budget]")]
        + SAMPLE[SAMPLE.index("[[agent]]") : SAMPLE.index("[[workflow]]")]
    )
    write(home, corrected, SAMPLE_SETTINGS)
    team = load(home, Schema(), runtimes=OURS)
    assert team.unowned == {}
    profile = team.settings.named_profile("claude-personal")
    assert profile is not None
    assert (profile.max_concurrent, profile.weekly_hours) == (5, 45.0)


# Whole files.


def test_the_smallest_file_has_the_documented_defaults(home: Path) -> None:
    """A table that is absent is a table of defaults: worktrees are on."""
    write(home, '[workspace]\nname = "w"\n')
    assert load(home, Schema()) == Arrangement(
        home, attrs.evolve(load(home, Schema()).workspace, name="w")
    )
    assert load(home, Schema()).defaults.worktree is True


def test_without_a_file_the_way_to_one_is_shown(home: Path) -> None:
    """A folder that is no workspace is said to be none."""
    with pytest.raises(ConfigError, match=r"no tutti\.toml in") as caught:
        load(home, Schema())
    assert caught.value.hint == "run `tt init` there"


def test_a_file_that_cannot_be_read_is_said_to_be(home: Path) -> None:
    """An error of the file system names the file."""
    (home / "tutti.toml").mkdir()
    with pytest.raises(ConfigError, match=r"tutti\.toml cannot be read: Is a directory"):
        load(home, Schema())


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"[workspace]\nname = \n", "tutti.toml:2: is not TOML: "),
        (b"a = 1\na = 2\n", "tutti.toml:2: is not TOML: "),
        (b'\n\na = "', "tutti.toml:3: is not TOML: "),
        (b"a = [" + b"\n1," * 4, "tutti.toml:5: is not TOML: "),
        (b"a = 1\nb = '\xff'\n", "tutti.toml:2: is not UTF-8"),
        (b"a = " + b"[" * 9000, "tutti.toml:1: is nested too deeply"),
        (b"a = " + b"9" * 9000, "tutti.toml:1: is not TOML: "),
    ],
)
def test_what_is_not_toml_has_one_problem_with_its_line(
    home: Path, raw: bytes, problem: str
) -> None:
    """A file that does not parse is refused at the line where it stops to."""
    (home / "tutti.toml").write_bytes(raw)
    (found,) = report(home)
    assert found.startswith(problem)


def test_a_byte_order_mark_and_dos_line_ends_do_no_harm(home: Path) -> None:
    """A file saved by an editor of another system loads, and its lines are counted right."""
    text = GOOD.replace("\n", "\r\n")
    (home / "tutti.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(home, Schema()).workspace.name == "w"
    (home / "tutti.toml").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"x = 1\r\n")
    assert report(home) == ["tutti.toml:7 agent[0].x: unknown key"]


def test_problems_of_both_files_come_together(home: Path) -> None:
    """One run tells everything: the workspace's problems by line, then the user's."""
    write(home, '[workspace]\nname = 1\n[[agent]]\nname = "a b"\n', "[user]\nnam = 1\n[x]\n")
    found = broken(home)
    assert [str(one) for one in found.problems] == [
        "tutti.toml:2 workspace.name: expected a text, found the number 1",
        "tutti.toml:3 agent[0]: has no runtime",
        (
            'tutti.toml:4 agent[0].name: "a b" is not a name tutti can use: letters, digits, "-"'
            ' and "_", a letter or digit first, at most 64 in all'
        ),
        "~/.config/tutti/config.toml:2 user.nam: unknown key",
        "~/.config/tutti/config.toml:3 x: unknown table",
    ]
    assert found.message == f"{found.problems[0]} (and 4 more problems)"
    assert found.hint == 'write it in quotes: "1"'
    assert found.problems[3].remedy == 'did you mean "name"?'


def test_the_message_counts_what_it_does_not_show(home: Path) -> None:
    """One problem stands alone, a second is one more, and a third makes problems of them."""
    write(home, f"{GOOD}x = 1\n")
    assert broken(home).message == "tutti.toml:7 agent[0].x: unknown key"
    write(home, f"{GOOD}x = 1\ny = 1\n")
    assert broken(home).message.endswith(": unknown key (and 1 more problem)")
    write(home, f"{GOOD}x = 1\ny = 1\nz = 1\n")
    assert broken(home).message.endswith(": unknown key (and 2 more problems)")


def test_each_broken_file_is_named(home: Path) -> None:
    """When neither file parses, both are blamed, each for its own line."""
    write(home, "x", "\ny")
    assert [one.split(": ")[0] for one in report(home)] == [
        "tutti.toml:1",
        "~/.config/tutti/config.toml:2",
    ]


def test_a_broken_global_file_hides_nothing_of_the_other(home: Path) -> None:
    """The profile is not called missing when the file that has it cannot be read."""
    text = f'{GOOD}x = 1\n[workspace.auth]\ndefault_profile = "p"\n'
    write(home, text, "[[profile]\n")
    assert [one.split(":")[0:2] for one in report(home)] == [
        ["tutti.toml", "7 agent[0].x"],
        ["~/.config/tutti/config.toml", "1"],
    ]


def test_shapes_that_are_no_tables_are_named(home: Path) -> None:
    """Single and double brackets, and values where tables belong, are told apart."""
    write(home, 'launch = 1\nroles = ["x"]\n[[workspace]]\nname = "w"\n[agent]\nname = "a"\n')
    found = broken(home)
    assert [f"{one} | {one.remedy}" for one in found.problems] == [
        "tutti.toml:1 launch: expected a table, found the number 1 | begin it with [launch]",
        "tutti.toml:2 roles: expected a table, found an array | begin it with [roles]",
        (
            "tutti.toml:3 workspace: expected a table, found an array of tables"
            " | begin it with [workspace]"
        ),
        "tutti.toml:5 agent: must be an array of tables, is one table | begin each with [[agent]]",
    ]


def test_a_missing_workspace_table_is_said_once(home: Path) -> None:
    """An empty file lacks exactly one thing."""
    write(home, "")
    assert report(home) == ["tutti.toml:1 workspace: is missing"]


def test_names_nearly_right_are_proposed(home: Path) -> None:
    """A table nobody owns, and a stray key, are met with the nearest name."""
    write(home, f"quux = 1\n{GOOD}[[agents]]\n[workflows]\n")
    found = broken(home).problems
    assert [(str(one), one.remedy) for one in found] == [
        (
            "tutti.toml:1 quux: unknown key",
            (
                "known here: agent, budget, defaults, handoff, hook, launch, notify, observe,"
                " permissions, remote, resilience, roles, runtime, schedule, serve, state,"
                " tool_pack, webhook, workflow, workspace, worktree"
            ),
        ),
        ("tutti.toml:8 agents: unknown table", 'did you mean "agent"?'),
        ("tutti.toml:9 workflows: unknown table", 'did you mean "workflow"?'),
    ]


def test_a_table_of_the_other_file_is_sent_there(home: Path) -> None:
    """A profile in the workspace's file belongs in the user's."""
    write(home, f'{GOOD}[[profile]]\nname = "p"\n')
    (found,) = broken(home).problems
    assert str(found) == "tutti.toml:7 profile: does not belong in this file"
    assert found.remedy == "move it to ~/.config/tutti/config.toml"


def test_the_workspaces_resilience_comes_before_the_users(home: Path) -> None:
    """The user's table holds until the workspace has its own."""
    write(home, GOOD, "[resilience]\nretry_max_attempts = 4\n")
    assert load(home, Schema()).resilience.retry_max_attempts == 4
    write(home, f"{GOOD}[resilience]\nretry_max_attempts = 2\n")
    assert load(home, Schema()).resilience.retry_max_attempts == 2
    assert load(home, Schema()).settings.resilience.retry_max_attempts == 4


def test_the_users_file_loads_alone(home: Path) -> None:
    """Its absence is all defaults; its problems are its own."""
    assert load_settings(Schema()) == GlobalSettings()
    write(home, "this is not looked at", SAMPLE_SETTINGS)
    assert load_settings(Schema()).profile[0].command == "claude"
    write(home, "", "[dashboard]\nport = '1'\n")
    with pytest.raises(ConfigProblems) as caught:
        load_settings(Schema())
    assert caught.value.message == (
        '~/.config/tutti/config.toml:2 dashboard.port: expected a whole number, found the text "1"'
    )


def test_runtimes_may_depend_on_the_file(home: Path) -> None:
    """A runtime that the file itself declares can be known by then."""
    write(home, GOOD)
    seen: list[Mapping[str, Any]] = []

    def named(tables: Mapping[str, Any], settings: Mapping[str, Any]) -> set[str]:
        seen.extend((tables, settings))
        return {"demo"}

    assert load(home, Schema(), runtimes=named).defaults.runtime == "demo"
    assert seen[0]["defaults"] == {"runtime": "demo"}
    assert seen[1] == {}


# What plugins add.


@attrs.frozen
class Budget:
    """A plugin's table."""

    cap: int = 0
    agents: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen
class Flow:
    """A plugin's array of tables."""

    name: str
    steps: tuple[str, ...] = ()


@attrs.frozen
class Tree:
    """A plugin's keys."""

    copy: tuple[str, ...] = ()
    sparse: bool = False


def capped(budget: Budget) -> Iterator[tuple[str, str]]:
    """Find fault with budgets that are none, as a plugin would."""
    if budget.cap < 0:
        yield "cap", "must not be negative"
    for agent, cap in budget.agents.items():
        if cap < 0:
            yield f'agents."{agent}"', "must not be negative"


def filled(flows: tuple[Flow, ...]) -> Iterator[tuple[str, str]]:
    """Find fault with blank steps, as a plugin would."""
    for index, flow in enumerate(flows):
        for place, step in enumerate(flow.steps):
            if not step:
                yield f"[{index}].steps[{place}]", "is blank"


PLUGINS = Schema.of(
    [
        ("tutti-usage", Table("budget", Budget, "both", check=capped)),
        ("tutti-workflow", Table("workflow", Flow, many=True, check=filled)),
        ("tutti-worktree", Keys("agent", Tree)),
    ]
)


def test_the_tables_of_plugins_arrive_as_their_classes(home: Path) -> None:
    """A table, an array of tables and single keys are found by the classes that describe them."""
    flows = '[[workflow]]\nname = "f"\n[[workflow]]\nname = "g"\n'
    write(home, f'{GOOD}copy = ["x"]\n[budget]\ncap = 3\n{flows}')
    team = load(home, PLUGINS)
    assert team.table(Budget) == Budget(3)
    assert team.many(Flow) == (Flow("f"), Flow("g"))
    assert team.agent[0].extra(Tree) == Tree(("x",))
    assert team.unowned == {}


def test_what_is_not_written_is_its_default(home: Path) -> None:
    """Keys have their defaults on every agent; an absent table is none."""
    write(home, GOOD)
    team = load(home, PLUGINS)
    assert team.agent == (Agent("api", extras={Tree: Tree()}),)
    assert team.table(Budget) is None
    assert team.many(Flow) == ()


def test_a_table_for_both_files_is_the_workspaces_first(home: Path) -> None:
    """The user's table holds until the workspace has its own."""
    write(home, GOOD, "[budget]\ncap = 9\n")
    assert load(home, PLUGINS).table(Budget) == Budget(9)
    write(home, f"{GOOD}[budget]\n")
    assert load(home, PLUGINS).table(Budget) == Budget(0)


def test_keys_of_a_single_table_are_found_by_their_class(home: Path) -> None:
    """What a plugin adds to a table that carries nothing is found beside the tables."""
    schema = Schema.of([("a", Keys("launch", Tree))])
    write(home, f"{GOOD}[launch]\nsparse = true\n")
    assert load(home, schema).table(Tree) == Tree(sparse=True)


def test_wrong_keys_of_plugins_are_found_with_the_cores(home: Path) -> None:
    """Whoever owns a key, its problem has the same form, and a suggestion knows them all."""
    write(home, f"{GOOD}copy = 1\ncopi = 1\nscop = 1\n[budget]\ncap = '1'\n")
    assert [f"{one} | {one.remedy}" for one in broken(home, PLUGINS).problems] == [
        (
            "tutti.toml:7 agent[0].copy: expected an array, found the number 1"
            " | write it in brackets: [ ... ]"
        ),
        'tutti.toml:8 agent[0].copi: unknown key | did you mean "copy"?',
        'tutti.toml:9 agent[0].scop: unknown key | did you mean "scope"?',
        (
            'tutti.toml:11 budget.cap: expected a whole number, found the text "1"'
            " | write it without quotes: 1"
        ),
    ]


def test_a_plugins_own_check_has_lines_too(home: Path) -> None:
    """What an owner finds wrong below its table is placed like everything else."""
    text = (
        f'{GOOD}[budget]\nagents = {{"a b" = -1}}\n[[workflow]]\nname = "f"\nsteps = ["x",\n""]\n'
    )
    write(home, text, "[budget]\n\ncap = -2\n")
    assert report(home, PLUGINS) == [
        'tutti.toml:8 budget.agents."a b": must not be negative',
        "tutti.toml:12 workflow[0].steps[1]: is blank",
        "~/.config/tutti/config.toml:3 budget.cap: must not be negative",
    ]


def test_a_check_that_fails_is_the_plugins_fault(home: Path) -> None:
    """The error names the plugin and its table, and not the user's file."""

    def failing(_: Budget) -> list[tuple[str, str]]:
        raise ZeroDivisionError("by zero")

    write(home, f"{GOOD}[budget]\n")
    with pytest.raises(PluginError) as caught:
        load(home, Schema.of([("tutti-usage", Table("budget", Budget, check=failing))]))
    assert caught.value.message == (
        "tutti-usage failed to check [budget]: ZeroDivisionError: by zero"
    )


# What nobody at work owns.


def test_an_unowned_table_of_the_user_counts_as_well(home: Path) -> None:
    """A policy in the user's own file cannot vanish unnoticed."""
    write(home, GOOD, "[permissions]\nallow = []\n")
    assert load(home, Schema()).unowned == {
        "permissions": "it belongs to tutti-permissions, which is not installed:"
        " run `tt plugins install permissions` (in ~/.config/tutti/config.toml)"
    }


def test_an_owner_set_aside_is_named_with_the_reason(home: Path) -> None:
    """Installing again is no remedy for a plugin that is broken or switched off."""
    write(home, GOOD, "[permissions]\n")
    schema = Schema.of([], {"tutti-permissions": "is set aside: ImportError: no"})
    assert load(home, schema).unowned == {
        "permissions": "it belongs to tutti-permissions, which is set aside: ImportError: no"
        " (in ~/.config/tutti/config.toml)"
    }


def test_a_table_may_belong_to_a_strangers_plugin_that_is_broken(home: Path) -> None:
    """While any other plugin is set aside, an unfamiliar table is unowned and not unknown."""
    write(home, f"{GOOD}[radio]\n")
    schema = Schema.of([], {"their-radio": "is switched off"})
    assert load(home, schema).unowned == {
        "radio": "it may belong to their-radio, which is switched off"
    }
    assert report(home) == ["tutti.toml:7 radio: unknown table"]


def test_a_key_of_ours_that_nobody_at_work_owns_is_named(home: Path) -> None:
    """A key of a plugin that is not installed is unowned, not unknown, and does nothing."""
    write(home, f'{GOOD}copy = [".env"]\n')
    team = load(home, Schema())
    assert team.agent == (Agent("api"),)
    absent = (
        "it belongs to tutti-worktree, which is not installed: run `tt plugins install worktree`"
    )
    assert team.unowned == {"agent.copy": absent}


def test_a_distribution_that_is_not_made_yet_is_not_to_be_installed(home: Path) -> None:
    """Nobody is sent to look for what does not exist."""
    write(home, GOOD, '[[remote]]\nname = "r"\n')
    assert load(home, Schema()).unowned == {
        "remote": f"it belongs to tutti-fleet, which {LATER} (in ~/.config/tutti/config.toml)"
    }


# Anything at all.

WORDS = st.sampled_from(
    [
        "workspace",
        "auth",
        "env",
        "name",
        "default_profile",
        "agent",
        "depends_on",
        "role",
        "roles",
        "runtime",
        "memory",
        "branch",
        "prompt",
        "launch",
        "mode",
        "ready_secs",
        "tool_pack",
        "required_env",
        "profile",
        "command",
        "max_concurrent",
        "registered_workspace",
        "path",
        "observe",
        "port",
        "resilience",
        "budget",
        "workflow",
        "permissions",
        "x",
    ]
)
VALUES = (
    st.sampled_from(["", "a", "a.b", "demo", "..", "/x", "'"])
    | st.text(max_size=4)
    | st.integers(-2, 2)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
)
TREES = st.dictionaries(
    WORDS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
        max_leaves=10,
    ),
    max_size=6,
)


def outcome(ours: str, theirs: str) -> ConfigProblems | None:
    """Load two texts in a home of their own."""
    with TemporaryDirectory() as name:
        home = Path(name)
        (home / "tutti").mkdir()
        (home / "tutti" / "config.toml").write_text(theirs)
        (home / "tutti.toml").write_text(ours)
        with patch.dict(os.environ, {"XDG_CONFIG_HOME": name}):
            try:
                load(home, PLUGINS, runtimes={"demo"})
            except ConfigProblems as problems:
                return problems
    return None


@settings(deadline=None)
@given(TREES, TREES)
def test_no_toml_raises_anything_but_its_problems(ours: Any, theirs: Any) -> None:
    """Whatever two TOML files say, they load or are told apart problem by problem."""
    texts = tomlkit.dumps(ours), tomlkit.dumps(theirs)
    found = outcome(*texts)
    for one in found.problems if found else ():
        text = texts[one.file != "tutti.toml"]
        assert 1 <= one.line <= max(1, text.count("\n") + 1)
        assert one.message
        assert "\n" not in str(one)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises_anything_but_its_problems(text: str) -> None:
    """Most texts are no TOML, and one problem says so."""
    found = outcome(text.encode("utf-8", "replace").decode(), "")
    assert found is not None

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from tutti_core.config.known import STATE_FILES
from tutti_core.config.load import load
from tutti_core.config.problems import ConfigProblems
from tutti_core.config.schema import Schema
from tutti_core.model.contract import Table
from tutti_core.version import VERSION

RUNTIMES = frozenset({"claude-code", "demo"})

# Eight lines, so that what a test adds begins on the ninth.
GOOD = """\
[workspace]
name = "shop"
[defaults]
runtime = "demo"
[[agent]]
name = "api"
[[agent]]
name = "web"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, in which the global file is `~/.config/tutti/config.toml`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".config" / "tutti").mkdir(parents=True)
    return tmp_path


def problems(home: Path, text: str, settings: str = "") -> list[str]:
    """Return every problem of the two files as it is printed, remedy behind."""
    (home / "tutti.toml").write_text(text)
    (home / ".config" / "tutti" / "config.toml").write_text(settings)
    try:
        load(home, Schema(), runtimes=RUNTIMES)
    except ConfigProblems as found:
        return [f"{one} | {one.remedy}" if one.remedy else str(one) for one in found.problems]
    return []


def test_a_good_file_has_no_problem(home: Path) -> None:
    """What the other tests add to is right by itself."""
    assert problems(home, GOOD) == []


RULE = 'letters, digits, "-" and "_", a letter or digit first, at most 64 in all'
MEMORY = "write a path below the workspace, such as docs/memory.md"
DECLARE = (
    "install a plugin that gives it, or declare it in a [[runtime]] table; "
    "that takes tutti-custom, which is not installed: run `tt plugins install custom`"
)


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        pytest.param(
            '[[agent]]\nname = "a.b"',
            f'tutti.toml:10 agent[2].name: "a.b" is not a name tutti can use: {RULE} | write "a-b"',
            id="a name that is no slug",
        ),
        pytest.param(
            '[[agent]]\nname = "api"',
            'tutti.toml:10 agent[2].name: agent[0] is named "api" too'
            " | give each agent a name of its own",
            id="a name twice",
        ),
        pytest.param(
            '[[agent]]\nname = "API"',
            'tutti.toml:10 agent[2].name: differs from "api", agent[0], only in upper and lower'
            " case | choose another name: on some systems the two would share their files",
            id="a name that differs in case",
        ),
        pytest.param(
            '[[agent]]\nname = "verify-last"',
            "tutti.toml:10 agent[2].name: .tutti/state/verify-last.json is a file of tutti's own"
            " | choose another name",
            id="a name of a state file",
        ),
        pytest.param(
            '[[agent]]\nname = "tt"',
            "tutti.toml:10 agent[2].name: .tutti/logs/tt.log is a file of tutti's own"
            " | choose another name",
            id="a name of a log",
        ),
        pytest.param(
            'depends_on = ["ap"]',
            'tutti.toml:9 agent[1].depends_on[0]: no agent is named "ap" | did you mean "api"?',
            id="depends on nobody",
        ),
        pytest.param(
            'depends_on = [\n"api",\n"web"]',
            'tutti.toml:11 agent[1].depends_on[1]: "web" depends on itself | remove it',
            id="depends on itself",
        ),
        pytest.param(
            'depends_on = ["api", "api"]',
            'tutti.toml:9 agent[1].depends_on[1]: "api" is listed twice | remove one',
            id="depends twice",
        ),
        pytest.param(
            'depends_on = ["x"]\n[[agent]]\nname = "x"\ndepends_on = ["web"]',
            "tutti.toml:9 agent[1].depends_on: these agents wait for each other: web -> x -> web"
            " | remove one of the steps",
            id="a circle",
        ),
        pytest.param(
            'role = "tester"',
            "tutti.toml:9 agent[1].role: there is no table [roles] to say which runtime"
            ' "tester" has | add [roles] with "tester" = "<runtime>"',
            id="a role without roles",
        ),
        pytest.param(
            'role = "tster"\n[roles]\ntester = "demo"',
            'tutti.toml:9 agent[1].role: [roles] has no "tster" | did you mean "tester"?',
            id="an unknown role",
        ),
        pytest.param(
            'runtime = "codex"',
            'tutti.toml:9 agent[1].runtime: runtime "codex" comes with tutti-codex, which is not'
            " installed | run `tt plugins install codex`",
            id="a runtime of ours",
        ),
        pytest.param(
            'runtime = "gemini-cli"',
            'tutti.toml:9 agent[1].runtime: runtime "gemini-cli" comes with tutti-gemini, which'
            f" tutti {VERSION} does not have yet | do without it until a later tutti brings it, or"
            f" {DECLARE.partition(' or ')[2]}",
            id="a runtime nobody gives yet",
        ),
        pytest.param(
            'runtime = "claude-cod"',
            'tutti.toml:9 agent[1].runtime: no plugin gives a runtime "claude-cod"'
            f' | did you mean "claude-code"? Or {DECLARE}',
            id="a runtime misspelt",
        ),
        pytest.param(
            '[roles]\ntester = "codex"',
            'tutti.toml:10 roles.tester: runtime "codex" comes with tutti-codex, which is not'
            " installed | run `tt plugins install codex`",
            id="a role's runtime",
        ),
        pytest.param(
            "[roles]\ntester = 1",
            "tutti.toml:10 roles.tester: expected a text, found the number 1"
            ' | write it in quotes: "1"',
            id="a role's runtime that is no text",
        ),
        pytest.param(
            f'runtime = "{"x" * 61}"',
            f'tutti.toml:9 agent[1].runtime: no plugin gives a runtime "{"x" * 57}..." | {DECLARE}',
            id="a text too long for one line",
        ),
        pytest.param(
            'memory = " "',
            f'tutti.toml:9 agent[1].memory: " " is blank | {MEMORY}',
            id="memory blank",
        ),
        pytest.param(
            'memory = "/etc/x"',
            f'tutti.toml:9 agent[1].memory: "/etc/x" is not relative to the workspace | {MEMORY}',
            id="memory absolute",
        ),
        pytest.param(
            'memory = "~/x.md"',
            f'tutti.toml:9 agent[1].memory: "~/x.md" is not relative to the workspace | {MEMORY}',
            id="memory at home",
        ),
        pytest.param(
            'memory = "docs/../../x.md"',
            'tutti.toml:9 agent[1].memory: "docs/../../x.md" leads out of the workspace by ".."'
            f" | {MEMORY}",
            id="memory outside",
        ),
        pytest.param(
            'branch = "a..b"',
            'tutti.toml:9 agent[1].branch: git refuses a branch named "a..b": it holds ".."'
            " | choose another name",
            id="a branch git refuses",
        ),
        pytest.param(
            'branch = "tutti"',
            'tutti.toml:9 agent[1].branch: git cannot have both the branches "tutti" and'
            ' "tutti/api" | choose another name',
            id="a branch above another",
        ),
        pytest.param(
            'env = {"a b" = "x"}',
            'tutti.toml:9 agent[1].env."a b": "a b" is no name for a variable'
            ' | use letters, digits and "_", no digit first',
            id="a variable's name",
        ),
        pytest.param(
            'env = {TUTTI_AGENT = "x"}',
            "tutti.toml:9 agent[1].env.TUTTI_AGENT: tutti sets this variable itself | remove it",
            id="a variable of ours",
        ),
        pytest.param(
            "[workspace.env]\nport = 80",
            "tutti.toml:10 workspace.env.port: expected a text, found the number 80"
            ' | write it in quotes: "80"',
            id="a variable that is no text",
        ),
        pytest.param(
            "[workspace.env]\n1X = 'y'",
            'tutti.toml:10 workspace.env.1X: "1X" is no name for a variable'
            ' | use letters, digits and "_", no digit first',
            id="a variable's name for all agents",
        ),
        pytest.param(
            "[launch]\nready_secs = 0",
            "tutti.toml:10 launch.ready_secs: must be above 0, is 0",
            id="no time to get ready",
        ),
        pytest.param(
            "[launch]\nstalled_after_secs = -1",
            "tutti.toml:10 launch.stalled_after_secs: must be at least 0, is -1",
            id="stalled before it begins",
        ),
        pytest.param(
            "[observe]\nport = 70000",
            "tutti.toml:10 observe.port: must be from 0 to 65535, is 70000",
            id="a port",
        ),
        pytest.param(
            "[resilience]\nretry_max_attempts = 0",
            "tutti.toml:10 resilience.retry_max_attempts: must be at least 1, is 0",
            id="no attempt",
        ),
        pytest.param(
            "[resilience]\nretry_initial_backoff_ms = -1",
            "tutti.toml:10 resilience.retry_initial_backoff_ms: must be at least 0, is -1",
            id="a first wait before now",
        ),
        pytest.param(
            "[[agent]]\nscope = 'x'",
            "tutti.toml:9 agent[2].name: is missing | add `name = ...`",
            id="an agent without a name",
        ),
        pytest.param(
            "[[tool_pack]]\nrequired_env = []",
            "tutti.toml:9 tool_pack[0].name: is missing | add `name = ...`",
            id="a tool pack without a name",
        ),
        pytest.param(
            "[resilience]\nretry_max_backoff_ms = -1",
            "tutti.toml:10 resilience.retry_max_backoff_ms: must be at least 0, is -1",
            id="a wait before now",
        ),
        pytest.param(
            '[[tool_pack]]\nname = "t"\nrequired_commands = ["jq", " "]',
            "tutti.toml:11 tool_pack[0].required_commands[1]: is blank | remove it",
            id="a blank command",
        ),
        pytest.param(
            '[[tool_pack]]\nname = "t"\nrequired_env = ["A-B"]',
            'tutti.toml:11 tool_pack[0].required_env[0]: "A-B" is no name for a variable'
            ' | use letters, digits and "_", no digit first',
            id="a wanted variable's name",
        ),
        pytest.param(
            '[[tool_pack]]\nname = ""',
            "tutti.toml:10 tool_pack[0].name: is blank | give it a name",
            id="a blank tool pack",
        ),
        pytest.param(
            '[[tool_pack]]\nname = "t"\n[[tool_pack]]\nname = "t"',
            'tutti.toml:12 tool_pack[1].name: tool_pack[0] is named "t" too'
            " | give each a name of its own",
            id="a tool pack twice",
        ),
        pytest.param(
            "[workspace.auth]\ndefault_profile = 'work'",
            "tutti.toml:10 workspace.auth.default_profile: no [[profile]] in"
            ' ~/.config/tutti/config.toml is named "work"'
            " | add a [[profile]] there, or remove this line to use each CLI as it is",
            id="a profile that is not there",
        ),
    ],
)
def test_each_rule_of_the_workspaces_file_has_its_message(
    home: Path, added: str, problem: str
) -> None:
    """What is added to a good file is refused with its place, the reason and the remedy."""
    assert problems(home, f"{GOOD}{added}\n") == [problem]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            'command = " "',
            '4 profile[0].command: names no program | write the program, such as "claude"',
        ),
        (
            "command = '\"\"'",
            '4 profile[0].command: names no program | write the program, such as "claude"',
        ),
        (
            "command = 'claude \"x'",
            (
                '4 profile[0].command: "claude \\"x" cannot be split into words: no closing'
                " quotation | close the quotes, as in a shell"
            ),
        ),
        (
            'command = "c"\nmax_concurrent = 0',
            "5 profile[0].max_concurrent: must be at least 1, is 0",
        ),
        ("", "1 profile[0].command: is missing | add `command = ...`"),
        (
            'command = "c"\nmonthly_budget = -1',
            "5 profile[0].monthly_budget: must be at least 0, is -1",
        ),
        (
            'command = "c"\n[resilience]\nretry_max_attempts = 0',
            "6 resilience.retry_max_attempts: must be at least 1, is 0",
        ),
        (
            'command = "c"\nweekly_hours = -1.5',
            "5 profile[0].weekly_hours: must be at least 0, is -1.5",
        ),
        (
            'command = "c"\n[profile.env]\n1X = "y"',
            (
                '6 profile[0].env.1X: "1X" is no name for a variable'
                ' | use letters, digits and "_", no digit first'
            ),
        ),
        (
            'command = "c"\n[[profile]]\nname = "work"\nprovider = "x"\ncommand = "d"',
            '6 profile[1].name: profile[0] is named "work" too | give each a name of its own',
        ),
        (
            'command = "c"\n[[profile]]\nname = "my.work"\nprovider = "x"\ncommand = "d"',
            f'6 profile[1].name: "my.work" is not a name tutti can use: {RULE} | write "my-work"',
        ),
        (
            'command = "c"\n[dashboard]\nport = -1',
            "6 dashboard.port: must be from 0 to 65535, is -1",
        ),
        (
            'command = "c"\n[[registered_workspace]]\nname = "w"\npath = "w"',
            '7 registered_workspace[0].path: "w" is not absolute | write the whole path',
        ),
        (
            'command = "c"\n[workspace]\nname = "w"',
            "5 workspace: does not belong in this file | move it to tutti.toml",
        ),
    ],
)
def test_each_rule_of_the_global_file_names_that_file(
    home: Path, settings: str, problem: str
) -> None:
    """A fault of the user's own file is never blamed on the workspace's."""
    start = '[[profile]]\nname = "work"\nprovider = "x"\n'
    found = problems(home, GOOD, f"{start}{settings}\n")
    assert found == [f"~/.config/tutti/config.toml:{problem}"]


def test_the_default_profile_may_be_misspelt(home: Path) -> None:
    """When a profile of nearly that name exists, it is proposed."""
    text = f'{GOOD}[workspace.auth]\ndefault_profile = "wrok"\n'
    profile = '[[profile]]\nname = "work"\nprovider = "x"\ncommand = "c"\n'
    assert problems(home, text, profile) == [
        (
            "tutti.toml:10 workspace.auth.default_profile: no [[profile]] in"
            ' ~/.config/tutti/config.toml is named "wrok" | did you mean "work"?'
        )
    ]
    assert problems(home, text.replace("wrok", "work"), profile) == []


def test_an_agent_without_any_runtime_is_named(home: Path) -> None:
    """A runtime comes from the agent, its role or the defaults, and from somewhere it must."""
    text = '[workspace]\nname = "w"\n[roles]\nr = "demo"\n'
    text += '[[agent]]\nname = "a"\n[[agent]]\nname = "b"\nrole = "r"\n'
    assert problems(home, text) == [
        "tutti.toml:5 agent[0]: has no runtime | add `runtime = ...` here, or to [defaults]"
    ]
    assert problems(home, f'{text}[defaults]\nruntime = "demo"\n') == []


def test_the_default_runtime_is_blamed_once(home: Path) -> None:
    """A wrong default is one problem, however many agents rely on it."""
    found = problems(home, GOOD.replace('"demo"', '"codex"'))
    assert [one.split(":")[1] for one in found] == ["4 defaults.runtime"]


def test_runtimes_are_not_judged_by_who_does_not_know_them(home: Path) -> None:
    """Without the set of runtimes, none is unknown."""
    (home / "tutti.toml").write_text(GOOD.replace('"demo"', '"anything"'))
    assert load(home, Schema()).defaults.runtime == "anything"


def test_each_circle_is_printed_once(home: Path) -> None:
    """Separate circles are all found, each from the agent that is declared first."""
    names = {"a": "b", "b": "c", "c": "a", "d": "a", "e": "f", "f": "e"}
    agents = [f'[[agent]]\nname = "{a}"\ndepends_on = ["{b}"]\n' for a, b in names.items()]
    text = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n' + "".join(agents)
    assert [one.split(" | ")[0] for one in problems(home, text)] == [
        "tutti.toml:7 agent[0].depends_on: these agents wait for each other: a -> b -> c -> a",
        "tutti.toml:19 agent[4].depends_on: these agents wait for each other: e -> f -> e",
    ]


def test_a_long_chain_of_agents_is_no_circle(home: Path) -> None:
    """Thousands of agents in a row are walked without exhausting the stack."""
    agents = [f'[[agent]]\nname = "a{n}"\ndepends_on = ["a{n + 1}"]\n' for n in range(2000)]
    text = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n' + "".join(agents)
    assert problems(home, f'{text}[[agent]]\nname = "a2000"\n') == []


def test_a_workspace_name_that_tmux_would_change_is_refused(home: Path) -> None:
    """The name of a folder such as my.app is met with the one to write."""
    assert problems(home, GOOD.replace('"shop"', '"my.app"')) == [
        (
            f'tutti.toml:2 workspace.name: "my.app" is not a name tutti can use: {RULE}'
            ' | write "my-app"'
        )
    ]


@pytest.mark.parametrize("name", sorted(STATE_FILES))
def test_no_agent_can_take_the_place_of_a_state_file(home: Path, name: str) -> None:
    """In any spelling, an agent's file never becomes one of tutti's own."""
    found = problems(home, GOOD.replace('"api"', f'"{name.upper()}"'))
    assert found
    assert all("is a file of tutti's own" in one for one in found)


@attrs.frozen
class Declared:
    """A `[[runtime]]`, as far as it matters here."""

    name: str


CUSTOM = Table("runtime", Declared, scope="both", many=True)


@pytest.mark.parametrize(
    ("name", "declared", "absent", "said"),
    [
        pytest.param(
            "codex",
            [CUSTOM],
            {},
            ("comes with tutti-codex, which is not installed", "run `tt plugins install codex`"),
            id="ours, and made",
        ),
        pytest.param(
            "codex",
            [],
            {"tutti-codex": "is switched off"},
            (
                "comes with tutti-codex, which is switched off",
                "`tt plugins` shows what is wrong with tutti-codex",
            ),
            id="ours, and switched off",
        ),
        pytest.param(
            "gemini-cli",
            [CUSTOM],
            {},
            (
                f"comes with tutti-gemini, which tutti {VERSION} does not have yet",
                "do without it until a later tutti brings it, or declare it in a [[runtime]] table",
            ),
            id="ours, and later",
        ),
        pytest.param(
            "amp",
            [CUSTOM],
            {},
            (
                'no plugin gives a runtime "amp"',
                "install a plugin that gives it, or declare it in a [[runtime]] table",
            ),
            id="nobody's",
        ),
        pytest.param(
            "amp",
            [],
            {"tutti-custom": "is switched off"},
            (
                'no plugin gives a runtime "amp"',
                (
                    "install a plugin that gives it, or declare it in a [[runtime]] table; that"
                    " takes tutti-custom, which is switched off: `tt plugins` shows what is wrong"
                    " with tutti-custom"
                ),
            ),
            id="nobody's, and nothing reads a declaration",
        ),
    ],
)
def test_a_runtime_nobody_gives_has_its_remedy(
    home: Path,
    name: str,
    declared: list[Table],
    absent: dict[str, str],
    said: tuple[str, str],
) -> None:
    """It says whose it is and how to get it, or how to declare it, as this installation can."""
    (home / "tutti.toml").write_text(
        f'[workspace]\nname = "w"\n[[agent]]\nname = "a"\nruntime = "{name}"\n'
    )
    schema = Schema([("tutti-custom", one) for one in declared], absent)
    with pytest.raises(ConfigProblems) as caught:
        load(home, schema, runtimes={"demo"})
    (problem,) = caught.value.problems
    assert problem.message.endswith(said[0])
    assert problem.remedy == said[1]


def test_a_declaration_that_nobody_reads_is_not_asked_for_again(home: Path) -> None:
    """Who has declared a runtime is told what reads it, and not to declare it."""
    (home / "tutti.toml").write_text(
        '[workspace]\nname = "w"\n[[runtime]]\nname = "amp"\ncommand = "amp"\n'
        '[[agent]]\nname = "a"\nruntime = "amp"\n'
    )
    with pytest.raises(ConfigProblems) as caught:
        load(home, Schema(), runtimes={"demo"})
    (problem,) = caught.value.problems
    assert problem.message == '[[runtime]] "amp" takes tutti-custom, which is not installed'
    assert problem.remedy == "run `tt plugins install custom`"

"""The command line: the same bytes by both ways, errors with remedies, one root."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tutti_core import Journal
from tutti_core.version import VERSION
from tutti_testing import Stage
from tutti_testing.stage import carrying

TEAM = '[workspace]\nname = "words"\n[defaults]\nruntime = "demo"\n[[agent]]\nname = "one"\n'
HEAVY = (
    "asyncio",
    "attr",
    "attrs",
    "cattrs",
    "click",
    "importlib.metadata",
    "libtmux",
    "pluggy",
    "rich",
    "structlog",
    "tomlkit",
)

LONG_WAY = """
import sys
from tutti_core.cli.app import run
sys.exit(run(sys.argv[1:]))
"""
WATCHED = """
import atexit, sys
from tutti_core.cli import main
heavy = sys.argv[1].split(",")
sys.argv = ["tt", *sys.argv[2:]]
atexit.register(lambda: print(*[name for name in heavy if name in sys.modules], file=sys.stderr))
main()
"""


@pytest.mark.parametrize("words", [["status"], ["voices"], ["status", "--json"], ["--version"]])
def test_both_ways_print_the_same(workspace: Stage, words: list[str]) -> None:
    """The short way and the long way through a command cannot be told apart."""
    workspace.team(TEAM)
    workspace.tt(*words).well()
    short = workspace.tt(*words)
    long = workspace.run(sys.executable, "-c", LONG_WAY, *words)
    assert (short.stdout, short.stderr, short.exit_code) == (long.stdout, long.stderr, 0)


@pytest.mark.parametrize(
    "words", ["status", "voices", "status --json", "status --all", "--version"]
)
def test_a_status_imports_nothing_heavy(workspace: Stage, words: str) -> None:
    """With its caches warm, `tt status` of a running team stays light, here and everywhere."""
    workspace.team(TEAM).settings('[permissions]\nallow = ["git status"]\n')
    workspace.tt("up").well()
    argv = [sys.executable, "-c", WATCHED, ",".join(HEAVY), *words.split()]
    workspace.run(*argv).well()
    assert workspace.run(*argv).well().stderr == "\n"


@pytest.mark.parametrize("words", [["status"], ["up"], ["send", "one", "hi"]])
def test_outside_a_workspace_one_line_says_what_to_do(workspace: Stage, words: list[str]) -> None:
    """The error names where was looked and the way out; with --json it is one object."""
    plain = workspace.tt(*words).badly()
    assert plain.stderr.startswith("error[config]: no tutti.toml")
    assert "hint: run `tt init`" in plain.stderr
    told = workspace.tt(*words, "--json").badly()
    assert json.loads(told.stderr)["error"]["category"] == "config"
    assert told.stdout == ""


def test_every_problem_of_the_file_is_told_at_once(workspace: Stage) -> None:
    """Each problem has its line, its path and its remedy."""
    workspace.team('[workspace]\nname = "my.app"\n[[agent]]\nname = "a"\nruntme = "demo"\n')
    told = workspace.tt("status").badly().stderr
    lines = told.splitlines()
    assert "tutti.toml:2 workspace.name" in lines[0]
    assert lines[1] == '  hint: write "my-app"'
    assert any("tutti.toml:5 agent[0].runtme" in line for line in lines)
    assert '  hint: did you mean "runtime"?' in lines
    found = workspace.tt("doctor", "--json").badly().json()["checks"]
    assert found[0]["check"] == "tmux"
    wrong = [one for one in found if one["check"] == "workspace"]
    assert {one["status"] for one in wrong} == {"fail"}
    assert 'did you mean "runtime"?' in [one["suggestion"] for one in wrong]


def test_a_command_of_ours_that_is_missing_names_its_distribution(workspace: Stage) -> None:
    """`tt land` is not there yet: tt knows where it comes from, and sends nobody to look for it."""
    told = workspace.tt("land", "one").badly(2).stderr
    assert told == (
        f"error[tool]: tt land comes with tutti-git, which tutti {VERSION} does not have yet\n"
        "  hint: do without it until a later tutti brings it\n"
    )
    said = json.loads(workspace.tt("land", "one", "--json").badly(2).stderr)["error"]
    assert said["category"] == "tool"
    assert said["message"] in told


def test_a_command_of_a_plugin_that_is_switched_off_says_so(workspace: Stage) -> None:
    """Nobody is told to install what is there, and switched off."""
    off = {"TUTTI_DISABLE_PLUGINS": "demo"}
    told = workspace.tt("demo", env=off).badly(2).stderr
    assert "tt demo comes with tutti-demo, which is switched off" in told
    assert "install" not in told


def test_a_command_that_an_installed_plugin_does_not_have_yet_says_so(workspace: Stage) -> None:
    """What is there is not called missing: a later one of it is to bring the command."""
    told = workspace.tt("permissions", "check", "git", "status").badly(2).stderr
    assert f"tt permissions is not in tutti-permissions {VERSION}, which is installed" in told


def test_a_command_nobody_knows_is_a_usage_error(workspace: Stage) -> None:
    """A misspelt command ends with exit code 2."""
    assert "no such command 'stauts'" in workspace.tt("stauts").badly(2).stderr
    more = workspace.tt("peek", "one", "two").badly(2).stderr.splitlines()
    assert more[0] == "error[config]: got unexpected extra argument (two)"
    assert more[1].startswith("  hint: tt peek [OPTIONS] AGENT; tt peek --help")
    two = workspace.tt("answer", "one", "two", "allow").badly(2).stderr.splitlines()
    assert two[0] == "error[config]: one agent takes one answer; found 2 words: two allow"
    assert two[1].startswith("  hint: tt answer one allow|always|deny;")


def test_the_true_root_is_found_from_inside_a_worktree(workspace: Stage) -> None:
    """A worktree has its own copy of the file; the workspace is still the one that made it."""
    workspace.team(TEAM)
    workspace.run("git", "add", "tutti.toml").well()
    workspace.run("git", "commit", "-q", "-m", "Name the team").well()
    workspace.tt("up", "--mode", "safe").well()
    inside = workspace.tree("one") / "deep" / "down"
    inside.mkdir(parents=True)
    assert (workspace.tree("one") / "tutti.toml").exists()
    rows = workspace.tt("status", "--json", cwd=inside).well().json()
    assert [row["running"] for row in rows] == [True]
    assert not (workspace.tree("one") / ".tutti").exists()


def test_a_registered_workspace_is_reached_by_name(workspace: Stage) -> None:
    """`workspace/agent` and `-w` work from anywhere, and a wrong name lists the right ones."""
    workspace.tt("init", "--name", "mine", "--runtime", "demo").well()
    workspace.tt("up").well()
    elsewhere = workspace.home
    assert workspace.tt("peek", "mine/builder", cwd=elsewhere).well().stdout
    rows = workspace.tt("status", "-w", "mine", "--json", cwd=elsewhere).well().json()
    assert rows[0]["workspace"] == "mine"
    told = workspace.tt("peek", "yours/builder", cwd=elsewhere).badly().stderr
    assert "workspace 'yours' is not registered (there are: mine)" in told


def test_every_command_takes_references(workspace: Stage) -> None:
    """`workspace/agent` works wherever agents are named, and all must be of one workspace."""
    workspace.tt("init", "--name", "mine", "--runtime", "demo").well()
    elsewhere = workspace.home
    done = workspace.tt("up", "mine/builder", "--json", cwd=elsewhere).well().json()
    assert [one["outcome"] for one in done["results"]] == ["launched"]
    records = workspace.tt("health", "mine/builder", "--json", cwd=elsewhere).well().json()
    assert [one["agent"] for one in records] == ["builder"]
    assert "builder" in workspace.tt("attach", "mine/builder", "--print", cwd=elsewhere).stdout
    other = Stage(workspace.home / "other", workspace.home, workspace.env)
    other.tt("init", "--name", "yours", "--runtime", "demo").well()
    mixed = workspace.tt("down", "mine/builder", "yours/builder", cwd=elsewhere).badly()
    assert "these agents are of several workspaces" in mixed.stderr
    assert "several" in workspace.tt("peek", "mine/builder", "-w", "yours").badly().stderr
    assert workspace.tt("down", "mine/builder", "-w", "mine", cwd=elsewhere).well()


def test_a_registered_place_that_moved_is_not_taken_for_another(workspace: Stage) -> None:
    """A workspace above an abandoned folder does not answer to its name."""
    inner = Stage(workspace.root / "inner", workspace.home, workspace.env)
    inner.tt("init", "--name", "inner", "--runtime", "demo").well()
    workspace.team(TEAM)
    (inner.root / "tutti.toml").unlink()
    told = workspace.tt("status", "-w", "inner").badly().stderr
    assert "there is no tutti.toml in" in told


@pytest.mark.parametrize("harm", ["break", "remove", "rename the runtime"])
def test_a_running_team_outlives_its_file(workspace: Stage, harm: str) -> None:
    """Whatever becomes of `tutti.toml`, what runs can be seen, attached to and ended."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    file = workspace.root / "tutti.toml"
    if harm == "break":
        workspace.team("[workspace\n")
    elif harm == "remove":
        file.unlink()
    else:
        workspace.team(TEAM.replace('"demo"', '"gemini-cli"'))
    assert workspace.tt("peek", "one").well().stdout
    assert "attach-session" in workspace.tt("attach", "one", "--print").well().stdout
    told = workspace.tt("down", cwd=workspace.tree("one"))
    assert "Stopped 1 agent(s)." in told.well().stdout
    assert "only what runs is known" in told.stderr
    assert carrying(workspace.root) == []


def test_down_says_who_had_ended(workspace: Stage) -> None:
    """An agent that ended by itself was not stopped by anybody."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    workspace.tt("send", "one", "[[exit 7]]")
    workspace.until("one", "exited")
    done = workspace.tt("down").well()
    assert done.stdout == "Closed the session of 1 that had ended by themselves.\n"
    assert "one: exited, its process had ended (exit status 7)" in done.stderr


def test_up_shows_on_a_terminal_whom_it_waits_for(workspace: Stage) -> None:
    """The line of names is taken away again, and nothing of it is left in a file."""
    workspace.team(TEAM)
    master, terminal = os.openpty()
    argv = [sys.executable, "-m", "tutti_core", "up", "--mode", "safe"]
    subprocess.run(
        argv, cwd=workspace.root, env=workspace.env, stderr=terminal, stdout=subprocess.PIPE,
        timeout=60, check=True,
    )  # fmt: skip
    shown = os.read(master, 10_000).decode()
    os.close(master)
    os.close(terminal)
    assert "… 1 to come: one\r\x1b[K" in shown
    assert "one: idle" in shown.rpartition("\x1b[K")[0]
    assert "…" not in workspace.tt("up", "--mode", "safe").well().stderr


def test_attach_says_which_command_it_would_run(workspace: Stage) -> None:
    """The command names the exact session on tutti's own server."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    shown = workspace.tt("attach", "one", "--print").well().stdout
    assert "attach-session -t =tutti-words-one" in shown
    assert workspace.env["TUTTI_TMUX_SOCKET"] in shown


def test_prompts_come_from_words_files_and_standard_input(workspace: Stage) -> None:
    """All three are the same, two at once are refused."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "unattended", "--policy", "bypass").well()
    (workspace.root / "prompt.md").write_text("[[append got.txt from-a-file]]")
    workspace.tt("send", "one", "[[append", "got.txt", "from-words]]").well()
    workspace.until("one", "idle")
    workspace.tt("send", "one", "-f", "prompt.md").well()
    workspace.until("one", "idle")
    workspace.tt("send", "one", "-", stdin="[[append got.txt from-stdin]]").well()
    workspace.until("one", "idle")
    got = (workspace.tree("one") / "got.txt").read_text()
    assert got == "from-words\nfrom-a-file\nfrom-stdin\n"
    twice = workspace.tt("send", "one", "-f", "prompt.md", "and words").badly(2)
    assert "given twice" in twice.stderr
    assert "refused" in workspace.tt("send", "one", stdin="  \n").badly().stdout


def test_events_can_be_followed(workspace: Stage) -> None:
    """Whoever follows sees an event soon after it happened, once."""
    workspace.team(TEAM)
    argv = [sys.executable, "-m", "tutti_core", "events", "-f", "--json"]
    with subprocess.Popen(
        argv, cwd=workspace.root, env=workspace.env, stdout=subprocess.PIPE, text=True
    ) as following:
        workspace.tt("up", "--mode", "safe").well()
        assert following.stdout is not None
        event = json.loads(following.stdout.readline())
        following.terminate()
    assert (event["event"], event["agent"], event["seq"]) == ("agent.started", "one", 1)


def test_events_begin_where_they_are_asked_to(workspace: Stage) -> None:
    """The last few, all after a number, or all after a time; two beginnings are a usage error."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    workspace.tt("down").well()
    started, stopped = workspace.events()
    last = workspace.tt("events", "-n", "1", "--json").well().stdout.splitlines()
    assert [json.loads(line)["event"] for line in last] == ["agent.stopped"]
    later = workspace.tt("events", "--since", started["timestamp"], "--json").well().stdout
    assert [json.loads(line)["seq"] for line in later.splitlines()] == [stopped["seq"]]
    assert "agent.started" in workspace.tt("events").well().stdout
    for begin in (("--since", "1d"), ("--after-seq", "0")):
        last = workspace.tt("events", *begin, "-n", "1", "--json").well().stdout.splitlines()
        assert [json.loads(line)["seq"] for line in last] == [stopped["seq"]]
    assert workspace.tt("events", "--since", "1d", "-n", "0").well().stdout == ""
    both = workspace.tt("events", "--since", started["timestamp"], "--after-seq", "0").badly(2)
    assert "both say where to begin" in both.stderr


def test_a_line_of_another_tool_is_shown_as_it_is(workspace: Stage) -> None:
    """An event without a name or with odd data is printed, and moves nobody's cursor."""
    workspace.team(TEAM)
    journal = Journal(workspace.root / ".tutti" / "state" / "events.jsonl")
    journal.append({"note": "foreign"})
    journal.append({"event": "x\x1b[2J", "agent": 7, "data": ["odd"]})
    shown = workspace.tt("events").well().stdout
    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown


def test_completions_know_the_agents(workspace: Stage) -> None:
    """A shell completes commands and the names in the file."""
    workspace.team(TEAM)
    asked = {"_TT_COMPLETE": "bash_complete", "COMP_WORDS": "tt peek o", "COMP_CWORD": "2"}
    assert workspace.tt(env=asked).stdout == "plain,one\n"
    for shell in ("bash", "zsh", "fish"):
        assert "_TT_COMPLETE" in workspace.tt("--completions", shell).well().stdout


def test_init_does_not_overwrite(workspace: Stage) -> None:
    """A file that is there stays as it is."""
    workspace.team(TEAM)
    assert "is there already" in workspace.tt("init").badly().stderr
    assert (workspace.root / "tutti.toml").read_text() == TEAM


@pytest.mark.parametrize("words", ["status", "status --json", "plugins", "health"])
def test_a_reader_that_goes_away_is_no_error(workspace: Stage, words: str) -> None:
    """`tt status | head -1` prints no traceback, however soon the reader leaves."""
    workspace.team(TEAM)
    reader, writer = os.pipe()
    os.close(reader)
    argv = [sys.executable, "-m", "tutti_core", *words.split()]
    done = subprocess.run(
        argv, cwd=workspace.root, env=workspace.env, stdout=writer, stderr=subprocess.PIPE,
        timeout=60, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.stderr, done.returncode) == (b"", 141)


@pytest.mark.parametrize("way", ["cli.quick import quick", "cli.app import run"])
def test_a_bug_is_one_line_by_both_ways(workspace: Stage, way: str) -> None:
    """What nobody expected is named without a traceback, with the way to see more."""
    workspace.team(TEAM)
    program = (
        "import sys, tutti_core.team.snapshot as s; s.compiled = lambda root: 1 / 0;"
        f"from tutti_core.{way} as way; sys.exit(way(['status']))"
    )
    told = workspace.run(sys.executable, "-c", program).badly().stderr
    assert told.startswith("error[unknown]: this is a bug: ZeroDivisionError")
    assert "tt --debug" in told
    assert "Traceback" not in told


def test_looking_leaves_nothing_in_a_project(workspace: Stage) -> None:
    """A status before the first up makes no folder that could get into a commit."""
    workspace.team(TEAM)
    workspace.tt("status").well()
    assert not (workspace.root / ".tutti").exists()


@pytest.mark.parametrize("words", ["plugins", "status", "--help"])
def test_a_pipe_nobody_reads_is_exit_code_141(workspace: Stage, words: str) -> None:
    """As other programs of a pipe do, and without a word."""
    workspace.team(TEAM)
    closed = f'"{sys.executable}" -m tutti_core {words}; echo "code $?" >&2'
    done = workspace.run("bash", "-c", f"( {closed} ) | true")
    assert done.stderr in ("code 141\n", "code 0\n")


def test_agents_are_named_the_same_way_everywhere(workspace: Stage) -> None:
    """Commas or blanks join them, `send` refuses what could be either, and all keep their order."""
    names = ("a1", "a2", "a10")
    team = TEAM.replace('[[agent]]\nname = "one"\n', "")
    workspace.team(team + "".join(f'[[agent]]\nname = "{name}"\n' for name in names))
    for words in (["a10,a1"], ["a10", "a1"], ["a10,", "a1"]):
        shown = workspace.tt("health", *words, "--json").well().json()
        assert [one["agent"] for one in shown] == ["a1", "a10"], words
    refused = workspace.tt("send", "a1", "a2", "a10", "go on").badly(2)
    assert "'a2' is an agent" in refused.stderr
    assert "nothing was sent" in refused.stderr
    assert 'to all of them: tt send a1,a2,a10 "…"' in refused.stderr
    assert 'tt send a1 "a2 …"' in refused.stderr
    assert workspace.events() == []
    assert "not running" in workspace.tt("send", "a1", "a2 go on", "--json").badly(1).stdout
    assert "'a1,a2' is several agents" in workspace.tt("peek", "a1,a2").badly(2).stderr


def test_a_queue_is_asked_for_by_agent(workspace: Stage) -> None:
    """An agent may stand alone, `cancel --all` takes agents, and a slip of the pen is refused."""
    workspace.team(TEAM)
    assert "No prompt waits for one." in workspace.tt("queue", "one").well().stdout
    assert workspace.tt("queue", "list", "one", "--json").well().json() == []
    assert "no agent 'two'" in workspace.tt("queue", "two").badly().stderr
    assert "tt queue cancel ID" in workspace.tt("queue", "cancle", "3").badly(2).stderr
    assert "cancel --all AGENT" in workspace.tt("queue", "cancel", "one").badly(2).stderr
    assert workspace.tt("queue", "cancel", "--all", "one").well()

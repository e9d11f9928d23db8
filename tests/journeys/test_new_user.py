"""What somebody types who does not know tt yet, and where they type it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest

from tutti_testing import Stage
from tutti_testing.stage import wait_for

TEAM = """[workspace]
name = "shop"
[defaults]
runtime = "demo"
[[agent]]
name = "lead"
"""
TWO = f'{TEAM}[[agent]]\nname = "tests"\n'


def test_help_is_found_by_every_name(workspace: Stage) -> None:
    """`tt help up` is `tt up --help`, `tt help` is `tt --help`; a name nobody knows is an error."""
    assert workspace.tt("help").well().stdout == workspace.tt("-h").well().stdout
    assert workspace.tt("help", "up").well().stdout == workspace.tt("up", "-h").well().stdout
    assert "no such command 'nope'" in workspace.tt("help", "nope").badly(2).stderr


def test_tt_alone_says_where_to_begin(workspace: Stage) -> None:
    """Without a command there is help on standard output, and the next step from here."""
    assert workspace.tt().well().stdout.endswith("→ tt init   begins a team in this folder\n")
    workspace.team(TEAM)
    assert "→ tt status" in workspace.tt().well().stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "code", "meant"),
    [
        (["stauts"], 2, "did you mean tt status?"),
        (["up", "--cleen"], 2, "--cleen"),
        (["down", "--cleen"], 2, "Did you mean '--clean'?"),
        (["up", "leed"], 1, "did you mean lead?"),
        (["peek", "LEAD"], 1, "did you mean lead?"),
        (["status", "leda"], 1, "did you mean lead?"),
        (["send", "xyz", "hi"], 1, "check the spelling"),
    ],
)
def test_a_slip_of_the_fingers_is_answered_with_what_was_meant(
    workspace: Stage, words: list[str], code: int, meant: str
) -> None:
    """Commands, options and agents have near names, and the error says them."""
    workspace.team(TEAM)
    assert meant in workspace.tt(*words).badly(code).stderr


def test_status_of_some_shows_only_them(workspace: Stage) -> None:
    """`tt status AGENT` and `tt voices AGENT` are the rows of those agents."""
    workspace.team(TWO)
    for command in ("status", "voices"):
        rows = workspace.tt(command, "tests", "--json").well().json()
        assert [row["agent"] for row in rows] == ["tests"]


@pytest.mark.parametrize("harm", ["broken", "gone"])
def test_a_running_team_is_seen_without_its_file(workspace: Stage, harm: str) -> None:
    """Status, health and events go on with what runs, say why, and change nothing on stdout."""
    workspace.team(TWO)
    workspace.tt("up", "--mode", "safe").well()
    if harm == "broken":
        workspace.team(f"{TWO}[[agent\n")
    else:
        (workspace.root / "tutti.toml").unlink()
    told = workspace.tt("status", "--json").well()
    assert [row["state"] for row in told.json()] == ["idle", "idle"]
    assert [row["configured"] for row in told.json()] == [None, None]
    assert "tutti.toml" in told.stderr
    assert "only what runs is known" in told.stderr
    records = workspace.tt("health", "tests", "--json").well().json()
    assert [one["agent"] for one in records] == ["tests"]
    assert "agent.started" in workspace.tt("events").well().stdout
    assert "error[config]" in workspace.tt("up").badly().stderr


def test_a_broken_file_keeps_a_declared_runtime_readable(workspace: Stage) -> None:
    """The rules that a file declared are remembered, so that its agents are not unknown."""
    declared = (
        '[[runtime]]\nname = "mine"\ncommand = "sh -c \'echo ready-now; cat\'"\n'
        '[[runtime.screen]]\nid = "ready"\nstate = "idle"\nregion = "bottom:8"\n'
        'all = ["ready-now"]\n'
    )
    workspace.team(TEAM.replace('"demo"', '"mine"') + declared)
    workspace.tt("up", "--mode", "safe", "--no-wait").well()
    before = workspace.until("lead", "idle")
    workspace.team("[workspace\n")
    after = workspace.tt("status", "--json").well().json()
    assert [row["state"] for row in after] == [before["state"]]


def test_an_agent_that_was_taken_out_is_marked(workspace: Stage) -> None:
    """Who runs and is no longer configured is said to, with the way to end them."""
    workspace.team(TWO)
    workspace.tt("up", "--mode", "safe").well()
    workspace.team(TEAM)
    shown = workspace.tt("status").well().stdout
    assert "idle, not in tutti.toml" in shown
    assert "→ tt down tests   no longer in tutti.toml" in shown
    rows = workspace.status()
    assert (rows["lead"]["configured"], rows["tests"]["configured"]) == (True, False)
    workspace.tt("down", "tests").well()
    assert set(workspace.status()) == {"lead"}


def test_a_mode_that_is_not_the_usual_one_is_shown(workspace: Stage) -> None:
    """How an agent was launched is in its row while it is there, and in the table if unusual."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "unattended", "--policy", "bypass").well()
    row = workspace.status()["lead"]
    assert (row["mode"], row["policy"], row["enforcement"]) == ("unattended", "bypass", "bypass")
    assert "unattended, bypass" in workspace.tt("status").well().stdout
    workspace.tt("down").well()
    assert workspace.status()["lead"]["mode"] is None
    assert "MODE" not in workspace.tt("status").well().stdout


@pytest.mark.parametrize("words", ["status", "up", "send lead hi", "down"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_bug(workspace: Stage, words: str, closed: str) -> None:
    """Whatever the caller has closed, a command does its work and calls nothing a bug."""
    workspace.team(TEAM)
    done = workspace.run("bash", "-c", f'exec "{sys.executable}" -m tutti_core {words} {closed}')
    assert "bug" not in done.stderr + done.stdout
    assert done.exit_code == (1 if words in ("up", "send lead hi") else 0)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_a_full_disk_is_said_in_one_line(workspace: Stage) -> None:
    """Output that cannot be written is an error of the disk, not a bug."""
    workspace.team(TEAM)
    argv = f'"{sys.executable}" -m tutti_core status >/dev/full'
    told = workspace.run("bash", "-c", argv).badly()
    assert told.stderr == (
        "error[tool]: cannot write the output: No space left on device\n  hint: make room there\n"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes a user nobody knows")
def test_a_user_nobody_knows_is_told_to_set_home(workspace: Stage) -> None:
    """Without HOME and without an entry of the user there is one line, and the way out."""
    workspace.team(TEAM)
    program = (
        "import os, sys; os.environ.pop('HOME', None); os.setuid(54321);"
        "from tutti_core.config.find import global_path; from tutti_core.cli.report import ended;"
        "sys.exit(ended(lambda: print(global_path()), ['--json']))"
    )
    told = workspace.run(sys.executable, "-c", program).badly()
    assert json.loads(told.stderr)["error"]["hint"] == "set HOME to a folder of your own"


def test_up_says_what_it_does_not_change(workspace: Stage) -> None:
    """A mode or a policy asked for an agent that runs already is not dropped in silence."""
    workspace.team(TWO)
    workspace.tt("up", "--mode", "safe").well()
    told = workspace.tt("up", "--mode", "unattended", "--policy", "bypass").well().stderr
    assert (
        "lead, tests: goes on as it was started, in mode safe, not in mode unattended, policy"
        " bypass: tt down, then tt up --mode unattended --policy bypass"
    ) in told
    assert "goes on" not in workspace.tt("up", "--mode", "safe").well().stderr
    told = workspace.tt("up", "lead", "--mode", "safe", "--fresh-worktree", "--new").well().stderr
    assert (
        "lead: goes on in its tree as it is and with its conversation:"
        " tt down, then tt up --fresh-worktree --new"
    ) in told


def test_going_on_without_what_is_no_table_is_refused(workspace: Stage) -> None:
    """A misspelt name is met with the right one; one that needs no leave is no mistake."""
    workspace.team(TEAM)
    told = workspace.tt("up", "--mode", "safe", "--without", "permisions").badly(2).stderr
    assert "--without permisions: no plugin is known to own [permisions]" in told
    assert 'did you mean "permissions"?' in told
    for name in ("permissions", "agent.copy", "workflow"):
        workspace.tt("up", "--mode", "safe", "--without", name).well()


def test_an_interrupted_up_says_who_runs(workspace: Stage) -> None:
    """Ctrl+C ends the waiting: who runs goes on, who was not begun is named, the exit is 130."""
    workspace.team(
        f'{TEAM}[[agent]]\nname = "slow"\nruntime = "never"\n'
        '[[agent]]\nname = "last"\ndepends_on = ["slow"]\n'
        '[[runtime]]\nname = "never"\ncommand = "sleep 600"\n'
        '[[runtime.screen]]\nid = "ready"\nstate = "idle"\nregex = "ready"\n'
    )
    argv = [sys.executable, "-m", "tutti_core", "up", "--mode", "safe", "--json"]
    with subprocess.Popen(
        argv, cwd=workspace.root, env=workspace.env, stdout=subprocess.PIPE, text=True
    ) as coming:
        assert wait_for(lambda: _running(workspace) == {"lead", "slow"})
        coming.send_signal(signal.SIGINT)
        printed, _ = coming.communicate(timeout=60)
    told = json.loads(printed)
    assert coming.returncode == 130
    assert (told["ok"], told["interrupted"]) == (False, True)
    results = {one["agent"]: one for one in told["results"]}
    assert (results["slow"]["ok"], results["slow"]["detail"]) == (
        True,
        "runs; nobody waited until it was ready",
    )
    assert (results["last"]["ok"], results["last"]["hint"]) == (False, "tt up last")
    assert _running(workspace) == {"lead", "slow"}


def _running(workspace: Stage) -> set[str]:
    return {name for name, row in workspace.status().items() if row["running"]}


def test_an_agent_does_not_end_itself_half_way(workspace: Stage) -> None:
    """Typed in an agent's own session, `tt down` names the others; nothing is ended by it."""
    workspace.team(TWO)
    workspace.tt("up", "--mode", "safe").well()
    inside = {"TUTTI_AGENT": "lead", "TUTTI_ROOT": str(workspace.root)}
    told = workspace.tt("down", env=inside).badly().stderr
    assert "lead would end itself" in told
    assert "hint: tt down tests" in told
    assert _running(workspace) == {"lead", "tests"}
    workspace.tt("down", "tests", env=inside).well()
    workspace.tt("down").well()
    assert "No running agents" in workspace.tt("down", env=inside).well().stdout


def test_cleaning_can_be_repeated(workspace: Stage) -> None:
    """`tt down --clean` cleans up after agents that had stopped, counts, and then has nothing."""
    workspace.team(TWO)
    workspace.tt("up", "--mode", "safe").well()
    workspace.tt("down").well()
    assert workspace.tt("down", "--clean").well().stdout == "Removed 2 worktree(s).\n"
    again = workspace.tt("down", "--clean").well().stdout
    assert again == "No running agents to stop, no worktrees to remove.\n"


def test_the_doctor_checks_the_machine_before_there_is_a_team(workspace: Stage) -> None:
    """Who has just installed tutti learns what is there; that there is no team still fails."""
    (workspace.root / "tutti.toml").unlink(missing_ok=True)
    report = workspace.tt("doctor", "--json").badly().json()["checks"]
    found = {one["check"]: one for one in report}
    assert found["tmux"]["status"] == found["git"]["status"] == "pass"
    assert found["runtime/demo"]["detail"] == f"Tutti Demo {version('tutti-demo')}"
    assert found["workspace"]["status"] == "fail"
    assert "tt init" in found["workspace"]["suggestion"]
    assert [one["check"] for one in report if one["status"] == "fail"] == ["workspace"]
    assert not (workspace.root / ".tutti").exists()
    assert workspace.tt("doctor", "-w", "nobody").badly().stdout == ""


def test_the_doctor_names_the_version_of_the_demo(workspace: Stage) -> None:
    """It is the scripted agent's own, not that of the Python it runs on."""
    workspace.team(TEAM)
    checks = {one["check"]: one for one in workspace.tt("doctor", "--json").json()["checks"]}
    assert checks["runtime/lead"]["detail"] == f"Tutti Demo {version('tutti-demo')}"


def _on_a_terminal(workspace: Stage, *words: str, **env: str) -> str:
    """Run tt with standard error on a terminal, and return what is shown there."""
    master, terminal = os.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "tutti_core", *words], cwd=workspace.root,
            env={**workspace.env, **env}, stderr=terminal, stdout=subprocess.PIPE,
            timeout=120, check=False,
        )  # fmt: skip
        return os.read(master, 50_000).decode()
    finally:
        os.close(master)
        os.close(terminal)


def test_waiting_is_shown_on_a_terminal(workspace: Stage) -> None:
    """Up says the states of those it waits for, the doctor what it looks at, both on one line."""
    workspace.team(TEAM)
    shown = _on_a_terminal(workspace, "up", "--mode", "safe")
    assert re.search(r"1 to come( after \d+s)?: lead \(\w+\)\r\x1b", shown)
    assert "… checking runtimes\r\x1b[K" in _on_a_terminal(workspace, "doctor")


def test_a_terminal_that_knows_nothing_gets_plain_lines(workspace: Stage) -> None:
    """With TERM=dumb there is neither colour nor a line that changes."""
    workspace.team(TEAM)
    shown = _on_a_terminal(workspace, "up", "--mode", "safe", TERM="dumb")
    assert "lead: idle" in shown
    assert "\x1b" not in shown
    assert "to come" not in shown


def test_completion_knows_what_runs_without_a_file(workspace: Stage) -> None:
    """The names of a running team are completed though its file is broken."""
    workspace.team(TWO)
    workspace.tt("up", "lead", "--mode", "safe").well()
    workspace.team("[workspace\n")
    asked = {"_TT_COMPLETE": "bash_complete", "COMP_WORDS": "tt down ", "COMP_CWORD": "2"}
    assert workspace.tt(env=asked).stdout == "plain,lead\n"


def test_a_folder_that_is_no_repository_is_named(workspace: Stage) -> None:
    """The error is about the folder, not about a command of git, and names both ways out."""
    bare = Stage(workspace.home / "bare", workspace.home, workspace.env)
    told = bare.team(TEAM).tt("up", "--mode", "safe").badly()
    assert f"{bare.root} is not in a git repository" in told.stderr
    assert "worktree = false under [defaults]" in told.stdout


def test_attach_wants_a_terminal(workspace: Stage) -> None:
    """Without one it says so and what shows the screen all the same; --print needs none."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    told = workspace.tt("attach", "lead").badly(2).stderr
    assert "this is none" in told
    assert "hint: tt peek lead" in told
    workspace.tt("attach", "lead", "--print").well()


def test_a_grace_that_is_no_number_ends_nobody(workspace: Stage) -> None:
    """`nan` is not taken for no time at all."""
    workspace.team(TEAM)
    workspace.tt("up", "--mode", "safe").well()
    assert (
        "nan is not a number of seconds" in workspace.tt("down", "--grace", "nan").badly(2).stderr
    )
    assert _running(workspace) == {"lead"}

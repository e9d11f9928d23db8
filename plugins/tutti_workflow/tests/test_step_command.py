"""A command runs once, is told live, is kept whole, and ends with all that it started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tutti_core import Attempt, ConfigError, Context, TuttiError
from tutti_core.errors import StepStopped
from tutti_testing import Stage, StepConformance, wait_for
from tutti_workflow.model import StepFailed
from tutti_workflow.steps.child import Child
from tutti_workflow.steps.command import Command, CommandKeys
from tutti_workflow.steps.printed import KEPT_BYTES

TEAM = """
[workspace]
name = "work"

[[agent]]
name = "ann"
runtime = "demo"
"""


@pytest.fixture
def work(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A workspace with an agent."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    workspace.team(TEAM)
    return Context.open(workspace.root)


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class TestConformance(StepConformance):
    """The law of steps."""

    step = Command()
    examples = (
        'run = "echo hello >> notes.txt"',
        "argv = ['sh', '-c', 'echo \"$1\" > out.json', '-', '[1]']\noutput_json = \"out.json\"",
    )
    refused = (
        ('run = ""', "run"),
        ('run = "x"\nargv = ["x"]', "run"),
        ("argv = []", "argv"),
        ('run = "x"\ncwd = "elsewhere"', "cwd"),
        ('run = "x"\nmax_output_mb = 0', "max_output_mb"),
    )
    slow = 'run = "sleep 60"'


def attempt(
    folder: Path, token: str = "run/go/1", **more: Any
) -> tuple[Attempt, list[str], dict[str, Any]]:
    """An attempt whose files are in a folder, the lines it says, and what it notes."""
    said: list[str] = []
    notes: dict[str, Any] = {}
    folder.mkdir(exist_ok=True)
    env = {"TUTTI_STEP_DIR": str(folder)}
    return Attempt(token, env=env, say=said.append, note=notes.update, **more), said, notes


def test_everything_printed_is_kept_and_told(work: Context, tmp_path: Path) -> None:
    """Lines are told as they come, bytes that are no text included; the record is an excerpt."""
    text = "printf 'one\\n\\377two\\n' >&2; head -c 300000 /dev/zero | tr '\\0' x; echo; echo end"
    given, said, _ = attempt(tmp_path / "a")
    done = Command().run(work, CommandKeys(run=text), given)
    assert (tmp_path / "a" / "stdout").stat().st_size == 300_005
    assert done["stderr"] == "one\n\N{REPLACEMENT CHARACTER}two\n"
    assert len(done["stdout"]) < KEPT_BYTES + 500
    assert done["stdout"].endswith("x\nend\n")
    assert "are left out here" in done["stdout"]
    told = [one for one in said if one[:1] != "x"]
    assert sorted(told) == ["end", "one", "\N{REPLACEMENT CHARACTER}two"]
    assert (tmp_path / "a" / "stdout").stat().st_mode & 0o777 == 0o600


def test_a_grandchild_that_holds_the_output_keeps_nobody_waiting(
    work: Context, tmp_path: Path
) -> None:
    """The command ends when it ends, and what it left in its group ends with it."""
    given, _, _ = attempt(tmp_path / "a")
    began = time.monotonic()
    Command().run(work, CommandKeys(run="sleep 300 & echo $! > child"), given)
    assert time.monotonic() - began < 20
    assert wait_for(lambda: not is_alive(int((work.root / "child").read_text())))


def test_who_left_the_group_is_found_at_the_time_limit(work: Context, tmp_path: Path) -> None:
    """Neither a session of its own nor a deaf ear saves a grandchild."""
    deaf = "trap '' TERM; echo $$ > child; sleep 300"
    text = f'setsid sh -c "{deaf.replace("$", chr(92) + "$")}" & while :; do sleep 1; done'
    ready = wait_until_child(work)
    given, _, _ = attempt(tmp_path / "a", stopped=ready)
    with pytest.raises(StepStopped) as stopped:
        Command().run(work, CommandKeys(run=text), given)
    assert wait_for(lambda: not is_alive(int((work.root / "child").read_text())))
    assert stopped.value.data["exit_code"] is None  # type: ignore[attr-defined]


def wait_until_child(work: Context) -> Callable[[], bool]:
    """Tell to stop as soon as the file of the grandchild is there."""
    return lambda: (work.root / "child").exists() and bool((work.root / "child").read_text())


def test_a_failure_says_what_is_known(work: Context, tmp_path: Path) -> None:
    """Exit status, both outputs, and where all of it is."""
    given, _, _ = attempt(tmp_path / "a")
    with pytest.raises(StepFailed) as failed:
        Command().run(work, CommandKeys(run="echo no luck >&2; exit 3"), given)
    assert failed.value.message == "command failed (exit 3): echo no luck >&2; exit 3"
    assert failed.value.data["exit_code"] == 3
    assert failed.value.data["stderr"] == "no luck\n"
    given, _, _ = attempt(tmp_path / "b")
    with pytest.raises(StepFailed, match="exit 137"):
        Command().run(work, CommandKeys(run="kill -9 $$"), given)


def test_no_profile_is_read_unless_wanted(
    work: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a login shell would read is nobody's business where that was not asked for."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".profile").write_text("FROM_PROFILE=yes\n")
    for number, wanted in enumerate((False, True)):
        keys = CommandKeys(run="echo $FROM_PROFILE", login_shell=wanted)
        done = Command().run(work, keys, attempt(tmp_path / str(number))[0])
        assert done["stdout"] == ("yes\n" if wanted else "\n")


def test_a_flood_is_ended(work: Context, tmp_path: Path) -> None:
    """What prints without end does not fill the disk."""
    given, _, _ = attempt(tmp_path / "a")
    with pytest.raises(StepFailed, match="printed more than 1 MB"):
        Command().run(work, CommandKeys(run="yes", max_output_mb=1), given)


class TestLeftRunning:
    """A tt that was killed left a command behind."""

    @pytest.fixture
    def child(self, tmp_path: Path) -> Iterator[Child]:
        """A command of another tt."""
        (tmp_path / "left").mkdir()
        child = Child(tmp_path / "left", f"token-{tmp_path}")
        yield child
        child.end()
        child.close()

    def record(self, child: Child) -> dict[str, Any]:
        """What that tt had noted."""
        return {
            "token": child.token,
            "number": 1,
            "notes": {"folder": str(child.folder), "mark": child.token},
        }

    def test_one_that_runs_is_waited_for(self, work: Context, child: Child, tmp_path: Path) -> None:
        """It is not started again; its status and its output are its own."""
        step = CommandKeys(run="echo again >> times")
        text = "echo once >> times; while ! [ -e go ]; do sleep 0.05; done; echo done"
        child.start(("sh", "-c", text), work.root, os.environ)
        assert wait_for((work.root / "times").exists)
        assert Command().recover(work, step, self.record(child)) == "continue"
        given, said, notes = attempt(tmp_path / "new", earlier=self.record(child))
        (work.root / "go").touch()
        done = Command().run(work, step, given)
        assert done["stdout"] == "done\n"
        assert "done" in said
        assert notes["folder"] == str(child.folder)
        assert (work.root / "times").read_text() == "once\n"

    def test_one_that_has_ended_is_known_to_have_ended(
        self, work: Context, child: Child, tmp_path: Path
    ) -> None:
        """Whatever its status was."""
        child.start(("sh", "-c", "echo late; exit 4"), work.root, os.environ)
        assert wait_for(lambda: child.status() is not None)
        step = CommandKeys(run="touch again")
        assert Command().recover(work, step, self.record(child)) == "continue"
        given, _, _ = attempt(tmp_path / "new", earlier=self.record(child))
        with pytest.raises(StepFailed) as failed:
            Command().run(work, step, given)
        assert (failed.value.data["exit_code"], failed.value.data["stdout"]) == (4, "late\n")
        assert not (work.root / "again").exists()

    def test_one_that_was_killed_too_is_unknown(self, work: Context, child: Child) -> None:
        """It began, it is gone, and it left no status."""
        child.start(("sleep", "300"), work.root, os.environ)
        assert wait_for(child.began)
        assert child.end() == ()
        assert Command().recover(work, CommandKeys(run="x"), self.record(child)) == "unknown"

    def test_one_that_never_began_is_done_again(self, work: Context, child: Child) -> None:
        """There is neither a process nor a trace of one."""
        assert Command().recover(work, CommandKeys(run="x"), self.record(child)) == "redo"


class TestPlaces:
    """A command works where it is meant to, and nowhere else."""

    @pytest.mark.parametrize("subdir", ["..", "link", "a/../../x"])
    def test_nothing_leads_out(self, work: Context, tmp_path: Path, subdir: str) -> None:
        """Neither a path nor a link."""
        (work.root / "link").symlink_to("/")
        (work.root / "a").mkdir()
        given, _, _ = attempt(tmp_path / "a")
        with pytest.raises(ConfigError, match="leads out of"):
            Command().run(work, CommandKeys(run="pwd", subdir=subdir), given)

    def test_a_tree_is_looked_for_when_the_step_starts(self, work: Context, tmp_path: Path) -> None:
        """A plan names it; a run without it says how to have it; then it is there."""
        step = CommandKeys(run="pwd", cwd="agent_worktree", agent="ann", subdir="docs")
        tree = work.root / ".tutti" / "worktrees" / "ann"
        assert Command().plan(work, step)["cwd"] == str(tree / "docs")
        given, _, _ = attempt(tmp_path / "a")
        with pytest.raises(TuttiError, match="has no worktree yet") as failed:
            Command().run(work, step, given)
        assert "ensure_running" in failed.value.hint
        (tree / "docs").mkdir(parents=True)
        assert Command().run(work, step, given)["stdout"] == f"{tree}/docs\n"

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            ("true", "is not there"),
            ("echo {", "is no JSON"),
            ("echo NaN > out.json", "is no JSON"),
            ("mkfifo out.json", "is no file"),
            ("ln -s /etc/passwd out.json", "leads out of"),
        ],
    )
    def test_an_output_is_one_json_value(
        self, work: Context, tmp_path: Path, made: str, said: str
    ) -> None:
        """Anything else fails the step, and keeps nobody waiting."""
        text = f"{made} > out.json" if "echo {" in made else made
        given, _, _ = attempt(tmp_path / "a")
        with pytest.raises(TuttiError, match=said):
            Command().run(work, CommandKeys(run=text, output_json="out.json"), given)

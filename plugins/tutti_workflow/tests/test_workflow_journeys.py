from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tutti_testing import Stage
from tutti_testing.stage import wait_for

pytestmark = pytest.mark.timeout(120)

HEAD = '[workspace]\nname = "shop"\n'
LONG = "echo $$ > pids; sleep 300 & echo $! >> pids; wait"
DEAF = LONG.replace("sleep", "trap '' INT TERM HUP; sleep")
"""The same, and neither it nor what it started ends when it is asked to."""


def flow(name: str, *steps: str, head: str = "") -> str:
    """A workflow of steps, each as the text of its keys."""
    body = "".join(f"[[workflow.step]]\n{one}\n" for one in steps)
    return f'[[workflow]]\nname = "{name}"\n{head}\n{body}'


def command(run: str, *keys: str) -> str:
    """A step that runs a command."""
    return "\n".join([f'type = "command"\nrun = {json.dumps(run)}', *keys])


@pytest.fixture
def shop(workspace: Stage) -> Stage:
    """A workspace with workflows that succeed, fail, and take long."""
    return workspace.team(
        HEAD
        + flow(
            "verify",
            command("test -f good", 'id = "unit"', 'fail_mode = "closed"'),
            command("test -f tidy", 'id = "lint"'),
            head='description = "What proves the work"',
        )
        + flow("long", command("echo begun"), command(LONG, 'id = "wait"'), command("true"))
        + flow("auth", command("echo one >> made", 'movement = "auth"'))
        + flow("more", command("echo two >> made", 'movement = "auth"'), command("echo no >> made"))
    )


def good(shop: Stage, *names: str) -> None:
    """Make the files that the verification looks for."""
    for name in names:
        (shop.root / name).touch()


def start(shop: Stage, *words: str) -> subprocess.Popen[str]:
    """Start `tt` and leave it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tutti_core", *words],
        cwd=shop.root,
        env=shop.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pids(shop: Stage) -> list[int]:
    """The processes that the long command wrote down, once both are there."""
    path = shop.root / "pids"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = path.read_text().split() if path.exists() else []
        if len(found) == 2:
            return [int(one) for one in found]
        time.sleep(0.02)
    raise AssertionError("the command did not begin")


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class TestRun:
    """`tt run`."""

    def test_it_is_listed(self, shop: Stage) -> None:
        """With how many steps it has, for people and for programs."""
        assert "verify    2      What proves the work" in shop.tt("run", "--list").well().stdout
        first = shop.tt("run", "--list", "--json").well().json()[0]
        assert first["name"] == "verify"
        assert (first["description"], first["steps"]) == ("What proves the work", 2)

    def test_a_dry_run_records_nothing(self, shop: Stage) -> None:
        """It says what would be done, and leaves no trace of it."""
        plan = shop.tt("run", "verify", "--dry-run", "--json").well().json()
        assert [one["command"] for one in plan["steps"]] == ["test -f good", "test -f tidy"]
        assert [one["fail_mode"] for one in plan["steps"]] == ["closed", "open"]
        assert plan["waves"] == [["unit"], ["lint"]]
        assert "test -f tidy" in shop.tt("run", "verify", "--dry-run").well().stdout
        assert not (shop.root / ".tutti" / "state" / "runs").exists()
        assert not (shop.root / ".tutti" / "state" / "events.jsonl").exists()

    def test_json_is_all_there_is_on_stdout(self, shop: Stage) -> None:
        """Also of a run that fails: the result there, the error as JSON beside it."""
        failed = shop.tt("run", "verify", "--json").badly(1)
        assert failed.json()["failed_steps"] == [1]
        error = json.loads(failed.stderr)["error"]
        assert error["message"].startswith("workflow 'verify' failed (failed steps: [1])")
        good(shop, "good", "tidy")
        assert shop.tt("run", "verify", "--json").well().json()["success"]

    def test_each_event_is_a_line_where_there_is_no_terminal(self, shop: Stage) -> None:
        """On standard error, as it happens."""
        good(shop, "good", "tidy")
        lines = shop.tt("run", "verify").well().stderr.splitlines()
        assert re.fullmatch(r"verify: run [\w-]+ begun", lines[0])
        assert lines[1] == "1/2 unit: began"
        assert lines[2].startswith("1/2 unit: success in ")
        assert ".tutti" not in shop.run("git", "status", "--porcelain").well().stdout

    def test_a_failed_run_is_resumed(self, shop: Stage) -> None:
        """It says first what it will do, and by the end of an id which run it is."""
        good(shop, "tidy")
        shop.tt("run", "verify").badly(1)
        (run,) = shop.tt("runs", "--json").well().json()
        assert run["resume_eligible"]
        good(shop, "good")
        done = shop.tt("run", "--resume", run["run_id"][-6:]).well()
        assert "step 1 (unit) runs: it failed" in done.stderr
        again = shop.tt("run", "--resume", "last").badly(1)
        assert "already succeeded; nothing to resume" in again.stderr

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "workflow name is required unless --list or --resume is set"),
            (("--list", "verify"), "--list goes with --json alone"),
            (("verify", "--resume", "last"), "--resume goes on with what the run was begun with"),
            (("verify", "--force"), "--force goes with --resume alone"),
            (("verify", "--var", "x"), "--var x: a name and a value are wanted"),
        ],
    )
    def test_what_makes_no_sense(self, shop: Stage, words: tuple[str, ...], said: str) -> None:
        """Is refused as a wrong use of the command."""
        assert said in shop.tt("run", *words).badly(2).stderr

    def test_what_is_not_there(self, shop: Stage) -> None:
        """A workflow or a run that is not there is named, with those that are."""
        said = shop.tt("run", "nope").badly(1).stderr
        assert "there is no workflow 'nope'" in said
        assert "workflows here: verify, long, auth, more" in said
        assert "run 'nope' not found" in shop.tt("run", "--resume", "nope").badly(1).stderr
        assert not (shop.root / ".tutti" / "state" / "runs").exists()

    def test_a_movement_runs_across_workflows(self, shop: Stage) -> None:
        """Only the steps that belong to it, of every workflow with a part in it."""
        results = shop.tt("run", "--movement", "auth", "--json").well().json()
        assert [one["workflow_name"] for one in results] == ["auth", "more"]
        assert (shop.root / "made").read_text() == "one\ntwo\n"
        found = shop.tt("runs", "--movement", "auth", "--json").well().json()
        assert len(found) == 2
        assert shop.tt("runs", "--movement", "x", "--json").well().json() == []

    def test_it_can_be_left_alone(self, shop: Stage) -> None:
        """Its id is there at once, and another process goes on with it."""
        good(shop, "good", "tidy")
        begun = shop.tt("run", "verify", "--detach", "--json").well().json()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            (run,) = shop.tt("runs", "--json").well().json()
            if run["status"] == "succeeded":
                break
        assert (run["run_id"], run["status"]) == (begun["run_id"], "succeeded")

    def test_a_terminal_shows_a_table_that_changes(self, shop: Stage) -> None:
        """Rows are drawn anew in their place, and give way to the result."""
        good(shop, "good", "tidy")
        outer, inner = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "tutti_core", "run", "verify"],
            cwd=shop.root,
            env=shop.env,
            stdin=inner,
            stdout=inner,
            stderr=inner,
        )
        os.close(inner)
        shown, end = b"", time.monotonic() + 60
        while time.monotonic() < end and select.select([outer], [], [], 30)[0]:
            try:
                shown += os.read(outer, 65536)
            except OSError:
                break
        os.close(outer)
        assert process.wait(30) == 0
        text = shown.decode()
        assert re.search(r"verify  [\w-]+  1/2", text)
        assert "\x1b[3A\x1b[J" in text
        assert text.rstrip().endswith("success\x1b[0m")


class TestEnding:
    """A run that somebody ends."""

    @pytest.mark.parametrize(
        ("number", "run"),
        [(signal.SIGINT, LONG), (signal.SIGTERM, DEAF), (signal.SIGHUP, DEAF)],
    )
    def test_a_signal_ends_it_well(self, shop: Stage, number: signal.Signals, run: str) -> None:
        """With every process it started; what was not done is done by the resumed run."""
        steps = command("echo begun"), command(run, 'id = "wait"'), command("true")
        shop.team(HEAD + flow("long", *steps))
        process = start(shop, "run", "long")
        started = pids(shop)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 128 + number, said
        assert "was interrupted" in said
        assert not any(map(alive, started))
        (run,) = shop.tt("runs", "--json").well().json()
        assert (run["status"], run["steps_done"]) == ("interrupted", 1)
        assert [one["event"] for one in shop.events()][-1] == "workflow.interrupted"
        plan = shop.tt("run", "--resume", "last", "--dry-run", "--json").well().json()
        assert [one["does"] for one in plan["resume"]["steps"]] == ["keep", "rerun", "run"]

    def test_a_part_of_it_ends_with_it(self, shop: Stage) -> None:
        """Begun by its schedule: the run, the run within it, and what that started, as one."""
        part = 'type = "workflow"\nworkflow = "inner"'
        often = 'schedule = "* * * * *"'
        shop.team(HEAD + flow("inner", command(DEAF)) + flow("outer", part, head=often))
        last = shop.root / ".tutti" / "state" / "scheduler-last-runs.json"
        last.parent.mkdir(parents=True, exist_ok=True)
        last.write_text('{"shop/outer": "2026-01-01T00:00:00Z"}')
        words = [sys.executable, "-m", "tutti_workflow.schedule", "outer", str(shop.root)]
        process = subprocess.Popen(words, cwd=shop.root, env=shop.env)
        started = pids(shop)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
        assert not any(map(alive, started))
        runs = shop.tt("runs", "list", "--nested", "--json").well().json()
        assert [(one["workflow_name"], one["status"]) for one in runs] == [
            ("inner", "interrupted"),
            ("outer", "interrupted"),
        ]

    def test_a_second_signal_does_not_wait(self, shop: Stage) -> None:
        """Tt is gone at once; the run can be resumed, and the command is found again."""
        loop = LONG.replace("wait", "while :; do sleep 1; done")
        shop.team(HEAD + flow("long", command(f"trap 'touch heard' TERM; {loop}")))
        process = start(shop, "run", "long")
        started = pids(shop)
        process.send_signal(signal.SIGINT)
        assert wait_for((shop.root / "heard").exists, 60)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert time.monotonic() - begun < 5
        (run,) = shop.tt("runs", "--json").well().json()
        assert run["status"] == "interrupted"
        for pid in started:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def test_killed_it_is_seen_to_be_interrupted(self, shop: Stage) -> None:
        """Nobody owns it; the command that outlived it is gone on with, and not begun again."""
        process = start(shop, "run", "long")
        started = pids(shop)
        process.kill()
        process.communicate(timeout=30)
        (run,) = shop.tt("runs", "--json").well().json()
        assert run["status"] == "interrupted"
        plan = shop.tt("run", "--resume", "last", "--dry-run", "--json").well().json()
        assert plan["resume"]["steps"][1]["does"] == "continue"
        again = start(shop, "run", "--resume", "last", "--json")
        os.kill(started[1], signal.SIGTERM)
        said, _ = again.communicate(timeout=60)
        assert json.loads(said)["step_results"][1]["settled"]["does"] == "continue"
        assert len((shop.root / "pids").read_text().split()) == 2

    def test_a_run_has_one_owner(self, shop: Stage) -> None:
        """A second resume is told who that is, and changes nothing."""
        process = start(shop, "run", "long")
        pids(shop)
        process.kill()
        process.communicate(timeout=30)
        first = start(shop, "run", "--resume", "last")
        assert first.stderr is not None
        for line in first.stderr:
            if "resumed" in line:
                break
        second = shop.tt("run", "--resume", "last").badly(1)
        assert f"is owned by pid {first.pid}" in second.stderr
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)


class TestVerify:
    """`tt verify`."""

    def test_it_says_what_was_proved(self, shop: Stage) -> None:
        """Passed, with warnings, failed: each is told as what it is, and kept."""
        nothing = shop.tt("verify", "--last", "--json").well().json()
        assert nothing == {"found": False, "summary": None}
        assert "verify-last.json" in shop.tt("verify", "--last").well().stdout
        shop.tt("verify").badly(1)
        assert self._last(shop) == ("failed", False, [1])
        shop.tt("verify", "--lenient").well()
        good(shop, "good")
        assert "success with 1 warning(s)" in shop.tt("verify").well().stdout
        assert self._last(shop) == ("passed_with_warnings", True, [])
        assert "WARN" in shop.tt("verify", "--last").well().stdout
        shop.tt("verify", "--strict").badly(1)
        assert self._last(shop) == ("failed", False, [2])
        good(shop, "tidy")
        shop.tt("verify", "--strict").well()
        assert self._last(shop) == ("passed", True, [])

    def test_one_that_cannot_begin_has_failed(self, shop: Stage) -> None:
        """What was proved before is not said any more."""
        good(shop, "good", "tidy")
        shop.tt("verify").well()
        shop.tt("verify", "--workflow", "nope").badly(1)
        assert self._last(shop) == ("failed", False, [])

    @staticmethod
    def _last(shop: Stage) -> tuple[Any, ...]:
        found = shop.tt("verify", "--last", "--json").well().json()
        assert found["found"]
        return tuple(found["summary"][key] for key in ("status", "success", "failed_steps"))


class TestRuns:
    """`tt runs`."""

    def test_all_forms(self, shop: Stage) -> None:
        """A list with or without the word, one run by its id or an end of it, and the last."""
        assert "No tracked runs." in shop.tt("runs").well().stdout
        good(shop, "good")
        shop.tt("run", "auth").well()
        shop.tt("run", "verify").well()
        ids = [one["run_id"] for one in shop.tt("runs", "list", "--json").well().json()]
        assert ids == sorted(ids, reverse=True)
        for words in (ids[0], ids[0][-6:]), ("show", ids[0]), ("last",), ("show",):
            word = words if words[0] in ("show", "last") else (words[1],)
            found = shop.tt("runs", *word, "--json").well().json()
            assert found["run_id"] == ids[0]
        assert [one["status"] for one in found["steps"]] == ["success", "warning"]
        shown = shop.tt("runs", ids[0]).well().stdout
        assert "Next action: All steps are done; inspect" in shown
        assert "lint warning" in shown or "lint failed" in shown
        assert len(shop.tt("runs", "list", "--workflow", "auth", "--json").well().json()) == 1
        assert shop.tt("runs", "list", "--status", "failed", "--json").well().json() == []

    def test_old_runs_go(self, shop: Stage) -> None:
        """With every file of theirs; those to keep, and younger ones, stay."""
        for _ in range(3):
            shop.tt("run", "auth").well()
        assert "0 gone, 3 stay." in shop.tt("runs", "prune").well().stdout
        words = ("runs", "prune", "--older-than", "0s", "--keep", "1")
        assert len(shop.tt(*words, "--dry-run", "--json").well().json()["removed"]) == 2
        gone = shop.tt(*words, "--json").well().json()["removed"]
        left = [one for one in (shop.root / ".tutti").rglob("*") if one.stem in gone]
        assert left == []
        assert len(shop.tt("runs", "--json").well().json()) == 1

"""Commands end in time, and what they printed is kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tutti_core import TuttiError
from tutti_testing import wait_for
from tutti_worktree.ready.commands import run_all


def is_alive(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_they_run_in_order_with_their_variables(tmp_path: Path) -> None:
    """Each is told before it runs; what they print stands in the log, private to the user."""
    told: list[str] = []
    log = tmp_path / "logs" / "api.log"
    commands = ["echo $COLOUR > a", "cat a; printf '\\377'", "pwd"]
    run_all(commands, tmp_path, {"COLOUR": "blue"}, log, 30, told.append)
    assert told == commands
    assert b"blue\n\xff" in log.read_bytes()
    assert str(tmp_path) in log.read_text(errors="replace")
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_first_that_fails_is_the_last(tmp_path: Path) -> None:
    """Its exit status and its last words are told, and nothing after it runs."""
    with pytest.raises(TuttiError) as failed:
        run_all(["echo no luck >&2; exit 3", "touch never"], tmp_path, {}, tmp_path / "log", 30)
    assert failed.value.message == "`echo no luck >&2; exit 3` failed with exit status 3: no luck"
    assert str(tmp_path / "log") in failed.value.hint
    assert not (tmp_path / "never").exists()


def test_one_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    """The time is for all of them; children in the background end too."""
    began = time.monotonic()
    slow = "trap '' TERM; sleep 300 & echo $! > child; wait"
    with pytest.raises(TuttiError, match="took too long"):
        run_all([slow], tmp_path, {}, tmp_path / "log", 0.5)
    assert time.monotonic() - began < 30
    child = int((tmp_path / "child").read_text())
    assert wait_for(lambda: not is_alive(child))


def test_nothing_is_left_of_one_that_succeeded(tmp_path: Path) -> None:
    """What a command leaves in the background does not go on beside the agent."""
    run_all(["sleep 300 & echo $! > child"], tmp_path, {}, tmp_path / "log", 30)
    child = int((tmp_path / "child").read_text())
    assert wait_for(lambda: not is_alive(child))


def test_a_question_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody is there to answer: standard input is empty."""
    run_all(["read answer || echo nobody"], tmp_path, {}, tmp_path / "log", 30)
    assert "nobody" in (tmp_path / "log").read_text()

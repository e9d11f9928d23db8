"""Processes are known by the variables they were started with, and facts end with them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_core.team.facts import facts_of, publish_facts
from tutti_core.terminal.processes import carried, end_marked, start_time

MARKS = ("TUTTI_ROOT", "TUTTI_AGENT")


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process with marks that no other has."""
    env = {**os.environ, "TUTTI_ROOT": str(tmp_path), "TUTTI_AGENT": "a=b"}
    with subprocess.Popen(["sh", "-c", "echo; exec sleep 300"], env=env, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()  # until it has spoken it has the environment of its parent
        yield process
        process.kill()


def test_variables_are_found(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Of processes that have all of them, values whole."""
    mine = [one for one in carried(*MARKS) if one["TUTTI_ROOT"] == str(tmp_path)]
    assert mine[:1] == [{"TUTTI_ROOT": str(tmp_path), "TUTTI_AGENT": "a=b"}]
    missing = carried(*MARKS, "TUTTI_NO_SUCH_VARIABLE")
    assert [one for one in missing if one["TUTTI_ROOT"] == str(tmp_path)] == []


def test_only_those_that_match_are_ended(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """No variables mean nobody."""
    assert end_marked({}).terminated == ()
    assert end_marked({"TUTTI_ROOT": str(tmp_path), "TUTTI_AGENT": "a"}).terminated == ()
    assert marked.poll() is None
    ended = end_marked({"TUTTI_ROOT": str(tmp_path), "TUTTI_AGENT": "a=b"})
    assert ended.terminated == (marked.pid,)


def test_a_fact_ends_with_its_process(marked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """What takes its place is shown then, also if another process has its number."""
    fact = {"key": "k", "label": "k", "value": "running", "at": 1.0, "otherwise": "interrupted"}
    holder = [marked.pid, start_time(marked.pid)]
    for given, value in (
        (holder, "running"),
        ([marked.pid, "0"], "interrupted"),
        (7, "interrupted"),
    ):
        publish_facts(tmp_path, "p", {"a": [{**fact, "holder": given}]})
        (shown,) = facts_of(tmp_path)["a"]
        assert shown["value"] == value
        assert ("holder" in shown) is (value == "running")
        assert "otherwise" not in shown

"""State under kill -9 and under many processes: whatever was acknowledged is there, whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import tutti_core.state
from tutti_core.state.files import JsonFile
from tutti_core.state.instants import text_of
from tutti_core.state.journal import Journal
from tutti_core.state.lines import assemble, encode

DEADLINE = 50.0
SOURCE = str(Path(tutti_core.state.__file__).parents[2])

Process = subprocess.Popen[str]
Record = dict[str, Any]


@contextmanager
def running(script: str, *args: object, deadline: float = DEADLINE) -> Iterator[Process]:
    """Run a Python program beside the test; it is killed at the end, or at its deadline."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(deadline, process.kill)
    watchdog.start()
    with process:
        try:
            yield process
        finally:
            process.kill()
            watchdog.cancel()


def killed_after(process: Process, lines: int) -> list[str]:
    """Kill a process once it has said so much; give all that it said, up to the last whole line."""
    assert process.stdout
    said = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += process.stdout.readlines()
    return [line for line in said if line.endswith("\n")]


APPEND_FOREVER = """
import json, os, sys
from pathlib import Path
from tutti_core.state.journal import Journal
path, life, durable, rotate = sys.argv[1:]
journal = Journal(Path(path), rotate_bytes=int(rotate))
number = 0
while True:
    record = {"life": life, "n": number, "text": "\\u00e9" * (number * 37 % 900)}
    kept = journal.append(record, durable=bool(durable))
    os.write(1, (json.dumps([kept["seq"], life, number]) + "\\n").encode())
    number += 1
"""


@pytest.mark.parametrize("durable", ["", "durable"])
@pytest.mark.parametrize("rotate", [3_000, 1 << 20])
def test_killed_appenders_lose_nothing_they_acknowledged(
    tmp_path: Path, durable: str, rotate: int
) -> None:
    """After any kill every acknowledged line is there, and the next goes on without a gap."""
    path, moments = tmp_path / "events.jsonl", random.Random(rotate)
    acknowledged = []
    for life in range(6):
        with running(APPEND_FOREVER, path, life, durable, rotate) as process:
            said = killed_after(process, moments.randint(1, 120))
        acknowledged += [json.loads(line) for line in said]

    records = list(Journal(path).read())
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    by_seq = {record["seq"]: [record["life"], record["n"]] for record in records}
    assert [[seq, *by_seq[seq]] for seq, _, _ in acknowledged] == acknowledged
    # What was written but not acknowledged is at most the line in hand at each kill.
    assert len(records) - len(acknowledged) <= 6
    assert all(record["text"] == "é" * (record["n"] * 37 % 900) for record in records)


# The process kills itself inside a system call that the journal makes, at the n-th time.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from tutti_core.state import disk, writer
from tutti_core.state.journal import Journal
path, point, part = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

real_write, real_rename, real_open = os.write, Path.rename, os.open

def write(fd, data):
    real_write(fd, bytes(data)[:part])
    die()

def rename(self, target):
    if point == "before rename":
        die()
    real_rename(self, target)
    if point == "after rename":
        die()

def reopen(name, *args):
    fd = real_open(name, *args)
    if name == path and renamed(path):
        die()
    return fd

def renamed(path):
    return any(path.parent.glob("events-*.jsonl"))

if point == "write":
    os.write = write
if point == "sync of the archive":
    writer.sync_data = lambda fd: die()
if point == "sync of the line":
    writer.sync_data = lambda fd: renamed(path) and die()
if point == "after reopening":
    os.open = reopen
Path.rename = rename
Journal(path, rotate_bytes=400, clock=lambda: 1795348801).append({"n": 2}, durable=True)
die()
"""


def wounded(path: Path, point: str, part: int = 0, text: str = "x") -> None:
    """Append one record by a process that dies on the way, behind one that does not."""
    Journal(path, clock=lambda: 1_795_348_800).append({"n": 1, "text": text})
    with running(KILLED_AT, path, point, part) as process:
        assert process.wait(DEADLINE) == -signal.SIGKILL


SECOND = assemble(2, text_of(1_795_348_801_000_000), encode({"n": 2}))


@pytest.mark.parametrize("part", [0, 1, 7, 30, len(SECOND) - 2, len(SECOND) - 1, len(SECOND)])
def test_killed_inside_a_write(tmp_path: Path, part: int) -> None:
    """A line torn at any byte is skipped; one that lacks nothing but its line break is kept."""
    path = tmp_path / "events.jsonl"

    wounded(path, "write", part)
    journal = Journal(path)
    before = [record["n"] for record in journal.read()]
    journal.append({"n": 3})
    records = list(journal.read())

    survived = [2] if part >= len(SECOND) - 1 else []
    assert before == [1, *(survived if part == len(SECOND) else [])]
    assert [record["n"] for record in records] == [1, *survived, 3]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert path.read_bytes().startswith(path.read_bytes().split(b"\n")[0] + b"\n" + SECOND[:part])
    assert journal.skipped == (1 if 0 < part < len(SECOND) - 1 else 0)


@pytest.mark.parametrize(
    ("point", "survived"),
    [
        ("sync of the archive", []),
        ("before rename", []),
        ("after rename", []),
        ("after reopening", []),
        ("sync of the line", [2]),
    ],
)
def test_killed_inside_a_rotation(tmp_path: Path, point: str, survived: list[int]) -> None:
    """Wherever a rotation stops, the old lines are read and the next line has the next number."""
    path = tmp_path / "events.jsonl"

    wounded(path, point, text="x" * 350)
    journal = Journal(path, rotate_bytes=400)
    before = [record["n"] for record in journal.read()]
    journal.append({"n": 3})
    records = list(journal.read())

    assert before == [1, *survived]
    assert [record["n"] for record in records] == [1, *survived, 3]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert journal.skipped == 0


WRITE_FOREVER = """
import itertools, os, sys
from pathlib import Path
from tutti_core.state.files import JsonFile
file = JsonFile(Path(sys.argv[1]))
for number in itertools.count(int(sys.argv[2])):
    file.write({"n": number, "text": "x" * (number * 7919 % 20_000)})
    os.write(1, f"{number}\\n".encode())
"""


def test_killed_writers_leave_the_old_or_the_new(tmp_path: Path) -> None:
    """After any kill the file holds the last acknowledged value or the one behind it, whole."""
    file, moments = JsonFile(tmp_path / "x.json"), random.Random(1)
    number = 0
    for _ in range(10):
        with running(WRITE_FOREVER, file.path, number) as process:
            last = int(killed_after(process, moments.randint(1, 40))[-1])
        number = file.read()["n"]
        assert number in (last, last + 1)
        assert file.read() == {"n": number, "text": "x" * (number * 7919 % 20_000)}


WRITE_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from tutti_core.state import files
point = sys.argv[2]
real_write, real_replace = os.write, Path.replace

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def half(fd, data):
    real_write(fd, bytes(data)[: len(data) // 2])
    die()

def replace(self, target):
    if point == "after replace":
        real_replace(self, target)
    die()

if point == "write":
    os.write = half
if point == "fsync":
    os.fsync = die
Path.replace = replace
files.JsonFile(Path(sys.argv[1])).update(lambda old: [*old, "new"])
"""


@pytest.mark.parametrize(
    ("point", "wanted"),
    [
        ("write", ["old"]),
        ("fsync", ["old"]),
        ("before replace", ["old"]),
        ("after replace", ["old", "new"]),
    ],
)
def test_killed_inside_an_update(tmp_path: Path, point: str, wanted: list[str]) -> None:
    """An update is done or not done at every point, and its lock does not outlive it."""
    file = JsonFile(tmp_path / "x.json")
    file.write(["old"])

    with running(WRITE_KILLED_AT, file.path, point) as process:
        assert process.wait(DEADLINE) == -signal.SIGKILL

    assert file.read() == wanted
    assert file.update(lambda old: [*old, "next"]) == [*wanted, "next"]


COUNT = """
import sys
from pathlib import Path
from tutti_core.state.files import JsonFile
file = JsonFile(Path(sys.argv[1]))
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    file.update(lambda value: value + 1, default=0)
"""


def test_updates_of_many_processes_all_count(tmp_path: Path) -> None:
    """No update of a file is lost between processes."""
    with ExitStack() as stack:
        together([stack.enter_context(running(COUNT, tmp_path / "x", 25)) for _ in range(4)])

    assert JsonFile(tmp_path / "x").read() == 100


def together(processes: list[Process], deadline: float = DEADLINE) -> None:
    """Let processes that wait for a line start at once, and wait until all succeeded."""
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(deadline) for process in processes] == [0] * len(processes)


APPEND_MANY = """
import random, sys
from pathlib import Path
from tutti_core.state.journal import Journal
path, writer, count, rotate = Path(sys.argv[1]), *map(int, sys.argv[2:])
journal, sizes = Journal(path, rotate_bytes=rotate), random.Random(writer)
sys.stdin.readline()
for number in range(count):
    journal.append({"writer": writer, "n": number, "text": "\\u00e9" * sizes.randrange(200)})
"""


@pytest.mark.parametrize(
    ("count", "rotate", "deadline"),
    [
        pytest.param(500, 4_000, DEADLINE, id="500"),
        pytest.param(5_000, 40_000, 600.0, id="5000", marks=pytest.mark.soak),
    ],
)
def test_eight_processes_lose_and_tear_nothing(
    tmp_path: Path, count: int, rotate: int, deadline: float
) -> None:
    """Eight writers over many rotations: every line once, whole, in order, also for who follows."""
    path = tmp_path / "events.jsonl"
    follower = Follower(Journal(path), wanted=8 * count, deadline=deadline)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                running(APPEND_MANY, path, writer, count, rotate, deadline=deadline)
            )
            for writer in range(8)
        ]
        follower.start()
        together(writers, deadline)
    follower.join(deadline)

    journal = Journal(path)
    records = list(journal.read())
    assert journal.skipped == 0
    assert [record["seq"] for record in records] == list(range(1, 8 * count + 1))
    times = [record["timestamp"] for record in records]
    assert all(one < other for one, other in pairwise(times))
    numbers = defaultdict(list)
    for record in records:
        numbers[record["writer"]].append(record["n"])
    assert numbers == {writer: list(range(count)) for writer in range(8)}
    assert len(list(tmp_path.glob("events-*.jsonl"))) > 100
    assert follower.records == records


class Follower(threading.Thread):
    """Polls a journal until it has seen so many records."""

    def __init__(self, journal: Journal, wanted: int, deadline: float) -> None:
        super().__init__()
        self.journal = journal
        self.wanted = wanted
        self.records: list[Record] = []
        self.over = threading.Event()
        self.timer = threading.Timer(deadline, self.over.set)

    def run(self) -> None:
        """Poll as fast as it goes, and now and then as if after a restart."""
        self.timer.start()
        cursor = self.journal.follow(0)
        while len(self.records) < self.wanted and not self.over.wait(0.001):
            found, cursor = self.journal.poll(cursor, limit=random.choice([None, 1, 7]))
            self.records += found
            if random.random() < 0.05:
                cursor = self.journal.follow(cursor.seq)
        self.timer.cancel()

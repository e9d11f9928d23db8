"""What the journal costs, each figure beside the floor that no journal could go below.

Run it with a Python that has tutti-core: ``python benchmarks/bench_journal.py``. It writes into a
temporary folder (``--folder`` chooses the disk) and removes it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tutti_core.state.journal import Journal

EVENT = {
    "event": "agent.idle",
    "workspace": "my-project",
    "agent": "backend",
    "correlation_id": "run-1795348800000-4242-9f3a",
    "data": {"detector": "codex", "confidence": 0.93, "reason": "prompt visible", "for_ms": 1200},
}
WRITER = """
import sys
from pathlib import Path
from tutti_core.state.journal import Journal
journal = Journal(Path(sys.argv[1]))
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    journal.append({"event": "agent.idle", "data": {"reason": "prompt visible"}})
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the journal beside its floors.")
    parser.add_argument("--lines", type=int, default=1_000_000, help="length of the long journal")
    parser.add_argument("--appends", type=int, default=20_000, help="appends to measure")
    parser.add_argument("--folder", type=Path, help="where to write; the disk matters")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        appends(Path(name), options.appends)
        cursors(Path(name), options.lines)


def appends(folder: Path, count: int) -> None:
    """Measure writing."""
    title("appends, events of 270 bytes", "per second")
    Journal(folder / "sample.jsonl").append(EVENT)
    line = (folder / "sample.jsonl").read_bytes()
    with bare(folder) as fd:
        rate("  floor: os.write of a ready line", count, lambda: os.write(fd, line))
        rate("  floor: the same under flock", count, lambda: locked(fd, lambda: os.write(fd, line)))
    journal = Journal(folder / "one.jsonl")
    rate("append", count, lambda: journal.append(EVENT))
    rate("append_many of 100", count // 100, lambda: journal.append_many([EVENT] * 100), each=100)
    with bare(folder) as fd:
        rate("  floor: os.write and fdatasync", count // 40, lambda: synced(fd, line))
    rate("append, durable", count // 40, lambda: journal.append(EVENT, durable=True))
    for writers in (2, 8):
        together(folder / f"{writers}.jsonl", writers, count // writers)


def cursors(folder: Path, count: int) -> None:
    """Measure reading at random places of a long journal, in one file and in files of 64 MiB."""
    whole, rotated = folder / "whole.jsonl", folder / "rotated.jsonl"
    long, short = Journal(whole, rotate_bytes=1 << 50), Journal(rotated)
    stamps = [""]
    for start in range(0, count, 1000):
        size = min(1000, count - start)
        stamps += [record["timestamp"] for record in long.append_many([EVENT] * size)]
        short.append_many([EVENT] * size)
    megabytes = whole.stat().st_size / 1e6
    title(f"cursors in {count:,} events ({megabytes:.0f} MB)", "median ms")
    places = [1 + number * 611_953 % (count - 101) for number in range(300)]
    median("  floor: open and one read of 8 KiB", lambda n: peek(whole, n * 270), places)
    for journal, files in ((long, "one file"), (short, "files of 64 MiB")):
        finds(journal, files, places, stamps)
    median("last", lambda _: long.last(), places)
    polls(long, whole, places)
    title("reading all", "per second")
    rate("read", 1, lambda: sum(1 for _ in long.read()), each=count + len(places))


def finds(journal: Journal, files: str, places: list[int], stamps: list[str]) -> None:
    """Measure both kinds of cursor."""
    median(f"1 after a number, {files}", lambda n: take(journal.read(after_seq=n, limit=1)), places)
    median(
        f"1 after a time, {files}", lambda n: take(journal.read(after=stamps[n], limit=1)), places
    )
    median(
        f"100 after a number, {files}",
        lambda n: take(journal.read(after_seq=n, limit=100), 100),
        places,
    )


def polls(journal: Journal, path: Path, places: list[int]) -> None:
    """Measure following."""
    median("  floor: stat", lambda _: path.stat(), places)
    _, cursor = journal.poll(journal.follow())
    median("poll, nothing new", lambda _: journal.poll(cursor), places)
    fresh = []
    for _ in places:
        journal.append(EVENT)
        start = time.perf_counter()
        _, cursor = journal.poll(cursor)
        fresh.append(time.perf_counter() - start)
    show("poll, one new event", fresh)


def take(records: Iterator[dict[str, Any]], wanted: int = 1) -> None:
    """Read a few records, and make sure that they were there."""
    found = sum(1 for _ in records)
    if found != wanted:
        raise SystemExit(f"expected {wanted} records, found {found}")


def peek(path: Path, place: int) -> None:
    """Open a file and read a little of it."""
    fd = os.open(path, os.O_RDONLY)
    os.pread(fd, 8192, place)
    os.close(fd)


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    """Open a plain file for appending."""
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def locked(fd: int, write: Callable[[], object]) -> None:
    """Write under the cheapest lock there is."""
    fcntl.flock(fd, fcntl.LOCK_EX)
    write()
    fcntl.flock(fd, fcntl.LOCK_UN)


def synced(fd: int, line: bytes) -> None:
    """Write down to the disk."""
    os.write(fd, line)
    os.fdatasync(fd)


def together(path: Path, writers: int, count: int) -> None:
    """Measure several processes that append at once."""
    command = [sys.executable, "-c", WRITER, str(path), str(count)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(writers)]
    start = time.perf_counter()
    for process in processes:
        go(process)
    for process in processes:
        if process.wait(600):
            raise SystemExit("a writer failed")
    taken = time.perf_counter() - start
    row(f"append, {writers} processes together", f"{writers * count / taken:,.0f}")


def go(process: subprocess.Popen[bytes]) -> None:
    """Let a waiting process start."""
    if process.stdin:
        process.stdin.write(b"go\n")
        process.stdin.close()


def title(text: str, unit: str) -> None:
    """Begin a table."""
    row(f"\n{text}", unit)


def rate(name: str, count: int, work: Callable[[], object], *, each: int = 1) -> None:
    """Print how often something can be done in a second."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    row(name, f"{count * each / (time.perf_counter() - start):,.0f}")


def median(name: str, work: Callable[[int], object], places: list[int]) -> None:
    """Print how long something takes, place by place."""
    taken = []
    for place in places:
        start = time.perf_counter()
        work(place)
        taken.append(time.perf_counter() - start)
    show(name, taken)


def show(name: str, taken: list[float]) -> None:
    """Print the median of some durations."""
    row(name, f"{statistics.median(taken) * 1000:.4f}")


def row(name: str, figure: str) -> None:
    """Print one line of a table."""
    sys.stdout.write(f"{name:44}{figure:>14}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

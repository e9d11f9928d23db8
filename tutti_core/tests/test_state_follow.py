"""What cursors, polls and appends cost, and where a follower goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tutti_core.state import lines, scan
from tutti_core.state.instants import text_of
from tutti_core.state.journal import Journal

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z

Record = dict[str, Any]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal in a folder of its own, whose clock stands at noon."""
    return Journal(tmp_path / "events.jsonl", clock=lambda: NOON)


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the length of every line that is parsed from now on."""
    seen: list[int] = []
    real = lines.decode

    def decode(line: bytes) -> Record | None:
        seen.append(len(line))
        return real(line)

    monkeypatch.setattr(scan, "decode", decode)
    return seen


def test_follower_starts_at_the_end_unless_told(journal: Journal) -> None:
    """Without a number only what comes is delivered; with one, what comes behind it."""
    journal.append_many([{}, {}])
    from_now, from_first = journal.follow(), journal.follow(1)
    journal.append({})

    assert [record["seq"] for record in journal.poll(from_now)[0]] == [3]
    assert [record["seq"] for record in journal.poll(from_first)[0]] == [2, 3]


def test_quiet_poll_opens_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing changed, a poll looks at the file's size and goes."""
    journal.append({})
    _, cursor = journal.poll(journal.follow(0))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a quiet poll opened a file")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse)

    assert journal.poll(cursor) == ([], cursor)


def test_poll_goes_on_where_it_was(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll reads the new lines of the active file and none of the old ones."""
    journal.append_many([{}] * 500)
    _, cursor = journal.poll(journal.follow(0))
    journal.append_many([{}, {}])
    seen = counting(monkeypatch)

    records, _ = journal.poll(cursor)

    assert [record["seq"] for record in records] == [501, 502]
    assert len(seen) == 2


def test_half_a_line_is_not_delivered(journal: Journal) -> None:
    """A line that is still being written is delivered once, when it is whole."""
    journal.append({})
    _, cursor = journal.poll(journal.follow(0))
    line = lines.assemble(2, text_of((NOON + 1) * 1_000_000), b"{}")
    for part in (line[:20], line[20:-1]):
        with journal.path.open("ab") as file:
            file.write(part)
        records, cursor = journal.poll(cursor)
        assert records == []
    with journal.path.open("ab") as file:
        file.write(line[-1:])

    records, cursor = journal.poll(cursor)

    assert [record["seq"] for record in records] == [2]
    assert journal.poll(cursor)[0] == []
    assert journal.skipped == 0


def test_follower_goes_on_in_a_file_shorter_than_its_place(tmp_path: Path) -> None:
    """After a rotation the place in the old file says nothing about the new one."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=500)
    journal.append_many([{"text": "x" * 100}] * 3)
    _, cursor = journal.poll(journal.follow(0))
    journal.append({"text": "x" * 100})

    records, cursor = journal.poll(cursor)

    assert [record["seq"] for record in records] == [4]
    assert cursor.offset < 250


def test_end_of_a_long_garbage_line_is_no_record(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What merely begins where the look at the end of the file begins is no line of its own."""
    journal.append({})
    fake = lines.assemble(9, text_of(NOON * 1_000_000), b"{}")
    with journal.path.open("ab") as file:
        file.write(b"torn" * 10 + fake)
    monkeypatch.setattr(scan, "_WINDOW", len(fake))

    last = journal.last()

    assert last is not None
    assert last["seq"] == 1
    assert journal.append({})["seq"] == 2


@pytest.mark.parametrize("false_seq", [1, 999])
def test_search_is_not_misled_by_the_ends_of_garbage_lines(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, false_seq: int
) -> None:
    """A jump into the middle of a line never takes the rest of it for a line of its own."""
    fake = lines.assemble(false_seq, text_of(NOON * 1_000_000), b"{}")
    for number in range(200):
        journal.append({})
        with journal.path.open("ab") as file:
            file.write(b"torn"[: 1 + number % 4] + fake)
    monkeypatch.setattr(scan, "_GRAIN", 1)

    for seq in range(200):
        assert [record["seq"] for record in journal.read(after_seq=seq, limit=1)] == [seq + 1]


def test_follower_is_not_fooled_by_a_file_of_the_same_identity(journal: Journal) -> None:
    """Where the remembered place holds other lines, the right ones are searched by number."""
    journal.append_many([{"text": "x" * 50}] * 20)
    _, cursor = journal.poll(journal.follow(10), limit=1)
    assert cursor.seq == 11

    records, _ = journal.poll(cursor._replace(offset=5))
    assert [record["seq"] for record in records] == list(range(12, 21))


@pytest.mark.parametrize("rotate", [1 << 30, 1 << 16], ids=["one file", "many files"])
def test_cursor_reads_a_few_lines_of_a_long_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotate: int
) -> None:
    """Finding a place among 30,000 lines parses a few dozen of them, by number and by time."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=rotate)
    known = journal.append_many([{"text": "x" * (size % 37)} for size in range(30_000)])
    seen = counting(monkeypatch)

    for cursor in ({"after_seq": 17_450}, {"after": known[17_449]["timestamp"]}):
        seen.clear()
        assert list(journal.read(**cursor, limit=1)) == known[17_450:17_451]
        assert len(seen) < 80


@pytest.mark.parametrize("count", [10, 20_000])
def test_append_costs_the_same_in_a_long_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The first append of a process looks at the end of the file only, later ones at nothing."""
    path = tmp_path / "events.jsonl"
    Journal(path).append_many([{"text": "x" * 50}] * count)
    journal, real, asked = Journal(path), os.pread, []

    def pread(fd: int, size: int, offset: int) -> bytes:
        asked.append(size)
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", pread)
    seen = counting(monkeypatch)

    assert journal.append({})["seq"] == count + 1
    assert sum(asked) <= scan._WINDOW + 1
    assert len(seen) <= 2
    asked.clear()
    assert journal.append({})["seq"] == count + 2
    assert asked == []

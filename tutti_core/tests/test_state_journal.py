"""The journal: what a line is, how files are rotated and read, and which errors there are."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tutti_core.errors import StateError
from tutti_core.state import lines, segments
from tutti_core.state.instants import text_of
from tutti_core.state.journal import Cursor, Journal
from tutti_core.state.lock import Lock

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z

Record = dict[str, Any]


def clock_at(moment: float) -> Any:
    """Make a clock that stands still."""
    return lambda: moment


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal in a folder of its own, whose clock stands at noon."""
    return Journal(tmp_path / "events.jsonl", clock=clock_at(NOON))


def names(journal: Journal) -> list[str]:
    """The files of a journal, by name."""
    return sorted(path.name for path in journal.path.parent.glob("*.jsonl"))


def test_line_is_the_record_with_number_and_time_first(journal: Journal) -> None:
    """The file holds one compact JSON line, private to the owner, and append gives what it says."""
    kept = journal.append({"event": "agent.idle", "who": "Zoë"})

    wanted = (
        '{"seq":1,"timestamp":"2026-11-22T12:00:00.000000Z","event":"agent.idle","who":"Zoë"}\n'
    )
    assert journal.path.read_text("utf-8") == wanted
    assert kept == json.loads(wanted)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_first_append_makes_a_private_folder(tmp_path: Path) -> None:
    """Reading an absent journal makes nothing and gives nothing; writing makes a 0700 folder."""
    journal = Journal(tmp_path / "state" / "events.jsonl")
    assert list(journal.read()) == []
    assert journal.last() is None
    assert journal.poll(journal.follow()) == ([], Cursor(0, seen=(0, 0)))
    assert list(tmp_path.iterdir()) == []

    journal.append({})

    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "record",
    [
        {"seq": 1},
        {"timestamp": "2026-11-22T12:00:00Z"},
        {"a": {1, 2}},
        {"a": float("inf")},
        {"a": "\ud800"},
        {"a": "x" * lines.LONGEST_RECORD},
    ],
)
def test_bad_record_is_refused_before_anything_is_written(journal: Journal, record: Record) -> None:
    """One bad record in a row is an error, and none of the row is written."""
    with pytest.raises(StateError):
        journal.append_many([{"a": "good"}, record])

    assert list(journal.path.parent.iterdir()) == []


def test_record_that_contains_itself_is_refused(journal: Journal) -> None:
    """A circle is not JSON."""
    record: Record = {}
    record["me"] = record

    with pytest.raises(StateError, match="not JSON"):
        journal.append(record)


def test_longest_records_come_back(journal: Journal) -> None:
    """Records of a megabyte are found by every way of reading, also as the last of the file."""
    longest = lines.LONGEST_RECORD - len('{"a":""}')
    for size in (1, longest, 3, longest):
        Journal(journal.path).append({"a": "x" * size})

    assert [len(record["a"]) for record in journal.read()] == [1, longest, 3, longest]
    assert [record["seq"] for record in journal.read(after_seq=2)] == [3, 4]
    last = journal.last()
    assert last is not None
    assert last["seq"] == 4


def test_time_goes_on_when_the_clock_goes_back(journal: Journal) -> None:
    """A line is dated later than the one before it, whatever another process's clock says."""
    journal.append({})
    Journal(journal.path, clock=clock_at(NOON - 3600)).append({})
    journal.append({})

    assert [record["timestamp"][17:] for record in journal.read()] == [
        "00.000000Z",
        "00.000001Z",
        "00.000002Z",
    ]


def test_archives_are_dated_and_unique_and_in_order(tmp_path: Path) -> None:
    """Rotations within a second, or under a clock that went back, sort behind the ones before."""
    path = tmp_path / "events.jsonl"
    for moment in (NOON, NOON, NOON - 60, NOON + 5):
        Journal(path, rotate_bytes=1, clock=clock_at(moment)).append({})

    assert names(Journal(path)) == [
        "events-20261122120000-2.jsonl",
        "events-20261122120000.jsonl",
        "events-20261122120005.jsonl",
        "events.jsonl",
    ]
    assert [record["seq"] for record in Journal(path).read()] == [1, 2, 3, 4]


def test_more_than_nine_archives_of_a_second_keep_their_order(tmp_path: Path) -> None:
    """The tenth archive of one second is read behind the second, and a freed name is not reused."""
    path = tmp_path / "events.jsonl"
    journal = Journal(path, rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}] * 12)
    assert [record["seq"] for record in journal.read()] == list(range(1, 13))

    (tmp_path / "events-20261122120000-3.jsonl").unlink()
    journal.append({})

    assert [record["seq"] for record in journal.read()] == [1, 2, *range(4, 14)]


def test_archive_from_the_future_keeps_its_place(tmp_path: Path) -> None:
    """Where a wrong clock has dated an archive too late, the next ones still sort behind it."""
    path = tmp_path / "events.jsonl"
    journal = Journal(path, rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}, {}])
    (tmp_path / "events-20261122120000.jsonl").rename(tmp_path / "events-20300101000000.jsonl")

    journal.append_many([{}, {}])

    assert names(journal)[:2] == ["events-20300101000000-2.jsonl", "events-20300101000000-3.jsonl"]
    assert [record["seq"] for record in journal.read()] == [1, 2, 3, 4]


def test_file_is_rotated_only_when_the_next_line_has_no_room(tmp_path: Path) -> None:
    """A file is filled to the byte; nothing is rotated while it is empty."""
    one_line = len(lines.assemble(1, text_of(0), lines.encode({"n": 0})))
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=2 * one_line, clock=clock_at(NOON))

    journal.append_many([{"n": 0}, {"n": 1}])
    assert names(journal) == ["events.jsonl"]

    journal.append({"n": 2})
    assert names(journal) == ["events-20261122120000.jsonl", "events.jsonl"]


def test_names_of_other_files_are_no_archives(journal: Journal) -> None:
    """Files that merely look alike are neither read nor counted."""
    journal.append({})
    for name in ("events-2026.jsonl", "events-20261122120000.jsonl.gz", "my-events.jsonl"):
        journal.path.with_name(name).write_text("oops\n")

    assert [record["seq"] for record in journal.read()] == [1]
    assert journal.skipped == 0


def test_old_archives_without_numbers_are_passed_over(journal: Journal) -> None:
    """Archives of another tool, without numbers, are skipped, counted, and hide nothing."""
    old = journal.path.with_name("events-20250101000000.jsonl")
    old.write_text('{"event":"agent.idle","timestamp":"2025-01-01T00:00:00Z"}\n' * 3)
    journal.append({})

    assert [record["seq"] for record in journal.read()] == [1]
    assert journal.skipped == 3
    assert [record["seq"] for record in journal.read(after_seq=0)] == [1]


def test_number_goes_on_after_a_rotation_that_was_cut_short(tmp_path: Path) -> None:
    """When a crash hits between renaming and the new file, number and time go on all the same."""
    journal = Journal(tmp_path / "events.jsonl", clock=clock_at(NOON))
    journal.append_many([{}, {}])
    journal.path.rename(tmp_path / "events-20261122120000.jsonl")

    assert [record["seq"] for record in journal.read()] == [1, 2]
    kept = Journal(journal.path, clock=clock_at(NOON - 1)).append({})

    assert (kept["seq"], kept["timestamp"]) == (3, "2026-11-22T12:00:00.000002Z")


def test_reader_goes_on_over_a_rotation(tmp_path: Path) -> None:
    """A reader of a file that is rotated reads it to its end, and then the new ones."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=200, clock=clock_at(NOON))
    journal.append_many([{}] * 3)
    reading = journal.read(after_seq=1)
    assert next(reading)["seq"] == 2

    journal.append_many([{}] * 20)

    assert [record["seq"] for record in reading] == list(range(3, 24))


def test_rotation_while_the_folder_is_listed_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is renamed between opening and listing is neither missed nor read twice."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}] * 3)
    real, rotations = segments.archives_of, iter([True, True])

    def list_late(path: Path) -> list[Path]:
        found = real(path)
        if next(rotations, False):
            journal.append({})
        return found

    monkeypatch.setattr(segments, "archives_of", list_late)

    assert [record["seq"] for record in journal.read()] == [1, 2, 3, 4, 5]


def test_archive_removed_by_hand_leaves_the_rest_readable(tmp_path: Path) -> None:
    """Old archives may be deleted: what is left is read, and the number goes on."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}] * 4)
    (tmp_path / "events-20261122120000.jsonl").unlink()

    assert [record["seq"] for record in journal.read()] == [2, 3, 4]
    assert [record["seq"] for record in journal.read(after_seq=1)] == [2, 3, 4]
    assert journal.append({})["seq"] == 5


def test_archive_removed_while_reading_is_passed_over(tmp_path: Path) -> None:
    """An archive that goes between listing and opening ends nobody's reading."""
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}] * 4)
    reading = journal.read()
    assert next(reading)["seq"] == 1

    (tmp_path / "events-20261122120000-2.jsonl").unlink()

    assert [record["seq"] for record in reading] == [3, 4]


@pytest.mark.parametrize("part", [0, 40])
def test_failed_write_is_an_error_and_the_next_goes_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """When the disk is full before or in a line, the caller learns it and no number is lost."""
    journal.append({"n": 1})
    real = os.write

    def fail(fd: int, data: bytes) -> int:
        real(fd, bytes(data)[:part])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(StateError, match=r"cannot write .*events\.jsonl"):
            journal.append({"n": 2})

    assert journal.append({"n": 3})["seq"] == 2
    assert [record["n"] for record in journal.read()] == [1, 3]
    assert journal.skipped == (1 if part else 0)


def test_append_waits_for_the_lock_of_the_journal(journal: Journal) -> None:
    """Lines are written under the lock beside the file, and the lock is free afterwards."""
    lock = Lock(journal.path.with_name("events.jsonl.lock"))
    with lock, pytest.raises(StateError, match="already held"):
        journal.append({})
    assert not journal.path.exists()

    journal.append({})

    assert lock.holder() is None


def test_durable_is_on_the_disk_before_it_returns(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A durable append syncs the file behind the line; a plain one leaves that to the system."""
    sizes: list[int] = []
    monkeypatch.setattr(
        "tutti_core.state.writer.sync_data", lambda fd: sizes.append(os.fstat(fd).st_size)
    )

    journal.append({})
    assert sizes == []
    journal.append({}, durable=True)

    assert sizes == [journal.path.stat().st_size]


def test_sync_brings_the_active_file_to_the_disk(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncing covers whatever was appended before; there may be nothing to sync yet."""
    synced: list[int] = []
    monkeypatch.setattr(
        "tutti_core.state.journal.sync_data", lambda fd: synced.append(os.fstat(fd).st_ino)
    )
    journal.sync()
    assert synced == []

    journal.append({})
    journal.sync()

    assert synced == [journal.path.stat().st_ino]


def test_rotated_file_is_on_the_disk_before_its_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A durable line promises all lines before it, so that an archive is synced when it is made."""
    synced: list[int] = []
    monkeypatch.setattr(
        "tutti_core.state.writer.sync_data", lambda fd: synced.append(os.fstat(fd).st_ino)
    )
    journal = Journal(tmp_path / "events.jsonl", rotate_bytes=1, clock=clock_at(NOON))
    journal.append_many([{}, {}])

    assert synced == [(tmp_path / "events-20261122120000.jsonl").stat().st_ino]


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30T00:00:00Z", ""])
def test_cursor_that_is_no_time_is_refused_at_once(journal: Journal, text: str) -> None:
    """A malformed time is an error of the call, not a silent reading from the start."""
    with pytest.raises(StateError, match="not a time") as caught:
        journal.read(after=text)

    assert "2026-11-22T09:30:00Z" in caught.value.hint


def test_two_cursors_at_once_are_refused(journal: Journal) -> None:
    """Number and time together are a mistake of the caller."""
    with pytest.raises(StateError, match="not both"):
        journal.read(after_seq=1, after="2026-11-22T12:00:00Z")


def test_unreadable_journal_is_an_error(tmp_path: Path) -> None:
    """A journal that cannot be read, here a folder, is an error that names it."""
    journal = Journal(tmp_path)
    for reading in (journal.last, lambda: list(journal.read()), lambda: journal.poll(Cursor(0))):
        with pytest.raises(StateError, match=f"cannot read {tmp_path}"):
            reading()

"""The journal beside a list that does the same, through crashes, garbage and odd clocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tutti_core.state import lines, scan
from tutti_core.state.instants import micros_of, text_of
from tutti_core.state.journal import Cursor, Journal

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z

Record = dict[str, Any]

RECORDS = st.fixed_dictionaries(
    {"event": st.sampled_from(["agent.idle", "é\n\u2028", ""])},
    optional={"data": st.text('x\\"ü\x00\n', max_size=120), "n": st.integers() | st.none()},
)
# What a journal may find between its lines: text, wrong types, foreign JSON, half a character.
GARBAGE = st.sampled_from(
    [
        b"",
        b"oops",
        b"null",
        b"[]",
        b"{}",
        b"\xff\x00",
        b"[" * 20_000,
        b'{"seq":1}',
        b'{"seq":true,"timestamp":"2026-11-22T12:00:00.000000Z"}',
        b'{"seq":0,"timestamp":"2026-11-22T12:00:00.000000Z"}',
        b'{"seq":"1","timestamp":"2026-11-22T12:00:00.000000Z"}',
        b'{"seq":9,"timestamp":"2026-11-22T12:00:00Z"}',
        b'{"seq":9,"timestamp":"2026-02-31T12:00:00.000000Z"}',
        b'{"seq":9,"timestamp":"9999-99-99T99:99:99.999999Z"}',
        b'{"event":"agent.idle","timestamp":"2026-03-22T10:00:42.1Z"}',
        # Two lines that ran into each other: their ends look like lines of their own.
        b'torn{"seq":1,"timestamp":"2026-11-22T12:00:00.000000Z"}',
        b'torn{"seq":99,"timestamp":"2036-11-22T12:00:00.000000Z"}',
    ]
) | st.binary(max_size=50).filter(lambda data: b"\n" not in data)


@st.composite
def time_cursors(draw: st.DrawFn) -> tuple[int, int, str]:
    """Choose a place in a list, a few nanoseconds beside it, and how to write the offset."""
    place = draw(st.integers(0, 50))
    beside = draw(st.sampled_from([-1_000_000_000, -1000, -1, 0, 1, 999, 1000, 5_000_000_000]))
    zone = draw(st.sampled_from(["Z", "z", "+00:00", "-00:00", "+05:30", "-11:00"]))
    return place, beside, zone


def written(nanos: int, zone: str) -> str:
    """Write an instant in a form of RFC 3339, with no more digits than it needs."""
    sign = -1 if zone.startswith("-") else 1
    minutes = sign * (int(zone[1:3]) * 60 + int(zone[4:])) if len(zone) > 1 else 0
    seconds, rest = divmod(nanos + minutes * 60_000_000_000, 1_000_000_000)
    fraction = f".{rest:09}".rstrip("0").rstrip(".")
    return text_of(seconds * 1_000_000)[:19] + fraction + zone


def nanos_of(record: Record) -> int:
    """Give the instant of a record in nanoseconds."""
    return micros_of(record["timestamp"]) * 1000


class Diary(RuleBasedStateMachine):
    """A journal of tiny files beside a list, through appends, crashes, garbage and odd clocks."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        # Tiny steps, so that few lines already take the paths that otherwise need megabytes.
        self.steps: list[Any] = [
            mock.patch.object(scan, "_GRAIN", 1),
            mock.patch.object(scan, "_WINDOW", 16),
            # What is on the disk itself no test of this kind can see.
            mock.patch.object(os, "fsync", return_value=None),
        ]
        for step in self.steps:
            step.start()
        self.path = Path(self.folder.name) / "state" / "events.jsonl"
        self.now = float(NOON)
        self.known: list[Record] = []
        self.torn: Record | None = None
        self.is_torn = False
        self.open_anew(rotate=300)
        self.cursor = Cursor(0)
        self.followed: list[Record] = []

    def teardown(self) -> None:
        """Put everything back."""
        for step in self.steps:
            step.stop()
        self.folder.cleanup()

    @rule(rotate=st.sampled_from([1, 300, 1000, 100_000]))
    def open_anew(self, rotate: int) -> None:
        """Let another process go on with the journal."""
        self.journal = Journal(self.path, rotate_bytes=rotate, clock=lambda: self.now)
        self.rotate = rotate

    @rule(seconds=st.sampled_from([-86_400.0, -1.0, 0.000_001, 0.4, 61.0, 86_400.0]))
    def move_clock(self, seconds: float) -> None:
        """Let time pass, or run backwards."""
        self.now += seconds

    @rule(records=st.lists(RECORDS, max_size=8), durable=st.booleans())
    def append(self, records: list[Record], durable: bool) -> None:
        """Append in one go; a torn line that lacked only its end becomes a line by it."""
        if records and self.torn:
            self.known.append(self.torn)
        given_back = self.journal.append_many(records, durable=durable)
        if records:
            self.torn, self.is_torn = None, False
        assert [{k: r[k] for k in r if k not in ("seq", "timestamp")} for r in given_back] == (
            records
        )
        self.known += given_back

    @precondition(lambda self: not self.is_torn)
    @rule(record=RECORDS, cut=st.sampled_from([0.0, 1.0]) | st.floats(0, 1))
    def tear(self, record: Record, cut: float) -> None:
        """Crash in the middle of an append: any part of the line may be there, but not its end."""
        seq = self.known[-1]["seq"] + 1 if self.known else 1
        last = micros_of(self.known[-1]["timestamp"]) if self.known else 0
        stamp = text_of(max(int(self.now * 1_000_000), last + 1))
        line = lines.assemble(seq, stamp, lines.encode(record))
        keep = int(cut * (len(line) - 1))
        self.write_raw(line[:keep])
        self.is_torn = keep > 0
        self.torn = {"seq": seq, "timestamp": stamp, **record} if keep == len(line) - 1 else None

    @precondition(lambda self: not self.is_torn)
    @rule(garbage=GARBAGE)
    def scribble(self, garbage: bytes) -> None:
        """Let somebody write what is no line of a journal."""
        self.write_raw(garbage + b"\n")

    def write_raw(self, data: bytes) -> None:
        """Write past the journal."""
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("ab") as file:
            file.write(data)

    @rule(limit=st.none() | st.integers(1, 5))
    def poll(self, limit: int | None) -> None:
        """Follow a little further."""
        records, self.cursor = self.journal.poll(self.cursor, limit)
        assert limit is None or len(records) <= limit
        assert limit is not None or [*self.followed, *records] == self.known
        self.followed += records

    @rule()
    def forget_all_but_the_number(self) -> None:
        """Let the follower restart."""
        self.cursor = self.journal.follow(self.cursor.seq)

    @rule(after=st.integers(-1, 60), limit=st.none() | st.integers(0, 5))
    def read_after_number(self, after: int, limit: int | None) -> None:
        """A cursor by number gives what the list gives."""
        wanted = [record for record in self.known if record["seq"] > after][:limit]
        assert list(self.journal.read(after_seq=after, limit=limit)) == wanted

    @rule(cursor=time_cursors())
    def read_after_time(self, cursor: tuple[int, int, str]) -> None:
        """A cursor by time gives what the list gives, in whatever form it is written."""
        place, beside, zone = cursor
        near = nanos_of(self.known[place % len(self.known)]) if self.known else NOON * 10**9
        wanted = [record for record in self.known if nanos_of(record) > near + beside]
        assert list(self.journal.read(after=written(near + beside, zone))) == wanted

    @invariant()
    def reads_what_was_written(self) -> None:
        """Every record is there, numbered without a gap, at strictly increasing times."""
        assert list(self.journal.read()) == self.known
        assert self.journal.last() == (self.known[-1] if self.known else None)
        assert [record["seq"] for record in self.known] == list(range(1, len(self.known) + 1))
        times = [record["timestamp"] for record in self.known]
        assert times == sorted(set(times))

    @invariant()
    def follower_is_on_the_way(self) -> None:
        """What was followed so far is the beginning of what there is."""
        assert self.followed == self.known[: len(self.followed)]


Diary.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestDiary = Diary.TestCase


@pytest.fixture(scope="module", params=[1 << 40, 1 << 18], ids=["one file", "many files"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Journal, list[Record]]]:
    """A journal of 30,000 lines of 90 bytes to 300 kB, with garbage among them, and its list."""
    path = tmp_path_factory.mktemp("library") / "events.jsonl"
    moments = iter(range(NOON, NOON + 10**6))
    journal = Journal(path, rotate_bytes=request.param, clock=lambda: next(moments))
    known = []
    for number in range(300):
        rows: list[Record] = [{"n": number, "text": "x" * (size % 37)} for size in range(100)]
        if number % 60 == 7:
            rows[number % 100]["text"] = "y" * 300_000
        known += journal.append_many(rows)
        with path.open("ab") as file:
            file.write(b"garbage\n" * (number % 3) + b"\n{" * (2000 * (number % 50 == 3)))
    yield journal, known
    for archive in path.parent.iterdir():
        archive.unlink()


@given(seq=st.integers(-1, 30_001), limit=st.integers(1, 300))
@settings(deadline=None, max_examples=150)
def test_number_cursor_in_a_long_journal(
    library: tuple[Journal, list[Record]], seq: int, limit: int
) -> None:
    """Wherever the cursor lies among long lines and garbage, the next records are the list's."""
    journal, known = library

    found = list(journal.read(after_seq=seq, limit=limit))

    assert found == known[max(0, seq) : max(0, seq) + limit]


@given(
    place=st.integers(0, 29_999),
    beside=st.sampled_from([-(10**9), -1, 0, 1, 10**9]),
    zone=st.sampled_from(["Z", "+02:00", "-09:30"]),
)
@settings(deadline=None, max_examples=150)
def test_time_cursor_in_a_long_journal(
    library: tuple[Journal, list[Record]], place: int, beside: int, zone: str
) -> None:
    """A time between, before, at or behind two records leads to the same place as in the list."""
    journal, known = library
    instant = nanos_of(known[place]) + beside
    # The clock of this journal moves a second a line, which makes its neighbours easy to name.
    first = place + {-(10**9): 0, -1: 0, 0: 1, 1: 1, 10**9: 2}[beside]

    found = list(journal.read(after=written(instant, zone), limit=5))

    assert found == known[first : first + 5]

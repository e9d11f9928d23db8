"""The loop of the watch, with everything it looks at and writes to played."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tutti_core.errors import TuttiError
from tutti_core.model.session import Session
from tutti_core.watching.alarm import Alarm, Rung
from tutti_core.watching.monitor import Monitor
from tutti_core.watching.pacing import HUSH_SECS
from tutti_core.watching.readings import read_readings
from tutti_core.watching.sight import Glimpse, Sight
from tutti_core.watching.waking import Waker

STARTED = {"event": "agent.started", "agent": "two"}


def session(name: str, pane: str) -> Session:
    """A session whose process lives."""
    return Session(
        name, pane, 1, dead=False, exit_status=None, exit_signal=None, title="", width=80,
        height=24, in_mode=False, alternate=False, created=0.0, activity=0.0, attached=0,
        root="/root", agent=name, workspace="w", runtime="none",
    )  # fmt: skip


class Played:
    """A team, the sight of it, what wakes, and what tells: all that the loop needs.

    Args:
        folder: Where the readings are written.
    """

    path = deaths = root = Path("/nowhere")
    polls, line, lost, said, at, likeness = False, None, "", {}, "", ""

    def __init__(self, folder: Path) -> None:
        self.there = [session("one", "%1")]
        self.told: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self.seq = 0
        self.readings = folder / "readings.json"

    def __getattr__(self, name: str) -> Any:
        """Answer nothing to whatever else is asked or told."""
        return lambda *_, **__: None

    def list(self) -> tuple[Session, ...]:
        """Return who is there."""
        return tuple(self.there)

    def look(self, sessions: list[Session]) -> dict[str, Glimpse]:
        """Return an empty screen for each; meanwhile somebody else may come."""
        return {one.pane: Glimpse(one, "") for one in sessions}

    def catch_up(self) -> None:
        """Take in what was told."""
        self.seq += len(self.told)
        self.heard += self.told
        self.told = []

    def news(self) -> list[dict[str, Any]]:
        """Return what was taken in."""
        heard, self.heard = self.heard, []
        return heard

    def wait(self, seconds: float, hush: float = 0.0) -> Rung:
        """Let a second agent be started while nothing woke the loop yet."""
        return Rung()

    def record(self, agent: str) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def stalls(self) -> float:
        """Return never."""
        return 0.0

    def log(self, entries: Any) -> set[str]:
        """Write no log."""
        return set()

    def pause(self, now: float) -> float:
        """Return that it may look at once."""
        return 0.0

    files = configured = expected = detectors = lambda self, *_: {}

    def keep(self, data: bytes) -> None:
        """Write the readings."""
        self.readings.write_bytes(data)


def test_what_is_taken_in_was_looked_for(tmp_path: Path) -> None:
    """Readings that know of an agent's start have the agent, whenever that start was read of."""
    played = Played(tmp_path)
    monitor = Monitor(played, played, played, played, played, pid=1)  # type: ignore[arg-type]
    monitor.begin()
    monitor.turn()
    assert set(monitor.voices) == {"one"}
    # It is told of after the loop has woken, so that no listing comes before the journal is read.
    played.there.append(session("two", "%2"))
    played.told.append(STARTED)
    for _ in range(2):
        monitor.turn()
        kept = read_readings(played.readings)
        assert kept is not None
        assert kept.seq == 0 or set(kept.voices) == {"one", "two"}
    assert set(monitor.voices) == {"one", "two"}


class Line:
    """A connection to which nothing was told yet."""


def test_who_comes_while_one_connects_is_listed() -> None:
    """A session made between a listing and the connection is in the listing all the same."""
    there = [session("one", "%1")]

    class Host:
        def list(self, root: str | None = None) -> tuple[Session, ...]:
            return tuple(there)

    def connect() -> Any:
        there.append(session("two", "%2"))
        return Line()

    found = Sight("/root", Host(), connect).list()  # type: ignore[arg-type]

    assert [one.agent for one in found] == ["one", "two"]


def test_without_a_connection_one_list_is_enough() -> None:
    """Where no connection can be had, what was listed counts."""

    def connect() -> Any:
        raise TuttiError("no control mode")

    class Host:
        asked = 0

        def list(self, root: str | None = None) -> tuple[Session, ...]:
            self.asked += 1
            return (session("one", "%1"),)

    host = Host()
    sight = Sight("/root", host, connect)  # type: ignore[arg-type]

    assert len(sight.list()) == 1
    assert (host.asked, sight.lost) == (1, "no control mode")


def test_who_is_only_sampled_comes_along(tmp_path: Path) -> None:
    """Where each look costs a process, agents at work are looked at together, not one by one."""
    played = Played(tmp_path)
    played.polls = True
    looks: list[set[str]] = []

    def look(sessions: list[Session]) -> dict[str, Glimpse]:
        looks.append({one.agent for one in sessions})
        return {one.pane: Glimpse(one, "") for one in sessions}

    played.look = look  # type: ignore[method-assign]
    played.there.append(session("two", "%2"))
    now = [100.0]
    monitor = Monitor(played, played, played, played, played, pid=1, clock=lambda: now[0])  # type: ignore[arg-type]
    monitor.begin()
    monitor.turn()
    one, two = monitor._roster
    one.pace.sampled = two.pace.sampled = True
    one.pace.due, two.pace.due = 101.0, 101.4
    looks.clear()

    now[0] = 101.0
    monitor.turn()

    assert looks == [{"one", "two"}]


def test_whoever_goes_on_is_tended(tmp_path: Path) -> None:
    """Each listing sees to those that are known already."""
    played, tended = Played(tmp_path), []
    played.tend = lambda agent, _: tended.append(agent)
    now = [0.0]
    monitor = Monitor(played, played, played, played, played, pid=1, clock=lambda: now[0])  # type: ignore[arg-type]
    monitor.begin()
    monitor.turn()
    assert tended == []
    now[0] = 11.0
    monitor.turn()
    assert tended == ["one"]


def test_spinners_wake_it_no_more_often_than_it_needs(tmp_path: Path) -> None:
    """Word of nothing but agents that are sampled makes it deaf for a moment; no other does."""
    played, asked, woken = Played(tmp_path), list[float](), list[set[Any]]()

    def wait(seconds: float, hush: float = 0.0) -> Rung:
        asked.append(hush)
        return Rung(frozenset(woken.pop(0)))

    played.wait = wait  # type: ignore[method-assign]
    played.there.append(session("two", "%2"))
    now = [100.0]
    monitor = Monitor(played, played, played, played, played, pid=1, clock=lambda: now[0])  # type: ignore[arg-type]
    monitor.begin()
    spins, types = ("ring", "one"), ("ring", "two")
    woken += [set(), {spins}, {spins}, {spins, types}, {("hooks", "one")}, {"journal"}, {spins}]
    monitor.turn()
    monitor._roster.agents["one"].pace.sampled = True
    for _ in range(6):
        monitor.turn()
    assert asked == [0.0, 0.0, HUSH_SECS, HUSH_SECS, 0.0, 0.0, 0.0]


def test_what_changes_while_it_is_deaf_is_told_afterwards(tmp_path: Path) -> None:
    """No change of a file is lost to the hush, and whoever rings ends it at once."""
    wakes: Waker[str] = Waker()
    alarm = Alarm(wakes)
    path = tmp_path / "file"
    wakes.watch(path, "file")
    path.write_text("changed")
    began = time.monotonic()
    assert alarm.wait(10.0, 0.2).files == {"file"}
    assert time.monotonic() - began >= 0.2
    alarm.ring()
    alarm.wait(60.0, 60.0)
    assert time.monotonic() - began < 30
    alarm.close()


def test_nothing_is_written_while_somebody_is_unseen(tmp_path: Path) -> None:
    """Until everybody was looked at it sleeps, and does not ask again and again."""
    played, slept = Played(tmp_path), list[float]()

    def fails(_: Any) -> Any:
        raise TuttiError("tmux does not answer")

    def wait(seconds: float, hush: float = 0.0) -> Rung:
        slept.append(seconds)
        now[0] += seconds
        return Rung()

    played.look, played.wait = fails, wait  # type: ignore[method-assign]
    now = [0.0]
    monitor = Monitor(played, played, played, played, played, pid=1, clock=lambda: now[0])  # type: ignore[arg-type]
    monitor.begin()
    while now[0] < 60:
        monitor.turn()
    assert len(slept) < 600
    assert not played.readings.exists()

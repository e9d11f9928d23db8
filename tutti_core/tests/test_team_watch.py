"""A workspace under watch, on a clock of its own: what is told, what is kept, what it costs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutti_core.errors import TuttiError
from tutti_core.log import Log
from tutti_core.state.lock import Lock
from tutti_core.team.down import DownRequest, down
from tutti_core.team.logs import LogsRequest, logs
from tutti_core.team.scene import Scene
from tutti_core.team.up import UpRequest, up
from tutti_core.team.watch_check import watched
from tutti_core.team.watcher import believed
from tutti_core.watching import sight
from tutti_core.watching.alarm import Rung
from tutti_core.watching.logbook import Logbook
from tutti_core.watching.monitor import SWEEP_SECS, Monitor
from tutti_core.watching.readings import read_readings
from tutti_core.watching.sight import Sight
from tutti_core.watching.telling import Teller


class Line:
    """A lasting connection to a host in memory, which may break."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.broken = False
        self.told: list[str] = []

    def ask(self, *argv: str) -> bytes:
        raise AssertionError("panes are not asked for one by one here")

    def capture(self, panes: Sequence[str]) -> Mapping[str, str]:
        if self.broken:
            raise TuttiError("the connection is lost")
        found: Mapping[str, str] = self.host.capture(panes)
        return found

    def list(self, root: str | None = None) -> Any:
        return self.host.list(root)

    def notices(self) -> list[str]:  # type: ignore[valid-type]
        told, self.told = self.told, []
        return told

    def fileno(self) -> int:
        return -1

    def close(self) -> None: ...


class Clock:
    """Time, files and processes as the test has them: what an alarm waits for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.files: set[Hashable] = set()
        self.watched: set[tuple[str, Hashable]] = set()

    def wait(self, timeout: float, hush: float = 0.0) -> Rung:
        files, self.files = frozenset(self.files), set()
        self.now += min(timeout, hush) if files else max(timeout, 0.001)
        return Rung(files)

    def watch(self, path: str, tag: Hashable) -> None:
        self.watched.add((path, tag))

    def forget(self, path: Any, tag: Hashable = None) -> None:
        self.watched.discard((path, tag))

    def listen(self, line: Any) -> None: ...
    def lives(self, pid: int) -> None: ...
    def close(self) -> None: ...


class Watch:
    """A watch over a crew; another one over the same crew takes over from it."""

    def __init__(self, crew: Any, context: Any, *, line: bool = True) -> None:
        self.crew, self.context, self.clock = crew, context, Clock()
        self.lines: list[Line] = []
        self.scene = Scene(context, Log(context.places.logs / "watcher.log"))
        kept = read_readings(context.places.readings)
        teller = Teller(context.journal, self.scene.emit, kept)
        seen = Sight(
            str(context.root), crew.host, self._connect if line else None, lambda: self.clock.now
        )
        self.monitor = Monitor(
            self.scene, seen, self.clock, teller, self.clock,  # type: ignore[arg-type]
            pid=1, clock=lambda: self.clock.now,
        )  # fmt: skip
        self.monitor.begin()

    def _connect(self) -> Line:
        self.lines.append(Line(self.crew.host))
        return self.lines[-1]

    def shows(self, agent: str, text: str) -> None:
        """Let an agent print something."""
        pane = next(one.pane for one in self.crew.host.made.values() if one.agent == agent)
        self.crew.host.screens[pane] = text
        self.clock.files.add(("ring", agent))

    def passes(self, seconds: float) -> None:
        """Let time pass, and the watch do what it does meanwhile."""
        ends = self.clock.now + seconds
        while self.clock.now < ends:
            self.monitor.turn(ends - self.clock.now)


def told(context: Any, agent: str = "one") -> list[str]:
    """Return what was told of an agent, in order."""
    names = [line["event"] for line in context.journal.read() if line.get("agent") == agent]
    return [name.removeprefix("agent.") for name in names if name.startswith("agent.")]


@pytest.fixture
def watch(crew: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watch]:
    """Give what watches a team of two that is up."""
    monkeypatch.setattr(sight, "FEW", 0)
    context = crew.context("one", "two")
    up(context, UpRequest())
    return lambda **how: Watch(crew, context, **how)


def test_working_is_told_in_a_moment_and_idle_after_a_second_look(watch: Any) -> None:
    """Busy is on disk within the debounce; quiet only once it has held for a second."""
    team = watch()
    team.passes(2)
    assert told(team.context) == ["started", "idle"]
    team.shows("one", "busy")
    team.passes(0.06)
    assert told(team.context)[2:] == ["working"]
    team.shows("one", ">")
    team.passes(0.9)
    assert told(team.context)[2:] == ["working"]
    team.passes(0.3)
    assert told(team.context)[2:] == ["working", "idle"]
    assert told(team.context, "two") == ["started", "idle"]


def test_a_half_drawn_screen_tells_nothing(watch: Any) -> None:
    """A screen that is drawn anew again and again, and is empty or quiet in between, is no news."""
    team = watch()
    team.passes(2)
    team.shows("one", "busy")
    team.passes(1)
    for number in range(40):
        team.shows("one", ("", ">", "no key", "busy")[number % 4])
        team.passes(0.1)
    assert told(team.context) == ["started", "idle", "working"]


def test_a_dialog_is_told_with_what_the_contract_asks_for(watch: Any) -> None:
    """The event says state, kind and evidence; the health file has the contract's shape."""
    team = watch()
    team.passes(2)
    team.shows("one", "may I")
    team.passes(0.1)
    last = team.context.journal.last()
    assert last["event"] == "agent.waiting"
    data = last["data"]
    assert (data["state"], data["previous"], data["kind"]) == ("waiting", "idle", "permission")
    assert (data["from"], data["to"], data["source"]) == ("idle", "working", "probe")
    assert data["evidence"] == "screen"
    health = json.loads((team.context.places.state / "health" / "one.json").read_text())
    assert (health["state"], health["activity_state"]) == ("waiting", "working")
    assert health["running"] is True


def test_a_quiet_team_is_left_in_peace(watch: Any) -> None:
    """Nobody captures a pane that printed nothing, however long that lasts."""
    team = watch()
    team.passes(3)
    looks = len(team.crew.host.looked)
    team.passes(600)
    assert len(team.crew.host.looked) == looks


def test_only_what_changed_is_captured(watch: Any) -> None:
    """One busy agent costs one pane a look, and a burst of output one look."""
    team = watch()
    team.passes(3)
    team.crew.host.looked.clear()
    for _ in range(10):
        team.shows("one", "busy")
        team.passes(0.01)
    team.passes(0.05)
    assert team.crew.host.looked == [1]


def test_late_ticks_are_dropped(watch: Any) -> None:
    """After an hour in which it could not run it looks once, not for every time it missed."""
    team = watch()
    team.passes(3)
    lists: list[str] = []
    team.crew.host.before = lists.append
    team.clock.now += 3600
    team.monitor.turn(0.0)
    team.monitor.turn(0.0)
    assert lists.count("list") == 1


def test_without_a_connection_it_polls_and_comes_back(watch: Any) -> None:
    """Where control mode fails it sees all the same, a little later, and connects again."""
    team = watch()
    team.passes(2)
    team.lines[-1].broken = True
    team.shows("one", "busy")
    team.passes(1)
    assert told(team.context)[-1] == "working"
    assert read_readings(team.context.places.readings).mode == "poll"
    team.passes(20)
    assert len(team.lines) == 2
    team.shows("one", ">")
    team.passes(2)
    assert told(team.context)[-1] == "idle"
    assert read_readings(team.context.places.readings).mode == "control"


def test_it_works_without_any_connection(watch: Any) -> None:
    """A host that knows no control mode is polled."""
    team = watch(line=False)
    team.passes(2)
    team.shows("one", "busy")
    team.passes(1)
    assert told(team.context) == ["started", "idle", "working"]


def test_a_death_is_told_unless_somebody_ends_the_agent(watch: Any) -> None:
    """Its process ended by itself: that is told; while down has it in hand, down tells."""
    team = watch()
    team.passes(2)
    lock = Lock(team.context.places.lock("agent-one"), purpose="tt down one")
    lock.acquire()
    team.crew.host.dies("one")
    team.crew.host.dies("two")
    team.passes(15)
    assert told(team.context) == ["started", "idle"]
    assert told(team.context, "two") == ["started", "idle", "exited"]
    lock.release()
    team.passes(2)
    assert told(team.context) == ["started", "idle", "exited"]


def test_a_session_that_vanishes_is_told_once_and_can_be_restored(watch: Any) -> None:
    """It is stopped, for the watch and for whoever comes later; its record still says it ran."""
    team = watch()
    team.passes(2)
    team.crew.host.made.clear()
    team.passes(12)
    assert told(team.context) == ["started", "idle", "stopped"]
    assert team.monitor.empty
    health = json.loads((team.context.places.state / "health" / "one.json").read_text())
    assert (health["state"], health["running"]) == ("stopped", False)
    Watch(team.crew, team.context).passes(3)
    assert told(team.context) == ["started", "idle", "stopped"]
    done = up(team.context, UpRequest(restore=True))
    assert [one.agent for one in done.results] == ["one", "two"]
    assert told(team.context) == ["started", "idle", "stopped", "started"]


@pytest.mark.parametrize("kept", [True, False])
def test_killed_between_journal_and_readings_nothing_is_told_twice(watch: Any, kept: bool) -> None:
    """The journal is the truth: the next one reads it from where the readings are."""
    team = watch()
    team.passes(2)
    if not kept:
        team.context.places.readings.unlink()
    old = team.context.places.readings.read_bytes() if kept else b""
    team.shows("one", "busy")
    team.passes(0.1)
    assert told(team.context)[-1] == "working"
    team.context.places.readings.write_bytes(old)
    Watch(team.crew, team.context).passes(3)
    assert told(team.context) == ["started", "idle", "working"]


def test_what_a_power_failure_took_from_the_journal_is_told_again(watch: Any) -> None:
    """Readings that know of events the journal has lost are not believed."""
    team = watch()
    team.passes(2)
    team.shows("one", "busy")
    team.passes(0.1)
    lines = team.context.places.events.read_bytes().splitlines(keepends=True)
    team.context.places.events.write_bytes(b"".join(lines[:-1]))
    after = Watch(team.crew, team.context)
    after.context.emit("other.thing")
    after.passes(3)
    assert told(team.context) == ["started", "idle", "working"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from([">", "busy", "may I", "no key", "", "gibberish"]),
            st.sampled_from([0.02, 0.1, 0.7, 2.0, 4.0]),
            st.sampled_from(["on", "on", "killed", "forgets"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whoever_watches_whenever_it_dies_each_change_is_told_once(
    watch: Any, acts: list[tuple[str, float, str]]
) -> None:
    """Through any screens and any deaths of the watch no state is told twice, and the last is."""
    team = watch()
    team.passes(2)
    for text, seconds, fate in acts:
        team.shows("one", text)
        team.passes(seconds)
        if fate == "forgets":
            team.context.places.readings.unlink(missing_ok=True)
        if fate != "on":
            team = Watch(team.crew, team.context)
    team.passes(5)
    states = [name for name in told(team.context) if not name.endswith("recovered")]
    assert all(before != after for before, after in pairwise(states))
    words = {">": "idle", "busy": "working", "may I": "waiting", "no key": "auth_failed"}
    if acts[-1][0] in words:
        assert states[-1] == words[acts[-1][0]]
    team.shows("one", ">")
    team.passes(3)
    assert told(team.context)[-1] == "idle"


def test_rules_that_changed_are_used_at_once(watch: Any, crew: Any) -> None:
    """A change of the configuration is read; one that is broken leaves what was known."""
    team = watch()
    team.passes(2)
    (crew.root / "tutti.toml").write_text("[workspace\n")
    team.clock.files.add("config")
    team.passes(1)
    team.shows("one", "busy")
    team.passes(1)
    assert told(team.context)[-1] == "working"
    assert "cannot be read" in (team.context.places.logs / "watcher.log").read_text()


def test_where_the_workspace_is_gone_nothing_is_made_again(watch: Any, tmp_path: Path) -> None:
    """The watch writes no folder of a workspace that somebody removed."""
    team = watch()
    team.passes(2)
    team.context.places.home.rename(tmp_path / "elsewhere")
    team.scene.beat()
    team.scene.keep(b"{}")
    team.scene.gone("one")
    team.scene.note("something")
    assert not team.context.places.home.exists()


def finding(context: Any) -> tuple[str, str]:
    """Return what the doctor says of the watcher."""
    (one,) = watched(context)
    return one.status, one.detail


def test_the_doctor_says_how_the_watcher_is(
    watch: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Absent, switched off, at work, stale, in trouble, of another release: each has its word."""
    team = watch()
    assert "off" in finding(team.context)[1]
    monkeypatch.setenv("TUTTI_WATCHER", "on")
    assert finding(team.context) == ("warn", "2 agents run, and nobody watches them")
    lock = Lock(team.context.places.lock("watch"), purpose="tt watcher")
    lock.acquire()
    assert "has not said anything yet" in finding(team.context)[1]
    team.monitor._keeper._pid = os.getpid()
    team.passes(3)
    assert finding(team.context) == (
        "pass",
        f"pid {os.getpid()}, 2 agents",
    )
    kept = team.context.places.readings
    os.utime(kept, (1, 1))
    assert finding(team.context)[0] == "fail"
    kept.write_text(kept.read_text().replace('"trouble": ""', '"trouble": "no tmux"'))
    assert finding(team.context) == ("warn", f"pid {os.getpid()}: no tmux")
    lock.release()
    team.crew.host.made.clear()
    assert finding(team.context)[0] == "skip"


def test_a_worker_that_gets_nowhere_is_told_to_be_stalled(crew: Any, watch: Any) -> None:
    """After the time the team allows, once; and that it goes on once its screen does."""
    team = watch()
    (crew.root / "tutti.toml").write_text(
        (crew.root / "tutti.toml")
        .read_text()
        .replace("[launch]", "[launch]\nstalled_after_secs = 1")
    )
    team.clock.files.add("config")
    team.passes(2)
    team.shows("one", "busy")
    team.passes(1)
    began = time.monotonic()
    while "stalled" not in told(team.context) and time.monotonic() < began + 20:
        team.passes(SWEEP_SECS)
    assert told(team.context) == ["started", "idle", "working", "stalled"]
    assert "screen changed" in team.context.journal.last()["data"]["stalled"]
    team.shows("one", "something new\nbusy")
    team.passes(1)
    assert told(team.context)[4:] == ["working"]


def test_what_the_watch_saw_is_believed_only_while_it_is_up_to_date(watch: Any) -> None:
    """Not without its lock, not when stale, and not while the journal says more than it knows."""
    team = watch()
    team.passes(3)
    root = team.context.root
    assert believed(root) is None
    lock = Lock(team.context.places.lock("watch"), purpose="tt watcher")
    lock.acquire()
    team.monitor._keeper._pid = os.getpid()
    team.context.emit("other.thing")
    team.passes(3)
    kept = believed(root)
    assert kept is not None
    assert {name: one.reading.state for name, one in kept.voices.items()} == {
        "one": "idle",
        "two": "idle",
    }
    rows = team.crew.context("one", "two").voices()
    assert kept.voices["one"].reading._replace(evidence=()) == rows["one"].reading._replace(
        evidence=(), confirmed=True
    )
    team.context.emit("other.thing")
    assert believed(root) is None
    team.passes(3)
    assert believed(root) is not None
    os.utime(team.context.places.readings, (1, 1))
    assert believed(root) is None
    team.context.places.readings.write_text("{")
    assert believed(root) is None
    lock.release()


def kept_lines(team: Watch, agent: str = "one") -> list[str]:
    """Return the lines of an agent's log."""
    book = Logbook(team.context.places.log(agent))
    return [line for piece in book.pieces() for line in piece.lines]


def test_the_log_is_written_while_the_agent_runs(watch: Any) -> None:
    """Each line once, also after another watch took over, and after down has written the rest."""
    team = watch()
    team.passes(3)
    team.shows("one", "first\nbusy")
    team.passes(3)
    assert kept_lines(team) == [">", "first", "busy"]
    team = Watch(team.crew, team.context)
    team.shows("one", "first\nsecond\nbusy")
    team.passes(3)
    assert kept_lines(team) == [">", "first", "busy", "second"]
    said = logs(team.context, LogsRequest("one")).entries
    assert [one.text for one in said if one.source == "screen"] == []
    pane = next(one.pane for one in team.crew.host.made.values() if one.agent == "one")
    team.crew.host.screens[pane] = "first\nsecond\nlast words\nbusy"
    down(team.context, DownRequest(agents=("one",)))
    assert kept_lines(team) == [">", "first", "busy", "second", "last words"]


def test_a_spinner_is_not_written_again_and_again(watch: Any) -> None:
    """Who goes on printing is written down now and then, as far as it stands."""
    team = watch()
    team.passes(3)
    for number in range(200):
        team.shows("one", f"a line that stands\nspinning {number}\nbusy")
        team.passes(0.1)
    found = kept_lines(team)
    assert found.count("a line that stands") == 1
    assert len([line for line in found if line.startswith("spinning")]) <= 1

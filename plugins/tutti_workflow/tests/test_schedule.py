"""A workflow runs at its time: once for each, whoever was killed, and delays nobody."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core import ConfigError, Context, StateError
from tutti_testing import Stage, wait_for
from tutti_workflow.record.store import read, run_ids
from tutti_workflow.schedule.clock import last_runs, lock_of, timed
from tutti_workflow.schedule.cron import due, fault, upcoming, zone
from tutti_workflow.schedule.firing import fire, pending
from tutti_workflow.schedule.scheduler import Scheduler, ScheduleService

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=timezone.utc)
TEAM = """
[workspace]
name = "work"

[schedule]
timezone = "UTC"

[[workflow]]
name = "often"
schedule = "* * * * *"
[[workflow.step]]
type = "command"
run = "echo $TUTTI_RUN_ID >> ran.txt"

[[workflow]]
name = "daily"
schedule = "0 9 * * *"
[[workflow.step]]
type = "command"
run = "true"
"""


class TestTimes:
    """Five fields, read as cron reads them."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("* * * *", "must have five fields"),
            ("0 * * * * *", "must have five fields"),
            ("@daily", "must have five fields"),
            ("61 * * * *", "is no cron expression"),
            ("0 0 31 2 *", "is no cron expression"),
            ("0 0 * * 8", "is no cron expression"),
        ],
    )
    def test_nonsense_is_refused(self, text: str, said: str) -> None:
        """With the reason."""
        assert said in fault(text)

    @pytest.mark.parametrize("sunday", ["0", "7", "SUN"])
    def test_sunday_is_zero_and_seven(self, sunday: str) -> None:
        """And where a day of the month is given too, either will do."""
        assert fault(f"0 0 1 * {sunday}") == ""
        saturday = datetime(2026, 11, 28, tzinfo=BERLIN)
        found = [upcoming(f"0 0 1 * {sunday}", saturday, BERLIN)]
        assert found[0] is not None
        found.append(upcoming(f"0 0 1 * {sunday}", found[0], BERLIN))
        assert [one.day for one in found if one] == [29, 1]

    def test_an_hour_that_is_passed_over_is_made_up_for(self) -> None:
        """When the clock goes forward, what was due in between is due at once, and once."""
        night, noon = (
            datetime(2026, 3, 28, 12, tzinfo=BERLIN),
            datetime(2026, 3, 29, 12, tzinfo=BERLIN),
        )
        found = due("30 2 * * *", night, noon, BERLIN)
        assert found == (datetime(2026, 3, 29, 3, 0, tzinfo=BERLIN), 0)

    def test_an_hour_that_comes_twice_counts_once(self) -> None:
        """When the clock goes back; a schedule of every hour goes on."""
        since, now = (
            datetime(2026, 10, 24, 12, tzinfo=BERLIN),
            datetime(2026, 10, 25, 12, tzinfo=BERLIN),
        )
        assert due("30 2 * * *", since, now, BERLIN) == (
            datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
            0,
        )
        midnight = datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN)
        found = due("30 * * * *", midnight, datetime(2026, 10, 25, 4, 45, tzinfo=BERLIN), BERLIN)
        assert found is not None
        assert found.missed == 5

    @settings(deadline=None, max_examples=40)
    @given(st.integers(0, 30_000), st.sampled_from(["*/7 * * * *", "0 9 * * 1-5", "5 0 1 * *"]))
    def test_what_is_due_lies_between(self, minutes: int, text: str) -> None:
        """After what was seen last, not after now, and nothing comes between it and now."""
        since = datetime(2026, 1, 1, tzinfo=timezone.utc)
        now = since + timedelta(minutes=minutes)
        found = due(text, since, now, BERLIN)
        first = upcoming(text, since, BERLIN)
        if found is None:
            assert first is None or first > now
            return
        assert since < found.at <= now
        after = upcoming(text, found.at, BERLIN)
        assert after is None or after > now

    def test_years_of_minutes_are_one_run(self) -> None:
        """However long nobody looked, it does not take long to say what is due."""
        found = due("* * * * *", NOON - timedelta(days=3650), NOON, BERLIN)
        assert found is not None
        assert found.at == NOON.replace(second=0)

    def test_an_unknown_zone_is_refused(self) -> None:
        """By name, with what to do."""
        with pytest.raises(ConfigError, match="no time zone 'Mars/Base'"):
            zone("Mars/Base")


@pytest.fixture
def work(workspace: Stage, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A workspace with schedules."""
    for name, value in workspace.env.items():
        monkeypatch.setenv(name, value)
    workspace.team(TEAM)
    return Context.open(workspace.root)


def ran(work: Context) -> list[str]:
    """The runs that a workflow's command noted."""
    path = work.root / "ran.txt"
    return path.read_text().split() if path.exists() else []


class TestScheduler:
    """What is due is run once."""

    def test_once_for_each_time(self, work: Context) -> None:
        """Nothing before the first look; then one run, however many times were missed."""
        started: list[str] = []
        scheduler = Scheduler(work, lambda _, name: started.append(name))
        assert scheduler.tick(NOON) == []
        assert fire(work, "often", NOON).outcome == "not due"
        later = NOON + timedelta(minutes=5)
        assert scheduler.tick(later) == ["often"]
        done = fire(work, "often", later)
        assert (done.outcome, done.due) == ("succeeded", "2026-11-22T12:05:00Z")
        assert ran(work) == [done.run_id]
        state = read(work, done.run_id)
        assert state is not None
        assert state.origin == "observe_cycle"
        assert scheduler.tick(later) == []
        assert fire(work, "often", later).outcome == "not due"
        assert list(last_runs(work).read()) == ["work/often", "work/daily"]

    def test_one_that_still_runs_is_left_to_it(self, work: Context) -> None:
        """Its time is passed over, and that is told."""
        started: list[str] = []
        scheduler = Scheduler(work, lambda _, name: started.append(name))
        scheduler.tick(NOON)
        lock = lock_of(work, "often")
        lock.acquire()
        try:
            assert scheduler.tick(NOON + timedelta(minutes=1)) == []
            assert fire(work, "often", NOON + timedelta(minutes=2)).outcome == "running"
        finally:
            lock.release()
        skipped = [one for one in work.journal.read() if one["event"] == "schedule.skipped"]
        assert [one["data"]["workflow"] for one in skipped] == ["often"]

    def test_a_run_that_was_to_begin_and_did_not_is_begun(self, work: Context) -> None:
        """Whoever was killed in between: it has the id that it was to have."""
        Scheduler(work, lambda *_: None).tick(NOON)
        claim = {"workflow": "often", "due": "2026-11-22T12:01:00Z", "run_id": "20261122-1-abc"}
        pending(work).write({"often": claim})
        started: list[str] = []
        Scheduler(work, lambda _, name: started.append(name)).tick(NOON)
        assert started == ["often"]
        assert fire(work, "often", NOON).run_id == "20261122-1-abc"
        assert fire(work, "often", NOON).outcome == "not due"
        assert run_ids(work) == ["20261122-1-abc"]

    def test_a_bad_one_keeps_no_other_waiting(self, work: Context) -> None:
        """One that cannot be started is told of, and the next is started."""
        begun: list[str] = []

        def start(_: Context, name: str) -> None:
            if name == "often":
                raise StateError("no room")
            begun.append(name)

        scheduler = Scheduler(work, start)
        scheduler.tick(NOON)
        assert scheduler.tick(NOON + timedelta(days=1)) == ["daily"]
        assert begun == ["daily"]
        failed = [one for one in work.journal.read() if one["event"] == "schedule.failed"]
        assert failed[0]["data"]["message"] == "no room"

    def test_a_changed_file_counts_at_once(self, work: Context) -> None:
        """A new schedule is seen to; a file that cannot be used is told of once."""
        scheduler = Scheduler(work, lambda *_: None)
        scheduler.tick(NOON)
        path = work.root / "tutti.toml"
        path.write_text(TEAM.replace("0 9 * * *", "30 12 * * *"))
        assert "daily" in scheduler.tick(NOON + timedelta(hours=1))
        path.write_text("[workspace")
        assert scheduler.tick(NOON + timedelta(hours=2)) == []
        assert scheduler.tick(NOON + timedelta(hours=2)) == []
        failed = [one for one in work.journal.read() if one["event"] == "schedule.failed"]
        assert len(failed) == 1

    def test_the_service_starts_a_process(self, work: Context) -> None:
        """It is not waited for; what it ran is on record."""
        ScheduleService(work).handle(work, None)
        past = datetime.now(timezone.utc) - timedelta(minutes=3)
        last_runs(work).write({"work/often": past.isoformat(), "work/daily": past.isoformat()})
        ScheduleService(work).handle(work, None)
        assert wait_for(lambda: bool(ran(work)) and pending(work).read({}) == {})
        # Its last act is to let go of its lock.
        now = datetime.now(timezone.utc)
        assert wait_for(lambda: [one.pid for one in timed(work, now)] == [0, 0])


def test_by_hand(workspace: Stage) -> None:
    """`tt schedule` says what comes when; `run-once` runs what is due, and says so."""
    workspace.team(TEAM)
    (row, other) = workspace.tt("schedule", "--json").well().json()
    assert (row["workflow"], row["timezone"], row["last"]) == ("often", "UTC", None)
    assert other["schedule"] == "0 9 * * *"
    assert "Nothing is due" in workspace.tt("schedule", "run-once").well().stdout
    path = workspace.root / ".tutti" / "state" / "scheduler-last-runs.json"
    path.write_text('{"work/often": "2026-01-01T00:00:00Z"}')
    (run,) = workspace.tt("schedule", "run-once", "--json").well().json()["runs"]
    assert run["outcome"] == "succeeded"
    assert (Path(workspace.root) / "ran.txt").read_text() == f"{run['run_id']}\n"
    (row, other) = workspace.tt("schedule", "--json").well().json()
    assert (row["last_run"]["run_id"], row["last_run"]["status"]) == (run["run_id"], "succeeded")
    assert other["last_run"] is None
    assert "succeeded" in workspace.tt("schedule").well().stdout

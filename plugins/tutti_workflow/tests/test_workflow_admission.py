"""Runs that are refused are on record, and no more of a group go on at once than may."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from recorded import Desk
from tutti_core import Context, JsonFile, PolicyError, Verdict
from tutti_workflow.engine.again import resume
from tutti_workflow.engine.order import Again, Order, Seat, Told
from tutti_workflow.engine.run import begin, run_order
from tutti_workflow.record.store import read, run_ids

GROUPED = """
[[workflow]]
name = "slow"
concurrency = "queue"
[[workflow.step]]
type = "jot"
secs = 30.0

[[workflow]]
name = "second"
concurrency = "{word}"
group = "slow"
[[workflow.step]]
type = "workflow"
workflow = "inner"

[[workflow]]
name = "inner"
concurrency = "refuse"
group = "slow"
[[workflow.step]]
type = "jot"
"""


class Slow:
    """A run that goes on in a thread until it is told to end."""

    def __init__(self, context: Context, until: Callable[..., Any]) -> None:
        self.over, self.heard = False, []
        self.ended: list[str] = []
        seat = Seat(self._hear, lambda: self.over)

        def work() -> None:
            self.ended.append(run_order(context, Order("slow"), seat).status)

        self.thread = Thread(target=work)
        self.thread.start()
        until(lambda: any(one.what == "step" for one in self.heard))

    def _hear(self, told: Told) -> None:
        self.heard.append(told)

    def end(self) -> None:
        """Have it end."""
        self.over = True
        self.thread.join(20)


def test_one_too_many_is_refused(desk: Desk, until: Callable[..., Any]) -> None:
    """It says who is there, is on record with why, and can be gone on with afterwards."""
    context = desk.team(GROUPED.format(word="refuse"))
    slow = Slow(context, until)
    with pytest.raises(PolicyError, match=r"not run beside others of its group: .*of slow"):
        run_order(context, Order("second"))
    slow.end()
    assert slow.ended == ["interrupted"]
    refused = read(context, run_ids(context)[0])
    assert refused is not None
    assert (refused.status, refused.failure["category"]) == ("failed", "policy")  # type: ignore[index]
    ledger = JsonFile(context.places.state / "run-ledger" / f"{refused.run_id}.json").read()
    assert (ledger["state"], ledger["failure_class"]) == ("aborted", "policy")
    assert resume(context, refused.run_id, Again()).status == "succeeded"


def test_one_that_was_left_alone_is_refused_too(desk: Desk, until: Callable[..., Any]) -> None:
    """Begun for another process to go on with, it has failed where that finds no place for it."""
    context = desk.team(GROUPED.format(word="refuse"))
    slow = Slow(context, until)
    store, _ = begin(context, Order("second"))
    store.release()
    for _ in range(2):
        with pytest.raises(PolicyError):
            resume(context, store.state.run_id, Again())
    refused = read(context, store.state.run_id)
    assert refused is not None
    assert (refused.status, refused.closed) == ("failed", True)
    slow.end()
    assert resume(context, refused.run_id, Again()).status == "succeeded"


def test_one_too_many_waits(desk: Desk, until: Callable[..., Any]) -> None:
    """It says for whom, begins when that has ended, and its own part needs no further place."""
    context = desk.team(GROUPED.format(word="queue"))
    slow = Slow(context, until)
    heard: list[str] = []

    def hear(told: Told) -> None:
        heard.append(told.text)
        slow.over = slow.over or told.text.startswith("waits: ")

    assert run_order(context, Order("second"), Seat(hear)).status == "succeeded"
    slow.end()
    assert [one for one in heard if one.startswith("waits: ") and "of slow" in one]


def test_who_waits_can_be_ended(desk: Desk, until: Callable[..., Any]) -> None:
    """A run that waits for its place ends at once, interrupted, and can be resumed."""
    context = desk.team(GROUPED.format(word="queue"))
    slow = Slow(context, until)
    ended = run_order(context, Order("second"), Seat(stopped=lambda: True))
    assert (ended.status, ended.steps["1"].attempts) == ("interrupted", [])
    slow.end()
    assert resume(context, ended.run_id, Again()).status == "succeeded"


def test_what_a_guard_refuses_is_on_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is done; its ledger, its row and its events say that it was, and why."""
    context = desk.flow('type = "jot"')
    verdict = Verdict("refuse", "test", "", "no money left", "earn some")
    monkeypatch.setattr(context.plugins, "guard", lambda _: [verdict])
    with pytest.raises(PolicyError, match="no money left"):
        run_order(context, Order("a"))
    (run_id,) = run_ids(context)
    ledger = JsonFile(context.places.state / "run-ledger" / f"{run_id}.json").read()
    assert (ledger["state"], ledger["status"], ledger["resume_eligible"]) == (
        "aborted",
        "failed",
        True,
    )
    assert "no money left" in ledger["failure_message"]
    told = [one["event"] for one in context.journal.read() if one["correlation_id"] == run_id]
    assert (told, desk.effects) == (["workflow.started", "workflow.failed"], [])
    monkeypatch.undo()
    assert resume(desk.open(), run_id, Again()).status == "succeeded"

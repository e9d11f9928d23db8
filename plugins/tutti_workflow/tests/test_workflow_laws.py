from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorded import Desk
from tutti_core import Plugins
from tutti_workflow.engine.again import resume
from tutti_workflow.engine.choice import startable
from tutti_workflow.engine.order import Again, Order
from tutti_workflow.engine.results import Ended, bounded, tried_again, wait_of
from tutti_workflow.engine.run import run_order
from tutti_workflow.model import GOES_ON, LEDGER, Retry
from tutti_workflow.plan.resolve import Node
from tutti_workflow.record.files import Files
from tutti_workflow.record.ledger import ENDS, is_legal
from tutti_workflow.record.state import RunState
from tutti_workflow.record.store import Store, read, run_ids


class Killed(BaseException):
    """What ends a run as suddenly as a kill, as far as a thread can."""


def node(place: int, needs: frozenset[int], holds: str | None = None) -> Node:
    """A step that the choice of what begins next can be asked about."""
    found: Any = Node.__new__(Node)
    for name, value in {
        "index": place + 1,
        "key": str(place),
        "needs": frozenset(map(str, needs)),
        "holds": holds,
    }.items():
        object.__setattr__(found, name, value)
    return found  # type: ignore[no-any-return]


graphs = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        *(
            st.frozensets(st.integers(0, place - 1), max_size=3) if place else st.just(frozenset())
            for place in range(size)
        )
    )
)


class TestChoice:
    """What begins next, without any run."""

    @given(
        graphs,
        st.integers(1, 4),
        st.lists(st.sampled_from(["a", "b", None]), min_size=8, max_size=8),
        st.lists(st.sampled_from(["success", "warning", "failed"]), min_size=8, max_size=8),
        st.randoms(use_true_random=False),
    )
    def test_nothing_begins_too_early(
        self, needs: Any, most: int, holds: Any, ends: Any, chance: Any
    ) -> None:
        """At any time no more run than may, none shares an agent, and each has what it needs."""
        nodes = [node(n, need, holds[n]) for n, need in enumerate(needs)]
        status = {one.key: "pending" for one in nodes}
        running: list[Node] = []
        while True:
            begun = startable(nodes, status, {one.key for one in running}, {}, 0.0, most)
            for one in begun:
                assert all(status[key] in GOES_ON for key in one.needs)
                status[one.key] = "running"
            running += begun
            assert len(running) <= most
            held = [one.holds for one in running if one.holds]
            assert len(held) == len(set(held))
            if not running:
                break
            over = running.pop(chance.randrange(len(running)))
            status[over.key] = ends[int(over.key)]
        left = [one for one in nodes if status[one.key] == "pending"]
        assert all(any(status[key] not in GOES_ON for key in one.needs) for one in left)


@contextmanager
def desks() -> Iterator[Desk]:
    """A workspace for one example."""
    folder = Path(tempfile.mkdtemp(prefix="tt-law-"))
    try:
        with patch.dict("os.environ", {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}):
            yield Desk(folder / "project", PLUGINS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


PLUGINS = Plugins.installed()


@contextmanager
def dying(at: int, when: str) -> Iterator[None]:
    """Have a run die before or after one of its writes."""
    seen = 0
    write = Store.write

    def counted(self: Store, *lines: Any) -> Any:
        nonlocal seen
        if lines[0]["kind"] == "note":
            return write(self, *lines)
        seen += 1
        if seen == at and when == "before":
            raise Killed
        kept = write(self, *lines)
        if seen == at:
            raise Killed
        return kept

    with patch.object(Store, "write", counted):
        yield


def keys_of(place: int, need: frozenset[int], fail: int, mode: str) -> str:
    """The text of a step's keys."""
    needs = json.dumps([f"s{n}" for n in sorted(need)])
    return (
        f'type = "jot"\nid = "s{place}"\ndepends_on = {needs}\nfail = {fail}\nfail_mode = "{mode}"'
    )


class TestRuns:
    """What holds of every run, killed and resumed or not."""

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        graphs,
        st.lists(st.sampled_from([0, 0, 0, 1]), min_size=8, max_size=8),
        st.lists(st.sampled_from(["open", "closed"]), min_size=8, max_size=8),
        st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["before", "after"])), max_size=3),
    )
    def test_killed_or_not_it_ends_alike(
        self, needs: Any, fails: Any, modes: Any, kills: Any
    ) -> None:
        """However often it dies, each step is done once, in order, and has one result."""
        with desks() as desk:
            steps = [keys_of(n, need, fails[n], modes[n]) for n, need in enumerate(needs)]
            desk.flow(*steps)
            run = self._through(desk, kills)
            while run.status != "succeeded":
                assert run.failed_steps
                run = resume(desk.open(), run.run_id, Again())
            done = desk.done()
            for n, need in enumerate(needs):
                first = done.index(f"s{n}")
                assert all(done.index(f"s{one}") < first for one in need)
            told = Counter(
                (one["event"], one["data"].get("step_id"))
                for one in desk.open().journal.read()
                if one["event"].endswith((".completed", ".warning"))
            )
            assert all(
                told["workflow.step.completed", key] + told["workflow.step.warning", key] == 1
                for key in run.steps
            )
            assert told["workflow.completed", None] == 1
            assert read(desk.open(), run.run_id) == run

    @staticmethod
    def _through(desk: Desk, kills: Any) -> RunState:
        """Begin a run, let it die as often as that is wanted, and go on with it."""
        context = desk.open()
        for at, when in kills:
            begun = [one for one in run_ids(context) if read(context, one)]
            try:
                with dying(at, when):
                    if not begun:
                        return run_order(context, Order("a"))
                    found = resume(context, begun[0], Again())
                    if found.status == "succeeded":
                        return found
            except Killed:
                found_now = [read(context, one) for one in run_ids(context)]
                if any(one and one.status == "succeeded" and one.closed for one in found_now):
                    break
        begun = [one for one in run_ids(context) if read(context, one)]
        if not begun:
            return run_order(context, Order("a"))
        found = read(context, begun[0])
        assert found is not None
        return (
            found
            if found.closed and found.status == "succeeded"
            else resume(context, begun[0], Again())
        )


class TestJournal:
    """What a journal tells is what was."""

    def test_a_state_is_what_its_lines_say(self, desk: Any) -> None:
        """Read again from disk, a run is exactly what the process that ran it held of it."""
        context = desk.flow(
            'type = "jot"\nfail = 1\nretry = { attempts = 2, backoff_ms = 1 }\nleaves = "x"',
            'type = "jot"\nfail_mode = "open"\nfail = 1\non_success = { ledger = "tested" }',
        )
        run = run_order(context, Order("a", vars={"x": "y"}))
        assert read(context, run.run_id) == run

    @given(st.lists(st.dictionaries(st.text(max_size=6), st.integers() | st.text()), max_size=6))
    def test_lines_of_a_later_tutti_are_passed_over(self, strange: Any) -> None:
        """What is not known changes nothing."""
        run = RunState("r")
        for line in strange:
            run.fold({**line, "kind": "later", "timestamp": "2026-01-01T00:00:00.000000Z"})
        assert (run.status, run.steps, run.header) == ("running", {}, {})

    def test_projections_are_made_again(self, desk: Any) -> None:
        """Files of the contract that a power failure took are there again after a resume."""
        context = desk.flow('type = "jot"', 'type = "jot"\nfail = 1')
        run = run_order(context, Order("a"))
        files = Files(context)
        shutil.rmtree(files.intents(run.run_id))
        files.checkpoint(run.run_id).unlink()
        files.ledger(run.run_id).unlink()
        resume(context, run.run_id, Again())
        assert json.loads(files.checkpoint(run.run_id).read_text())["success"]
        assert len(list(files.intents(run.run_id).iterdir())) == 2
        assert json.loads(files.ledger(run.run_id).read_text())["status"] == "succeeded"


class TestPieces:
    """Small rules, for whatever they are given."""

    @given(st.sampled_from([*LEDGER, *ENDS]), st.sampled_from([*LEDGER, *ENDS]))
    def test_a_ledger_goes_forward(self, before: str, after: str) -> None:
        """Backwards only from a review, and from an end; an end can be reached from anywhere."""
        legal = is_legal(before, after)
        if before in LEDGER and after in LEDGER:
            back = LEDGER.index(after) < LEDGER.index(before)
            assert legal == (not back or (before, after) == ("reviewed", "implemented"))
        else:
            assert legal

    @given(
        st.builds(
            Retry,
            st.integers(1, 100),
            st.integers(0, 10**6),
            st.integers(0, 10**6),
            st.floats(0, 1),
        ),
        st.integers(1, 10**6),
        st.floats(0, 1),
    )
    def test_a_wait_is_within_bounds(self, retry: Retry, number: int, chance: float) -> None:
        """Never longer than the longest, never less than nothing, at whatever attempt."""
        assert 0 <= wait_of(retry, number, chance) <= retry.max_backoff_ms / 1000

    def test_what_is_tried_again(self) -> None:
        """By what happened, category or exit code; what a policy refused only if it is named."""
        failed = Ended("failed", {"exit_code": 75}, {"category": "provider"})
        assert tried_again(Retry(on=("failure",)), 1, failed)
        assert tried_again(Retry(on=("provider",)), 1, failed)
        assert tried_again(Retry(on=(75,)), 1, failed)
        assert not tried_again(Retry(on=(1, "timeout")), 1, failed)
        assert not tried_again(Retry(attempts=2), 2, failed)
        refused = Ended("failed", {}, {"category": "policy"})
        assert not tried_again(Retry(), 1, refused)
        assert tried_again(Retry(on=("policy",)), 1, refused)
        assert tried_again(Retry(on=("timeout",)), 1, Ended("timed_out"))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        )
    )
    def test_what_is_small_is_kept_as_it_is(self, value: Any) -> None:
        """Only what is large is cut."""
        assert bounded({"a": value}) == {"a": value}

    def test_what_is_large_is_cut(self) -> None:
        """However it is large: one long text, many short ones, deep inside."""
        for value in ("x" * 10**6, ["ab"] * 10**6, {"in": {"here": "x" * 10**6}}):
            assert len(json.dumps(bounded({"a": value, "code": 3}))) < 600_000
            assert bounded({"a": value, "code": 3})["code"] == 3

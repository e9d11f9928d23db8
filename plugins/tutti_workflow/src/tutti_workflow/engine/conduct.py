"""The loop of a run: what has ended is written, what can begin is written and begun, and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from tutti_core import Attempt, Context, JsonFile

from ..model import GOES_ON
from ..plan.resolve import Node, Plan
from ..record.files import private
from ..record.store import Store
from ..templates import Output
from .attempts import Running, launch, left_until, noting
from .choice import startable
from .ends import ledger_of, provenance
from .order import Seat, Told
from .results import Ended, bounded, of_error, tried_again, wait_of
from .scope import Outputs, environment, rendered

LOOK_SECS = 0.1
"""How often it is asked whether the run is to end."""
GRACE_SECS = 15.0
"""How long a step may take to end once it was to; then it is given up."""

Line = dict[str, Any]


class Conductor:
    """Runs the steps of a plan that are not done.

    Args:
        context: The workspace.
        plan: The plan.
        store: The run, owned.
        seat: Who watches.
        publish: Called with the lines that were written, after each time.
    """

    def __init__(
        self,
        context: Context,
        plan: Plan,
        store: Store,
        seat: Seat,
        publish: Callable[[list[Line]], None],
    ) -> None:
        self.context, self.plan, self.store, self.seat = context, plan, store, seat
        self.publish = publish
        self.outputs = Outputs(store.state)
        self.running: dict[str, Running] = {}
        self.due: dict[str, float] = {}
        self.earlier: dict[str, Mapping[str, Any]] = {}
        self.failed = False
        self._retried: set[str] = set()
        self._inbox: SimpleQueue[tuple[Running, Ended]] = SimpleQueue()

    def run(self) -> None:
        """Run until nothing can begin any more, and all that was begun has ended."""
        lines: list[Line] = []
        try:
            while True:
                # Ends and beginnings go to the disk together: one wait for it, not two.
                begun = [] if self.seat.ends or self.failed else self._begin(lines)
                lines += [self._attempt_line(one) for one in begun]
                if lines:
                    self.publish(self.store.write(*lines))
                for one in begun:
                    launch(self.context, one, self._render, self._inbox)
                if not self.running and not self._to_come():
                    return
                lines = [line for pair in self._ended() for line in self._end_lines(*pair)]
        except KeyboardInterrupt:
            # Asked for twice: what is under way is left, and found again by a resumed run.
            self.running.clear()
            raise
        finally:
            self._give_up()

    def _give_up(self) -> None:
        """Whatever went wrong, have what still runs end, and write nothing any more."""
        self.running = {key: one for key, one in self.running.items() if one.launched}
        for one in self.running.values():
            one.abandoned = True
        end = time.monotonic() + GRACE_SECS
        while self.running and (left := end - time.monotonic()) > 0:
            for one, _ in self._drained(left):
                self.running.pop(one.node.key, None)

    def _to_come(self) -> bool:
        """Return whether a step waits for its next attempt, or can begin."""
        if self.seat.ends or self.failed:
            return False
        return bool(self.due) or bool(self._startable())

    def _startable(self, unwritten: Sequence[Line] = ()) -> list[Node]:
        most = self.plan.workflow.max_parallel
        if len(self.running) >= most:
            return []
        status = {key: one.status for key, one in self.store.state.steps.items()}
        status |= {line["step"]: line["status"] for line in unwritten if line.get("status")}
        now = time.monotonic()
        return startable(self.plan.nodes, status, self.running, self.due, now, most)

    def _begin(self, unwritten: Sequence[Line]) -> list[Running]:
        found = [self._lent(node) for node in self._startable(unwritten)]
        for one in found:
            self.running[one.node.key] = one
            self.due.pop(one.node.key, None)
        return found

    def _lent(self, node: Node) -> Running:
        """Return an attempt at a step, ready to begin."""
        number = self._next_number(node.key)
        token = f"{self.store.state.run_id}:{node.key}:{number}"
        private(self.store.files.attempt(self.store.state.run_id, node.key, number))
        limits = [one for one in (self.seat.deadline, self._limit(node)) if one is not None]
        mine: list[Running] = []
        attempt = Attempt(
            token,
            number,
            min(limits, default=None),
            environment(self.context, self.store.state, self.outputs, node, number),
            self.earlier.pop(node.key, {}),
            noting(lambda: mine[0] if mine else None, self.store.write, node.key, number),
            lambda line: self._say(node.key, line),
            lambda: self.seat.ends or bool(mine and mine[0].abandoned),
        )
        mine.append(Running(node, attempt, time.monotonic()))
        return mine[0]

    def _next_number(self, key: str) -> int:
        attempts = self.store.state.steps[key].attempts
        return attempts[-1].number + 1 if attempts else 1

    @staticmethod
    def _limit(node: Node) -> float | None:
        return None if node.timeout is None else time.monotonic() + node.timeout

    def _attempt_line(self, one: Running) -> Line:
        line: Line = {"kind": "attempt", "step": one.node.key, "number": one.attempt.number}
        again = one.node.key in self._retried
        self._retried.discard(one.node.key)
        return {**line, "token": one.attempt.token, **({"retry": True} if again else {})}

    def _render(self, node: Node) -> Any:
        return rendered(self.context, self.store.state, self.outputs, node)

    def _say(self, key: str, line: str) -> None:
        step = self.store.state.steps[key]
        said = self.store.redactor.clean(str(line))
        self.seat.told(Told("say", self.store.state, step, said))

    # What has ended.

    def _ended(self) -> list[tuple[Running, Ended]]:
        """Wait until an attempt has ended or is given up, or another may begin."""
        while True:
            found = self._drained(left_until(self._moments(), LOOK_SECS))
            found = [pair for pair in found if not pair[0].abandoned] + self._given_up()
            if found or not self.running or self._startable_again():
                return found

    def _startable_again(self) -> bool:
        return bool(self.due) and not self.seat.ends and not self.failed and bool(self._startable())

    def _moments(self) -> list[float]:
        return list(self.due.values())

    def _drained(self, wait: float) -> list[tuple[Running, Ended]]:
        try:
            found = [self._inbox.get(timeout=wait) if wait > 0 else self._inbox.get_nowait()]
        except Empty:
            return []
        while not self._inbox.empty():
            found.append(self._inbox.get_nowait())
        return found

    def _given_up(self) -> list[tuple[Running, Ended]]:
        """Return the attempts that were to end long ago, and did not."""
        now, found = time.monotonic(), []
        for one in self.running.values():
            if one.closing is None and (one.overdue or self.seat.ends):
                one.closing = now + GRACE_SECS
            if one.closing is not None and now >= one.closing:
                one.abandoned = True
                found.append((one, _deaf(timed_out=not self.seat.ends)))
        return found

    def _end_lines(self, one: Running, ended: Ended) -> list[Line]:
        """Return what is written of the end of an attempt."""
        node = one.node
        del self.running[node.key]
        outputs: dict[str, str] = {}
        if ended.outcome == "success":
            try:
                ended, outputs = self._kept(node, ended)
            except Exception as error:  # noqa: BLE001 -- what is not kept was not done
                ended = of_error(error, overdue=False, stopped=False)
        line: Line = {
            "kind": "ended",
            "step": node.key,
            "number": one.attempt.number,
            "outcome": ended.outcome,
            "ms": round((time.monotonic() - one.since) * 1000),
            "result": bounded(ended.result),
        }
        line |= provenance(node, self.store.state)
        if ended.failure:
            line["failure"] = {**ended.failure, "agent": node.agent}
        if ended.outcome == "success":
            line |= {"status": "success", "outputs": outputs, **ledger_of(node)}
        elif ended.outcome != "cancelled":
            line |= self._after_failure(node, one, ended)
        return [line]

    def _after_failure(self, node: Node, one: Running, ended: Ended) -> Line:
        if tried_again(node.retry, one.attempt.number, ended) and not self.seat.ends:
            assert node.retry is not None
            wait = wait_of(node.retry, one.attempt.number, random.random())  # noqa: S311 -- jitter
            self.due[node.key] = time.monotonic() + wait
            self._retried.add(node.key)
            return {"status": "pending", "again_ms": round(wait * 1000)}
        if node.fail_mode == "open":
            return {"status": "warning"}
        self.failed = True
        self.due.clear()
        return {"status": ended.outcome}

    def _kept(self, node: Node, ended: Ended) -> tuple[Ended, dict[str, str]]:
        """Put what a step left for others into files, before anybody is told that it is done."""
        result = dict(ended.result)
        paths: dict[str, str] = {}
        for name, one in dict(result.get("outputs") or {}).items():
            paths[name] = str(one["path"])
            self.outputs.keep(name, Output(paths[name], one.get("value")))
        if "output" in result:
            path = self.store.files.outputs(self.store.state.run_id) / f"{node.key}.json"
            JsonFile(path).write(result["output"])
            paths[node.key] = str(path)
            self.outputs.keep(node.key, Output(str(path), result.pop("output")))
        return Ended("success", result), paths


def _deaf(*, timed_out: bool) -> Ended:
    why = "its time was up" if timed_out else "the run was to end"
    message = f"the step did not end within {GRACE_SECS:.0f} s after {why}, and may go on"
    hint = "see what it started; report it to whoever makes this kind of step"
    failure = {"category": "tool", "message": message, "hint": hint}
    return Ended("timed_out" if timed_out else "cancelled", {}, failure)


def is_done(store: Store, plan: Plan) -> bool:
    """Return whether every step of a plan is done.

    Args:
        store: The run.
        plan: The plan.
    """
    return all(store.state.steps[node.key].status in GOES_ON for node in plan.nodes)

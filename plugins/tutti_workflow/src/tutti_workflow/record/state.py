"""How a run is, as its journal tells it: one line after the other, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..model import GOES_ON

Line = Mapping[str, Any]


@attrs.define
class Try:
    """One attempt at a step.

    Attributes:
        number: Which one, from 1.
        token: The word that belongs to it alone.
        started_at: When it began.
        ended_at: When it ended; empty while nobody said so.
        outcome: How it ended; empty while nobody said so.
        notes: What the step noted.
        message: Why it failed.
    """

    number: int
    token: str
    started_at: str
    ended_at: str = ""
    outcome: str = ""
    notes: dict[str, Any] = attrs.field(factory=dict)
    message: str | None = None

    def record(self) -> dict[str, Any]:
        """Return what a step is given to recover from."""
        found = {"token": self.token, "number": self.number, "notes": dict(self.notes)}
        return {**found, "cancelled": True} if self.outcome == "cancelled" else found


@attrs.define
class StepState:
    """How a step is.

    Attributes:
        index: Its number, from 1.
        key: Its id, or else its number.
        type: Its type.
        agent: The agent it has to do with.
        movement: The part of the work that it belongs to.
        fail_mode: What its failure means.
        summary: What it is about, on one line.
        status: How it is.
        attempts: The attempts at it.
        result: What the last one gave, or what is known of its failure.
        failure: Why it failed, as category, message and hint.
        started_at: When it was first begun.
        ended_at: When it ended.
        settled: What was found out about an interrupted attempt, and what came of that.
        untrusted: Whether what it gave is an agent's word, or made of such words.
        drew_on: The outputs of that kind that its templates named.
    """

    index: int
    key: str
    type: str
    agent: str | None = None
    movement: str | None = None
    fail_mode: str = "closed"
    summary: str = ""
    status: str = "pending"
    attempts: list[Try] = attrs.field(factory=list)
    result: dict[str, Any] = attrs.field(factory=dict)
    failure: dict[str, Any] | None = None
    started_at: str = ""
    ended_at: str = ""
    settled: dict[str, Any] | None = None
    untrusted: bool = False
    drew_on: list[str] = attrs.field(factory=list)

    @property
    def is_open(self) -> bool:
        """Whether an attempt was begun of which nobody knows how it ended."""
        return self.status == "running"


@attrs.define
class RunState:
    """How a run is.

    Attributes:
        run_id: Its id.
        header: What it was begun with.
        steps: Its steps by key, in order.
        outputs: Paths of the files that steps left, by name.
        untrusted: Names of those that are an agent's word, or made of such words.
        status: How it is, as far as its journal says.
        started_at: When it began.
        updated_at: Time of the last line.
        finished_at: When it ended; empty while it did not.
        failure: Why it failed.
        closed: Whether whoever waits for its end was told.
        marks: What was done at its end, each once.
        resumes: When it was gone on with.
        ledger: Transitions of its ledger.
        lines: How many lines were read.
    """

    run_id: str
    header: dict[str, Any] = attrs.field(factory=dict)
    steps: dict[str, StepState] = attrs.field(factory=dict)
    outputs: dict[str, str] = attrs.field(factory=dict)
    untrusted: frozenset[str] = frozenset()
    status: str = "running"
    started_at: str = ""
    updated_at: str = ""
    finished_at: str = ""
    failure: dict[str, Any] | None = None
    closed: bool = False
    marks: dict[str, Any] = attrs.field(factory=dict)
    resumes: list[str] = attrs.field(factory=list)
    ledger: list[dict[str, Any]] = attrs.field(factory=list)
    lines: int = 0

    @property
    def workflow(self) -> str:
        """The workflow's name."""
        return str(self.header.get("workflow", ""))

    @property
    def origin(self) -> str:
        """Who began it: `run`, `verify` and so on."""
        return str(self.header.get("origin", "run"))

    @property
    def failed_steps(self) -> list[int]:
        """Numbers of the steps that failed, and did not get away with a warning."""
        bad = ("failed", "timed_out")
        return [one.index for one in self.steps.values() if one.status in bad]

    def fold(self, line: Line) -> None:
        """Take in one line of the journal.

        Args:
            line: The line; one of a kind that is not known, of a later tutti, is passed over.
        """
        self.lines += 1
        self.updated_at = line["timestamp"]
        take = getattr(self, f"_take_{line.get('kind')}", None)
        if take is not None:
            take(line)

    def _take_begun(self, line: Line) -> None:
        self.header = {key: value for key, value in line.items() if key not in _STAMPS}
        self.started_at = line["timestamp"]
        self.steps = {one["key"]: _step(one) for one in line["steps"]}

    def _take_resumed(self, line: Line) -> None:
        self.resumes.append(line["timestamp"])
        self.status, self.finished_at, self.failure, self.closed = "running", "", None, False
        self.marks = {}
        self.header["strict"] = line.get("strict", self.header.get("strict"))
        if "steps" in line:  # the definition was changed, and that was allowed
            told = {one["key"]: _step(one) for one in line["steps"]}
            again = set(line.get("again", ()))
            for key, new in told.items():
                if key in self.steps:
                    self._take_over(new, self.steps[key], afresh=key in again)
            self.steps = told
            self.header["digests"] = line["digests"]
        for step in self.steps.values():
            warned = step.status == "warning" and line.get("retry_warnings")
            if warned or step.status not in {*GOES_ON, "running"}:
                step.status = "pending"

    @staticmethod
    def _take_over(new: StepState, old: StepState, *, afresh: bool) -> None:
        new.attempts, new.started_at = old.attempts, old.started_at
        if not afresh:
            new.status, new.result, new.ended_at = old.status, old.result, old.ended_at
            new.failure = old.failure

    def _take_attempt(self, line: Line) -> None:
        step = self.steps[line["step"]]
        step.status, step.result, step.failure, step.ended_at = "running", {}, None, ""
        step.started_at = step.started_at or line["timestamp"]
        step.attempts.append(Try(line["number"], line["token"], line["timestamp"]))

    def _take_note(self, line: Line) -> None:
        for one in reversed(self.steps[line["step"]].attempts):
            if one.number == line["number"]:
                one.notes.update(line["facts"])
                return

    def _take_ended(self, line: Line) -> None:
        step = self.steps[line["step"]]
        if step.attempts and not step.attempts[-1].outcome:
            last = step.attempts[-1]
            last.ended_at, last.outcome = line["timestamp"], line["outcome"]
            last.message = (line.get("failure") or {}).get("message")
        step.result, step.failure = dict(line.get("result") or {}), line.get("failure")
        step.status = line.get("status") or "running"
        step.ended_at = line["timestamp"] if line.get("status") else ""
        step.untrusted = bool(line.get("untrusted"))
        step.drew_on = list(line.get("drew_on") or ())
        left = line.get("outputs") or {}
        self.outputs.update(left)
        self.untrusted = self.untrusted.union(left) if step.untrusted else self.untrusted - {*left}
        if line.get("ledger"):
            self.ledger.append({**line["ledger"], "timestamp": line["timestamp"]})

    def _take_settled(self, line: Line) -> None:
        step = self.steps[line["step"]]
        step.settled = {key: line[key] for key in ("verdict", "does")}
        if step.attempts and not step.attempts[-1].outcome:
            step.attempts[-1].outcome = "interrupted"
            step.attempts[-1].ended_at = line["timestamp"]
        if line.get("status"):
            step.status, step.ended_at = line["status"], line["timestamp"]
            step.result = dict(line.get("result") or {})
        else:
            step.status = "pending"

    def _take_finished(self, line: Line) -> None:
        self.status, self.failure = line["status"], line.get("failure")
        self.finished_at = line["timestamp"]
        if line.get("ledger"):
            self.ledger.append({**line["ledger"], "timestamp": line["timestamp"]})

    def _take_marked(self, line: Line) -> None:
        self.marks[line["mark"]] = line.get("value", True)

    def _take_closed(self, line: Line) -> None:
        self.closed = True


def _step(told: Line) -> StepState:
    """Return a step as a journal tells it; what only a later tutti knows is passed over."""
    known = attrs.fields_dict(StepState)
    return StepState(**{key: value for key, value in told.items() if key in known})


_STAMPS = frozenset({"seq", "timestamp", "kind", "steps"})

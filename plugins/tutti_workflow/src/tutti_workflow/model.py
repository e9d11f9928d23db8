"""The nouns of workflows: what a file says, and what becomes of it in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from tutti_core import TuttiError

FailMode = Literal["open", "closed"]
OnResume = Literal["rerun", "skip", "ask"]
Status = Literal[
    "pending", "running", "success", "warning", "failed", "timed_out", "skipped", "cancelled"
]
"""What a step can be; `success`, `warning` and `skipped` let go on what depends on it.

`skipped` is the word both for a step that was left out by choice and for one that was never begun.
"""
RunStatus = Literal["running", "succeeded", "failed", "interrupted"]

GOES_ON = frozenset({"success", "warning"})
"""Statuses of a step with which it is done, and what depends on it may begin."""
LEDGER = (
    "selected",
    "branched",
    "implemented",
    "tested",
    "docs",
    "pr_open",
    "reviewed",
    "ready_to_merge",
    "merged",
)
"""States of the run ledger, in order."""


class StepFailed(TuttiError):
    """A step did what it was to do, and that failed; with what is known of it.

    Any `TuttiError` with a mapping in `data` is treated alike.

    Attributes:
        data: What the step's result would have, such as ``exit_code``, ``stdout``, ``stderr``.
    """

    category = "tool"

    def __init__(
        self, message: str, *, hint: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.data: Mapping[str, Any] = dict(data or {})


@attrs.frozen
class Retry:
    """`retry = {…}` of a step: when a failed attempt is followed by another.

    Attributes:
        attempts: Attempts in all.
        backoff_ms: Wait before the second attempt, in milliseconds; doubled each time.
        max_backoff_ms: Longest wait, in milliseconds.
        jitter: Part of a wait that is left to chance, from 0 to 1, so that many do not try at once.
        on: What is tried again: `failure`, `timeout`, a category of errors such as `provider`, or
            an exit code.
    """

    attempts: int = 2
    backoff_ms: int = 500
    max_backoff_ms: int = 5000
    jitter: float = 0.1
    on: tuple[str | int, ...] = ("failure", "timeout")


@attrs.frozen
class OnSuccess:
    """`on_success = {…}` of a step: what its success means for the run.

    Attributes:
        ledger: State of the run's ledger from then on.
    """

    ledger: str | None = None


@attrs.frozen
class Common:
    """The keys that every step has, whatever its type.

    Attributes:
        id: Name of the step, unique in its workflow: letters, digits, `-` and `_`.
        depends_on: Steps that must be done before it, by id or by number from 1; the step before it
            if this is not said, none if the list is empty.
        fail_mode: `closed` ends the run if the step fails, `open` makes a warning of it; `closed`
            if the type of the step has no other word for it.
        timeout_secs: Seconds one attempt may take.
        retry: When a failed attempt is followed by another.
        on_resume: What becomes of it in a resumed run if nobody can say whether it was done:
            `rerun`, `skip` or `ask`.
        movement: The part of the work that it belongs to; else the workflow's.
        on_success: What its success means for the run.
    """

    id: str | None = None
    depends_on: tuple[int | str, ...] | None = None
    fail_mode: FailMode | None = None
    timeout_secs: float | None = None
    retry: Retry | None = None
    on_resume: OnResume | None = None
    movement: str | None = None
    on_success: OnSuccess | None = None


@attrs.frozen
class Workflow:
    """`[[workflow]]`: steps that are done in order, or as their `depends_on` allows.

    Attributes:
        name: Name, unique in the workspace.
        description: For people.
        schedule: When it runs by itself, as five cron fields.
        max_parallel: How many steps may run at once.
        movement: The part of the work that its steps belong to.
        reclaim: When the agents that a run started, and that are not `persistent`, end with it:
            `always`, `on_success` or `never`.
        concurrency: What becomes of a run that begins while as many of its group go on as may:
            `allow` runs it all the same, `queue` lets it wait, `refuse` refuses it.
        max_runs: How many runs of its group may go on at once, where that is not `allow`.
        group: The group, a word that workflows share which are counted together; its own name if
            it is not said.
        step: Its steps; `type` says what each does, and which further keys it has.
    """

    name: str
    description: str | None = None
    schedule: str | None = None
    max_parallel: int = 4
    movement: str | None = None
    reclaim: Literal["always", "on_success", "never"] = "always"
    concurrency: Literal["allow", "queue", "refuse"] = "allow"
    max_runs: int = 1
    group: str | None = None
    step: tuple[Mapping[str, Any], ...] = ()


@attrs.frozen
class Failure:
    """Why something failed, as the errors of `tt` say it.

    Attributes:
        category: Of the error, such as ``tool``.
        message: What happened.
        hint: What to do about it.
        step_index: The step, from 1; None for the run as a whole.
        agent: The agent concerned.
    """

    category: str
    message: str
    hint: str = ""
    step_index: int | None = None
    agent: str | None = None

"""What somebody wants to be run, and who watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..model import OnResume
from ..record.state import RunState, StepState


@attrs.frozen
class Order:
    """What is to be run.

    Attributes:
        workflow: Name of the workflow.
        agent: The agent that takes the place of each step's own.
        strict: Whether every failure ends the run.
        vars: The user's own values for templates.
        origin: Who wants it: `run`, `verify`, `hook_agent_stop`, `observe_cycle` or
            `hook_workflow_complete`.
        movement: Only the steps of this movement, and what they wait for.
        parent: Token of the attempt that runs it as a part of itself.
        above: Names of the workflows it is within, the outermost first.
        more: What else its records are to say, such as `hook_event`.
        run_id: Its id; a new one by default.
    """

    workflow: str
    agent: str | None = None
    strict: bool = False
    vars: Mapping[str, str] = attrs.field(factory=dict)
    origin: str = "run"
    movement: str | None = None
    parent: str = ""
    above: tuple[str, ...] = ()
    more: Mapping[str, Any] = attrs.field(factory=dict)
    run_id: str = ""


@attrs.frozen
class Again:
    """How a run is to be gone on with.

    Attributes:
        strict: Whether every failure ends the run from here on.
        force: Whether a changed workflow is taken as it is now.
        retry_warnings: Whether steps that ended with a warning are done again.
        answer: What becomes of a step of which nobody can say whether it was done, where it says
            `ask`; None refuses.
    """

    strict: bool = False
    force: bool = False
    retry_warnings: bool = False
    answer: OnResume | None = None


@attrs.frozen
class Told:
    """Something that happened in a run, for whoever watches.

    Attributes:
        what: `begun`, `resumed`, `step`, `retry`, `say` or `ended`.
        run: How the run is.
        step: The step concerned.
        text: A line of progress, or when it is tried again.
    """

    what: str
    run: RunState
    step: StepState | None = None
    text: str = ""


def _nobody(told: Told) -> None:
    """Hear nothing."""


@attrs.frozen
class Seat:
    """Who watches a run, and may end it.

    Attributes:
        told: Hears what happens, from the thread that runs it or from those of its steps.
        stopped: Says whether it is to end.
        deadline: Seconds of `time.monotonic` at which it must have ended.
    """

    told: Callable[[Told], None] = _nobody
    stopped: Callable[[], bool] = bool
    deadline: float | None = None

    @property
    def ends(self) -> bool:
        """Whether the run is to end."""
        late = self.deadline is not None and time.monotonic() >= self.deadline
        return late or self.stopped()

"""What the parts of a prompt's step share: its time, what comes of it, whom it is about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tutti_core import Attempt, Context, Session

from ..model import StepFailed

if TYPE_CHECKING:
    from .prompt import PromptKeys

WAIT_SECS = 900.0
LOOK_SECS = 0.5


class Exchange:
    """One attempt at a step of type `prompt`, as all of its parts see it.

    Args:
        context: The workspace.
        step: The step's keys.
        attempt: The attempt.

    Attributes:
        done: What comes of it, so far.
    """

    def __init__(self, context: Context, step: PromptKeys, attempt: Attempt) -> None:
        self.context, self.step, self.attempt = context, step, attempt
        self.done: dict[str, Any] = {"exit_code": 0, "message": None}
        self._until = time.monotonic() + (step.wait_timeout_secs or WAIT_SECS)

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.step.agent

    @property
    def left(self) -> float:
        """Seconds that are left for waiting."""
        left = self.attempt.left
        mine = max(0.0, self._until - time.monotonic())
        return mine if left is None else min(mine, left)

    def session(self) -> Session | None:
        """Return the agent's session, if it lives."""
        found = self.context.voices([self.agent])[self.agent].session
        return None if found is None or found.dead else found

    def rest(self) -> None:
        """Wait a moment.

        Raises:
            StepStopped: If there is no time left for it.
        """
        self.attempt.check()
        left = self.attempt.left
        time.sleep(LOOK_SECS if left is None else min(LOOK_SECS, left))
        self.attempt.check()

    def failed(self, what: str, hint: str, category: str) -> StepFailed:
        """Return the error that the step ends with, and what is known of it.

        Args:
            what: What happened.
            hint: What to do about it.
            category: Of the error.
        """
        late = {"timed_out": True} if self.left <= 0 else {}
        error = StepFailed(what, hint=hint, data={**self.done, **late})
        error.category = category
        return error

"""What `wait` takes and answers."""

from __future__ import annotations

import attrs

from .turn import EXIT_CODES


@attrs.frozen
class WaitRequest:
    """What `wait` takes.

    Attributes:
        agents: Whom to wait for; all of the team if empty.
        states: The states wanted; any of them will do.
        first: Whether one of the agents is enough; else all must be there at the same time.
        timeout_secs: Seconds to wait.
        stable_secs: Seconds for which a screen must be idle and unchanged where nothing but the
            screen says so.
        patient: Whether to go on waiting where somebody else has to act first: an agent that waits
            for an answer, whose login failed, whose provider gives no more.
    """

    agents: tuple[str, ...] = ()
    states: tuple[str, ...] = ("idle",)
    first: bool = False
    timeout_secs: float = 900.0
    stable_secs: float = 2.0
    patient: bool = False


@attrs.frozen
class Waited:
    """How waiting for one agent ended.

    Attributes:
        agent: The agent.
        end: The state it reached; or why it will not: ``waiting``, ``auth_failed``,
            ``rate_limited``, ``provider_down``, ``exited``, ``stopped``; ``timeout`` it goes on;
            ``unknown`` nobody can say; empty if others ended the wait before.
        reached: Whether that is what was waited for.
        state: Its state then.
        kind: What it waits to be told, if it does.
        detail: What its state stands on, in one line.
        hint: What can be done about it, if it was not reached.
    """

    agent: str
    end: str = ""
    reached: bool = False
    state: str = "unknown"
    kind: str = ""
    detail: str = ""
    hint: str = ""


@attrs.frozen
class WaitResponse:
    """What `wait` answers.

    Attributes:
        workspace: The workspace's name.
        end: ``reached``, or the end of the agent that ended the wait otherwise.
        agent: Who that was; empty if it was nobody alone.
        ms: Milliseconds waited.
        agents: How it ended for each.
    """

    workspace: str
    end: str
    agent: str
    ms: int
    agents: tuple[Waited, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of `tt wait`: 0 if it was reached, else one for each other end."""
        if self.end == "reached":
            return 0
        return EXIT_CODES["exited" if self.end == "stopped" else self.end]

"""What happens: events recorded, actions asked about, receipts for what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs


@attrs.frozen
class Event:
    """One line of the journal.

    Attributes:
        event: Its name, such as ``agent.started``.
        workspace: The workspace's name.
        agent: The agent's name, or None.
        correlation_id: What ties the events of one act together.
        data: Details; JSON values only.
        timestamp: RFC 3339 in UTC; empty until the journal gives it.
        seq: Dense sequence number; 0 until the journal gives it.
    """

    event: str
    workspace: str
    agent: str | None = None
    correlation_id: str = ""
    data: Mapping[str, Any] | None = None
    timestamp: str = ""
    seq: int = 0


@attrs.frozen
class Action:
    """Something about to be done, on which plugins may speak before it begins.

    Attributes:
        name: ``launch``, ``send``, ``answer``, ``run``, ``command`` or ``land``.
        workspace: The workspace's name.
        agent: The agent concerned, or None.
        data: What is known of it, such as the prompt or the command.
    """

    name: str
    workspace: str
    agent: str | None = None
    data: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Verdict:
    """A guard's word on an action.

    Attributes:
        decision: ``allow``, ``warn`` or ``refuse``.
        by: Who says so.
        rule: The rule it follows from, if there is one.
        reason: Why, in one line.
        remedy: What to do about it.
    """

    decision: Literal["allow", "warn", "refuse"]
    by: str = ""
    rule: str = ""
    reason: str = ""
    remedy: str = ""


@attrs.frozen
class Receipt:
    """What became of a prompt, said only as far as it is proven.

    Attributes:
        outcome: ``submitted``, ``queued``, ``refused``, ``unsubmitted`` or ``unknown``.
        workspace: The workspace's name.
        agent: The agent's name.
        evidence: What the outcome stands on, in one line.
        ms: Milliseconds from the request to the outcome.
        hint: What the user can do, if the prompt is not submitted or its turn ended in a question.
        warnings: What guards had to say.
        launched: Whether the agent was started for it.
        waited: Whether the end of the turn was waited for.
        turn: How the turn ended: ``done``, ``waiting``, ``auth_failed``, ``rate_limited``,
            ``provider_down``, ``exited``, ``timeout`` or ``unknown``; None if nobody waited.
        kind: What it waits for, if it does.
        completion_source: ``runtime_signal`` or ``heuristic_idle_stable`` if it is done.
        completion_detail: What that stands on, in one line.
        captured_output: The agent's answer, or where it is not known what the screen showed anew,
            if that was asked for.
        correlation_id: What the events of the prompt bear.
        entry: Its number in the queue, if it is queued.
    """

    outcome: Literal["submitted", "queued", "refused", "unsubmitted", "unknown"]
    workspace: str
    agent: str
    evidence: str = ""
    ms: int = 0
    hint: str = ""
    warnings: tuple[str, ...] = ()
    launched: bool = False
    waited: bool = False
    turn: str | None = None
    kind: str = ""
    completion_source: str | None = None
    completion_detail: str | None = None
    captured_output: str | None = None
    correlation_id: str = ""
    entry: int | None = None


Status = Literal["pass", "warn", "fail", "skip"]
"""What became of one of the doctor's checks."""


@attrs.frozen
class Finding:
    """One line of the doctor's report.

    Attributes:
        check: Identifier, such as ``runtime/backend``.
        status: ``pass``, ``warn``, ``fail`` or ``skip``.
        detail: What was found.
        suggestion: What to do about it; empty when all is well.
    """

    check: str
    status: Status
    detail: str
    suggestion: str = ""

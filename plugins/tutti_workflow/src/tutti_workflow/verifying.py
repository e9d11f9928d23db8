"""The verb that runs what proves the work, and keeps what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import Context, JsonFile, TuttiError

from .engine.order import Order, Seat
from .engine.run import run_order
from .record.files import Files
from .record.shapes import run_result
from .record.verified import unverified, verify_summary


@attrs.frozen
class VerifyRequest:
    """What `verify` takes.

    Attributes:
        workflow: Name of the workflow.
        agent: The agent that takes the place of each step's own.
        strict: Whether every failure ends the run.
        vars: Values for templates.
        last: Whether to show the last one instead.
        without: Unowned tables to go on without.
    """

    workflow: str = "verify"
    agent: str | None = None
    strict: bool = False
    vars: Mapping[str, str] = attrs.field(factory=dict)
    last: bool = False
    without: tuple[str, ...] = ()


@attrs.frozen
class VerifyResponse:
    """What `verify` answers.

    Attributes:
        ok: Whether nothing failed that counts.
        found: Whether there is a summary.
        summary: The summary, in the contract's shape.
        result: The run's result, in the contract's shape.
    """

    ok: bool
    found: bool
    summary: Mapping[str, Any] | None
    result: Mapping[str, Any] | None = None


def verify(context: Context, request: VerifyRequest, seat: Seat | None = None) -> VerifyResponse:
    """Run what proves the work, or show how that ended last.

    Args:
        context: The workspace.
        request: What is wanted.
        seat: Who watches.
    """
    if request.last:
        summary = JsonFile(Files(context).verify_last).read()
        return VerifyResponse(True, summary is not None, summary)
    context.begin_acting(request.without)
    order = Order(
        request.workflow, request.agent, request.strict, dict(request.vars), origin="verify"
    )
    try:
        done = run_order(context, order, seat)
    except TuttiError as error:
        # The last word must not be that of an earlier time, when all was well.
        JsonFile(Files(context).verify_last).write(unverified(order.workflow, order.agent, error))
        raise
    return VerifyResponse(done.status == "succeeded", True, verify_summary(done), run_result(done))

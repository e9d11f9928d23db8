"""The core's verbs, each defined once for the command line, the HTTP API, MCP and Python."""

from __future__ import annotations

from typing import Any

import attrs

from ..model.contract import Verb
from ..model.happening import Receipt
from .answer import Answered, AnswerRequest, answer
from .awaited import WaitRequest, WaitResponse
from .context import Context
from .detect import DetectRequest, DetectResponse, detect
from .doctor import Report, doctor
from .down import DownRequest, DownResponse, down
from .exchange import exchange
from .health import health
from .logs import LogsRequest, LogsResponse, logs
from .queueing import CancelRequest, CancelResponse, QueueRequest, QueueResponse, cancel, queue
from .send import SendRequest
from .snapshot import status_rows
from .trust import TrustRequest, trust
from .up import UpRequest, UpResponse, up
from .wait import wait


@attrs.frozen
class StatusRequest:
    """What `status` takes: nothing."""


@attrs.frozen
class StatusResponse:
    """What `status` answers.

    Attributes:
        voices: The rows, in the contract's shape.
    """

    voices: tuple[dict[str, Any], ...]


@attrs.frozen
class HealthRequest:
    """What `health` takes.

    Attributes:
        agents: The agents wanted; all of them if empty.
    """

    agents: tuple[str, ...] = ()


@attrs.frozen
class HealthResponse:
    """What `health` answers.

    Attributes:
        records: The records, in the contract's shape.
    """

    records: tuple[dict[str, Any], ...]


@attrs.frozen
class DoctorRequest:
    """What `doctor` takes: nothing."""


def core_verbs() -> tuple[Verb, ...]:
    """Return the core's verbs."""
    return (
        Verb("up", UpRequest, UpResponse, up, "Start the team."),
        Verb("down", DownRequest, DownResponse, down, "End the team."),
        Verb("send", SendRequest, Receipt, exchange, "Give a running agent a prompt."),
        Verb("queue", QueueRequest, QueueResponse, queue, "List queued prompts.", reads=True),
        Verb("queue-cancel", CancelRequest, CancelResponse, cancel, "Take prompts back."),
        Verb("wait", WaitRequest, WaitResponse, wait, "Wait for agents.", reads=True),
        Verb("answer", AnswerRequest, Answered, answer, "Answer what an agent asks."),
        Verb("trust", TrustRequest, Answered, trust, "Say that an agent's folder can be trusted."),
        Verb("status", StatusRequest, StatusResponse, _status, "Show the team.", reads=True),
        Verb("health", HealthRequest, HealthResponse, _health, "Say how agents are.", reads=True),
        Verb("logs", LogsRequest, LogsResponse, logs, "Show what an agent showed.", reads=True),
        Verb(
            "detect", DetectRequest, DetectResponse, detect, "Say what an agent does.", reads=True
        ),
        Verb("doctor", DoctorRequest, Report, _doctor, "Check what the team needs.", reads=True),
    )


def _status(context: Context, _: StatusRequest) -> StatusResponse:
    voices = list(context.voices().values())
    names = None if context.trouble else [one.name for one in context.arrangement.agent]
    rows = status_rows(context.root, context.name, voices, configured=names)
    return StatusResponse(tuple(rows))


def _health(context: Context, request: HealthRequest) -> HealthResponse:
    return HealthResponse(tuple(health(context, request.agents)))


def _doctor(context: Context, _: DoctorRequest) -> Report:
    return doctor(context)

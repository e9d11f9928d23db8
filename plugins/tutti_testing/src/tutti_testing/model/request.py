"""What the model server was asked: one request, read and ready for assertions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs

from tutti_testing.model.steps import Step


class Raw(NamedTuple):
    """A request as it came over the wire.

    Attributes:
        time: When it had arrived, in seconds since 1970.
        method: ``GET``, ``POST``, ...
        path: The path with its query.
        headers: Header values by lower-case name.
        body: The body, already put together if it came in chunks.
    """

    time: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Message(NamedTuple):
    """One message of the conversation so far.

    Attributes:
        role: ``user``, ``assistant``, ...
        text: Its text blocks, one after the other.
    """

    role: str
    text: str


class ToolResult(NamedTuple):
    """What a tool gave back.

    Attributes:
        id: The id of the call it answers.
        text: The text of the result.
        is_error: Whether the client marked it as failed or refused.
    """

    id: str
    text: str
    is_error: bool


class Turn(NamedTuple):
    """Where in a turn the request stands; a turn begins with a prompt typed by the user.

    Attributes:
        prompt: The prompt that began the turn.
        start: The position of that prompt in the conversation, counted in blocks.
        round: How many times the model has answered within the turn.
    """

    prompt: str
    start: int
    round: int


NO_TURN = Turn("", 0, 0)


@attrs.frozen
class Request:
    """A request and the step it was answered with.

    Attributes:
        time: When it had arrived, in seconds since 1970.
        protocol: The protocol it belongs to, such as ``anthropic``; empty if to none.
        kind: ``message``, ``count``, ``probe``, ``invalid`` or ``unknown``; only a message takes
            a step.
        method: ``GET``, ``POST``, ...
        path: The path with its query.
        headers: Header values by lower-case name; credentials are blotted out.
        body: The decoded JSON object, or an empty one.
        session: The client's own id of the session, or an empty text.
        agent: The id of the agent that works on a task of the session, or an empty text for the
            session itself; clients before 2.1 do not tell.
        model: The model asked for.
        prompt: What the user has just typed; empty when the turn merely goes on.
        typed: All texts typed since the last answer: prompts that failed stay before the new one.
        turn: The turn it belongs to.
        tools: The names of the tools on offer.
        aux: Whether it is an auxiliary call of the client's own (a title, a summary), not the
            user's turn.
        one_answer: Whether a turn has but one answer, because the client has no tools whose results
            would ask for another.
        tool_results: What the tools asked for by the last answer gave back.
        messages: The conversation before the last answer's results and the new prompt.
        answer: The step it was answered with, or None if it took none.
    """

    time: float
    protocol: str
    kind: str
    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(hash=False)
    body: Mapping[str, Any] = attrs.field(hash=False, repr=False)
    session: str = ""
    agent: str = ""
    model: str = ""
    prompt: str = ""
    typed: tuple[str, ...] = ()
    turn: Turn = NO_TURN
    tools: tuple[str, ...] = attrs.field(default=(), repr=False)
    aux: bool = False
    one_answer: bool = False
    tool_results: tuple[ToolResult, ...] = ()
    messages: tuple[Message, ...] = attrs.field(default=(), repr=False)
    answer: Step | None = None


SECRET_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key", "cookie"})


def blotted(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with credentials replaced by their kind and length.

    Whoever points a CLI at the server by accident must not find a live key in a log.
    """
    return {
        name: _blot(value) if name in SECRET_HEADERS else value for name, value in headers.items()
    }


def _blot(value: str) -> str:
    scheme, _, rest = value.rpartition(" ")
    return f"{scheme} <{len(rest)} characters>".strip()


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is, or an empty one if it is none."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def unread(raw: Raw, *, protocol: str = "", kind: str = "unknown") -> Request:
    """Return the request with nothing but its envelope read."""
    return Request(
        time=raw.time,
        protocol=protocol,
        kind=kind,
        method=raw.method,
        path=raw.path,
        headers=blotted(raw.headers),
        body={},
    )

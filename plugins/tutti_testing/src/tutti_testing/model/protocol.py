"""What a protocol gives the server: a way to read its requests and a way to word an answer.

Answers are described here without a socket in sight, as texts, pauses and endings, so that a
protocol is a set of pure functions; ``plumbing`` acts them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from tutti_testing.model.request import Raw, Request
from tutti_testing.model.steps import Cut, Error, Reply, Say, Slow, StreamError, Tool


class Pause(NamedTuple):
    """Nothing is sent for a while.

    Attributes:
        seconds: How long.
    """

    seconds: float


class Drop(NamedTuple):
    """The connection ends here, in the middle of the answer.

    Attributes:
        reason: Why, for whoever reads a trace.
    """

    reason: str


Part = str | Pause | Drop


class Answer(NamedTuple):
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        headers: Names and values, without those about the length.
        parts: The body, lazily where it takes time.
        streamed: Whether each text is sent as it comes, or all of them at the end.
    """

    status: int
    headers: Mapping[str, str]
    parts: Iterable[Part]
    streamed: bool = False


Final = Say | Slow | Tool | Reply | Error | Cut | StreamError


class ModelProtocol(Protocol):
    """One way of talking to a model over HTTP."""

    @property
    def name(self) -> str:
        """The protocol's name, as it stands in ``Request.protocol``."""

    def read(self, raw: Raw) -> Request | None:
        """Read a request, or return None if its path belongs to somebody else."""

    def auxiliary(self, request: Request) -> Say:
        """Return what to say to an auxiliary call of the client."""

    def answer(self, request: Request, step: Final) -> Answer:
        """Word a step as the answer to a message."""

    def reply(self, request: Request) -> Answer:
        """Answer a request that takes no step: a count, a probe, an unknown path."""


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer that is one JSON text.

    Args:
        status: The HTTP status.
        value: Anything ``json`` can write.
        headers: Headers besides the content type.
    """
    all_headers = {"content-type": "application/json", **(headers or {})}
    return Answer(status, all_headers, [json.dumps(value)])

"""Anthropic's Messages API, as Claude Code uses it."""

from __future__ import annotations

from tutti_testing.model.anthropic.answers import error, success
from tutti_testing.model.anthropic.auxiliary import auxiliary_answer
from tutti_testing.model.anthropic.reading import read_request
from tutti_testing.model.protocol import Answer, Final, json_answer
from tutti_testing.model.request import Raw, Request
from tutti_testing.model.steps import Error, Say
from tutti_testing.model.wording import tokens

__all__ = ["AnthropicProtocol"]


class AnthropicProtocol:
    """Reads and answers ``/v1/messages``, ``/v1/messages/count_tokens`` and the probe of ``/``."""

    name = "anthropic"

    def read(self, raw: Raw) -> Request | None:
        """Read a request, or return None if its path belongs to somebody else."""
        return read_request(raw, self.name)

    def auxiliary(self, request: Request) -> Say:
        """Return what to say to an auxiliary call of the client."""
        return auxiliary_answer(request)

    def answer(self, request: Request, step: Final) -> Answer:
        """Word a step as the answer to a message."""
        return error(step) if isinstance(step, Error) else success(request, step)

    def reply(self, request: Request) -> Answer:
        """Answer a request that takes no step: a count, a probe, a message out of shape."""
        if request.kind == "count":
            return json_answer(200, {"input_tokens": tokens(request.body)})
        if request.kind == "probe":
            return json_answer(200, {})
        if request.kind == "invalid":
            return error(Error(400, message="messages: a list is required"))
        return error(Error(404))

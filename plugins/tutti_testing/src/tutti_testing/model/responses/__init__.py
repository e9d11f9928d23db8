"""OpenAI's Responses API, as Codex uses it."""

from __future__ import annotations

from tutti_testing.model.protocol import Answer, Final
from tutti_testing.model.request import Raw, Request
from tutti_testing.model.responses.answers import error, success
from tutti_testing.model.responses.reading import read_request
from tutti_testing.model.steps import Error, Say

__all__ = ["ResponsesProtocol"]

_TITLE = '{"title": "Scripted session"}'


class ResponsesProtocol:
    """Reads and answers ``/v1/responses``.

    The steps of the script name Claude Code's tools; Codex has one for shell commands, and is
    asked to run what comes to the same. Where somebody can be asked, it is told to ask.
    """

    name = "responses"

    def read(self, raw: Raw) -> Request | None:
        """Read a request, or return None if its path belongs to somebody else."""
        return read_request(raw, self.name)

    def auxiliary(self, request: Request) -> Say:
        """Return what to say to an auxiliary call: Codex asks only for the title of a session."""
        return Say(_TITLE)

    def answer(self, request: Request, step: Final) -> Answer:
        """Word a step as the answer to a message."""
        return error(step) if isinstance(step, Error) else success(request, step)

    def reply(self, request: Request) -> Answer:
        """Answer a request that takes no step, which is one out of shape."""
        return error(Error(400, message="input: a list is required"))

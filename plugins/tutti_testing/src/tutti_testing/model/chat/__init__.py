"""OpenAI's Chat Completions API, as Aider and OpenClaw use it."""

from __future__ import annotations

from tutti_testing.model.chat.answers import error, success
from tutti_testing.model.chat.auxiliary import auxiliary_answer
from tutti_testing.model.chat.reading import instructions, read_request
from tutti_testing.model.protocol import Answer, Final
from tutti_testing.model.request import Raw, Request
from tutti_testing.model.steps import Error, Say

__all__ = ["ChatProtocol"]


class ChatProtocol:
    """Reads and answers ``/v1/chat/completions``, streamed or whole.

    The steps of the script name Claude Code's tools. A client that offers a shell is asked to run
    what comes to the same; one that offers no tools edits by what the answer says, and gets edits
    in the format its instructions ask for.
    """

    name = "chat"

    def read(self, raw: Raw) -> Request | None:
        """Read a request, or return None if its path belongs to somebody else."""
        return read_request(raw, self.name)

    def auxiliary(self, request: Request) -> Say:
        """Return what to say to an auxiliary call: Aider asks for commit messages and summaries."""
        return auxiliary_answer(instructions(request), request.prompt)

    def answer(self, request: Request, step: Final) -> Answer:
        """Word a step as the answer to a message."""
        return error(step) if isinstance(step, Error) else success(request, step)

    def reply(self, request: Request) -> Answer:
        """Answer a request that takes no step, which is one out of shape."""
        return error(Error(400, message="messages: a list is required"))

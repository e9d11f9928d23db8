"""A scripted model server: a real agent CLI works against it, offline, as the test wants it to.

A script is written as directives in the prompt (``[[bash ls]] [[say done]]``, see
``tutti_testing.model.directives``), as steps in a queue, or as a standing mode.
"""

from __future__ import annotations

from tutti_testing.model.request import Message, Request, ToolResult, Turn
from tutti_testing.model.server import ModelServer
from tutti_testing.model.steps import (
    Cut,
    Delay,
    Error,
    Hang,
    Reply,
    Say,
    Slow,
    Step,
    StreamError,
    Tool,
    credit_too_low,
    usage_limit,
)

__all__ = [
    "Cut",
    "Delay",
    "Error",
    "Hang",
    "Message",
    "ModelServer",
    "Reply",
    "Request",
    "Say",
    "Slow",
    "Step",
    "StreamError",
    "Tool",
    "ToolResult",
    "Turn",
    "credit_too_low",
    "usage_limit",
]

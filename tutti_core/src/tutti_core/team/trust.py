"""`trust`: an agent's CLI is told that its folder can be trusted, by a person or by the file.

A CLI that trusts a folder runs what that folder's own settings tell it to run. So this is said by
name, one agent at a time, or in `tutti.toml`, and never as one answer among others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .answer import Answered, AnswerRequest, give

if TYPE_CHECKING:
    from .context import Context


@attrs.frozen
class TrustRequest:
    """What `trust` takes.

    Attributes:
        agent: The agent.
        dry_run: Whether to say only what would be pressed.
        without: Unowned tables to go on without.
    """

    agent: str
    dry_run: bool = False
    without: tuple[str, ...] = ()


def trust(context: Context, request: TrustRequest) -> Answered:
    """Answer the question whether an agent's folder can be trusted: it can.

    Args:
        context: The workspace.
        request: The agent.

    Raises:
        TuttiError: As `answer`.
    """
    asked = AnswerRequest(request.agent, "allow", dry_run=request.dry_run, without=request.without)
    return give(context, asked, ("trust",))

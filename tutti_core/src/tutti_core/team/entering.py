"""Enter, where it can do nothing but submit what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..model.contract import PressesWhile
from .composing import composer_rules, rows_with
from .pressing import unread_in
from .standing import asks

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

QUIET = frozenset(("idle", "auth_failed", "rate_limited", "provider_down"))
"""States in which an agent takes a prompt."""


def press_enter(context: Context, now: Voice, text: str) -> bool:
    """Press Enter while the composer shows a prompt and nothing else.

    The terminal itself looks for the rows of the composer, and for all below them, as it passes the
    key on: a dialog that came since the last look stands in their place. While a key before it
    waits to be read nothing is pressed, so that there is never a second one on its way.

    Args:
        context: The workspace.
        now: The agent as it was seen just now.
        text: The prompt.

    Returns:
        Whether it was pressed.
    """
    assert now.session is not None
    pane = now.session.pane
    try:
        if now.session.in_mode:  # a key would be the scrolling person's
            context.host.leave_copy_mode(pane)
        if composer_rules(context, now) is None:
            context.host.keys(pane, "Enter")
            return True
        rows = () if unread_in(context, pane) else rows_with(context, now, text)
        return bool(rows) and _while(context, pane, rows)
    except TuttiError as error:
        context.log.note("enter failed", agent=now.agent, exc_info=error)
        return False


def _while(context: Context, pane: str, rows: tuple[str, ...]) -> bool:
    if isinstance(context.host, PressesWhile):
        return context.host.keys_while(pane, rows, "Enter")
    context.host.keys(pane, "Enter")
    return True


def may_enter(now: Voice) -> bool:
    """Return whether an Enter could do nothing but submit what stands in the composer.

    Args:
        now: The agent as it was seen just now.
    """
    return not asks(now) and now.reading.state in QUIET


def no_enter(voice: Voice) -> str:
    """Return why no Enter is pressed at an agent that has begun to ask something."""
    what = f"{voice.reading.kind or 'dialog'}: {voice.reading.detail}"
    return f"it asked for an answer meanwhile ({what}); no Enter"

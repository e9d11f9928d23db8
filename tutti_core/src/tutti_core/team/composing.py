"""An agent's composer as it is right now: what stands in it, and whether that is ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..detection.composer import draft, ours, standing
from ..detection.regions import Parts, rows_of
from ..errors import TuttiError

if TYPE_CHECKING:
    from ..detection.composer import Ours
    from ..watching.look import Voice
    from .context import Context

COMPOSER_SECS = 2.0
DRAFT_SECS = 1.0
DRAWN_SECS = 5.0
"""How long a paste has to show: a busy machine draws late."""
SETTLED_SECS = 0.2
"""For so long a part of a long prompt must stand still to be all that shows of it."""
LOOK_SECS = 0.05


def in_composer(context: Context, voice: Voice) -> str | None:
    """Return what stands in the composer, given a moment: a screen may be half redrawn.

    Args:
        context: The workspace.
        voice: The agent.
    """
    begun = time.monotonic()
    written = composer_of(context, voice)
    while (most := _patience(context, voice, written)) and time.monotonic() - begun < most:
        time.sleep(LOOK_SECS)
        written = composer_of(context, voice)
    return written


def _patience(context: Context, voice: Voice, written: str | None) -> float:
    """Return for how many seconds what stands there has to be looked at to be believed."""
    if written is None:
        return COMPOSER_SECS if composer_rules(context, voice) else 0.0
    # A draft stays; a program that has just come up draws hints before it makes them dim.
    return DRAFT_SECS if written else 0.0


def until_drawn(context: Context, voice: Voice, text: str) -> Ours:
    """Wait until a paste shows, so that Enter is not read as part of it.

    Args:
        context: The workspace.
        voice: The agent.
        text: The prompt.

    Returns:
        As `ours`, of what the composer shows in the end: only what stands there as it was typed can
        be seen to leave, and only that may be submitted.
    """
    deadline = time.monotonic() + DRAWN_SECS
    still: tuple[str | None, float] = (None, 0.0)
    while True:
        written, now = composer_of(context, voice), time.monotonic()
        found = ours(written or "", text)
        if still[0] != written:
            still = written, now
        if found == "whole" or (found and now - still[1] >= SETTLED_SECS):
            return found
        if now >= deadline:
            return found
        time.sleep(LOOK_SECS)


def drawn_in(context: Context, voice: Voice, text: str) -> Ours:
    """Return whether the composer shows a prompt and nothing else, see `ours`.

    Args:
        context: The workspace.
        voice: The agent.
        text: The prompt.
    """
    return ours(composer_of(context, voice) or "", text)


def composer_rules(context: Context, voice: Voice) -> Mapping[str, Any] | None:
    """Return how the composer of an agent's runtime is found, or None if nobody says."""
    found: Mapping[str, Any] | None = context.digest["rules"].get(voice.runtime, {}).get("composer")
    return found


def above_composer(context: Context, voice: Voice) -> str:
    """Return what an agent's screen showed above its composer when it was looked at."""
    screen = voice.seen.screen
    if screen is None:
        return ""
    rules = composer_rules(context, voice)
    parts = Parts(rows_of(screen.text), rules, cursor=screen.cursor)
    return "\n".join(parts.above)


def composer_of(context: Context, voice: Voice) -> str | None:
    """Return what stands in the composer right now; None if there is none, or nobody can look."""
    rules = composer_rules(context, voice)
    screen = _styled(context, voice) if rules else None
    return None if screen is None else draft(screen, rules)


def rows_with(context: Context, voice: Voice, text: str) -> tuple[str, ...]:
    """Return the rows of a composer that shows a prompt and nothing else, and all below it.

    Args:
        context: The workspace.
        voice: The agent.
        text: The prompt.

    Returns:
        The rows as they stand there right now; none if it shows anything else.
    """
    rules = composer_rules(context, voice)
    screen = _styled(context, voice) if rules else None
    if rules is None or screen is None or not ours(draft(screen, rules) or "", text):
        return ()
    return standing(screen, rules)


def _styled(context: Context, voice: Voice) -> str | None:
    assert voice.session is not None
    pane = voice.session.pane
    try:
        return context.host.capture([pane], styles=True).get(pane)
    except TuttiError:
        return None


def looked(context: Context, agent: str) -> Voice | None:
    """Look at an agent once; None if that failed, or it is not configured."""
    try:
        return context.voices([agent]).get(agent)
    except TuttiError:
        return None

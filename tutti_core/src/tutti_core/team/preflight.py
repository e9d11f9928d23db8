"""Whether an agent can be given a prompt right now, and what stands in the way if not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from .composing import composer_rules, in_composer
from .entering import QUIET
from .proof import LOOK_SECS
from .standing import asks, tries_again

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context


class Obstacle(NamedTuple):
    """Why an agent can be given no prompt now.

    Attributes:
        reason: What stands in the way, in one line.
        hint: What to do about it.
        busy: Whether it is at work, and will be through with that by itself.
    """

    reason: str
    hint: str = ""
    busy: bool = False


def obstacle(context: Context, voice: Voice) -> Obstacle | None:
    """Return what stands in the way of a prompt; it would be typed into whatever is there.

    Args:
        context: The workspace.
        voice: The agent as it was seen just now.
    """
    found = absent(voice) or _occupied(voice)
    return found or _written(context, voice)


def absent(voice: Voice) -> Obstacle | None:
    """Return that no process is there to take a prompt, if so.

    Args:
        voice: The agent.
    """
    if voice.session is None:
        return Obstacle("not running", f"tt up {voice.agent}")
    if voice.session.dead:
        how = f" ({voice.reading.detail})" if voice.reading.detail else ""
        return Obstacle(f"its process has ended{how}", f"tt up {voice.agent}")
    return None


def awake(context: Context, name: str) -> Voice:
    """Look at an agent; one that is starting is given the time it has for that.

    Args:
        context: The workspace.
        name: Its name.
    """
    deadline = time.monotonic() + context.arrangement.launch.ready_secs
    voice = context.voices([name])[name]
    while voice.reading.state == "starting" and time.monotonic() < deadline:
        time.sleep(LOOK_SECS)
        voice = context.voices([name])[name]
    return voice


def _occupied(voice: Voice) -> Obstacle | None:
    reading, name = voice.reading, voice.agent
    if asks(voice):
        what = f"{reading.kind}: {reading.detail}" if reading.kind else reading.detail
        return Obstacle(f"it waits for an answer ({what})", f"tt attach {name}")
    if reading.state == "working" or tries_again(voice):
        return Obstacle(
            "it is working", f"wait until tt status says idle, or tt attach {name}", True
        )
    if reading.state not in QUIET:
        return Obstacle(f"its state is {reading.state}", f"tt peek {name}")
    return None


def _written(context: Context, voice: Voice) -> Obstacle | None:
    written = in_composer(context, voice)
    if written is None and composer_rules(context, voice):
        return Obstacle("its composer is not on the screen", f"tt attach {voice.agent}")
    if written:
        return Obstacle("somebody's draft stands in the composer", f"tt attach {voice.agent}")
    return None

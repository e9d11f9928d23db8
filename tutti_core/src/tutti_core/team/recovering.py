"""What became of a prompt whose process was killed: found out by looking, never typed again.

A prompt that the agent says it took was submitted. One that stands in the composer whole and alone
was not, and is submitted by the Enter that is missing. Of any other nobody knows: it is reported,
and kept with its text for a person.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .composing import drawn_in, looked
from .ends import end, untold
from .entering import may_enter
from .marks import begun_with
from .proof import Word
from .queue import IN_HAND, Queue
from .typist import resume, shaped

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context
    from .queue import Entry

MARK_SECS = 2.0
"""How long an agent has to write down that it began a turn."""
LOOK_SECS = 0.2


def recover(context: Context, agent: str) -> None:
    """Say what became of the prompts that a killed process had in hand; under the pane lock.

    Args:
        context: The workspace.
        agent: The agent's name.
    """
    untold(context)
    for entry in Queue(context.places).all():
        if entry.agent == agent and entry.state in IN_HAND:
            word = _found(context, entry)
            end(context, entry, word, entry.ms, keep=True)


def _found(context: Context, entry: Entry) -> Word:
    deadline = time.monotonic() + MARK_SECS
    while True:
        voice = looked(context, entry.agent)
        word = _proven(context, entry, voice) if voice else None
        if word is not None or time.monotonic() >= deadline:
            break
        time.sleep(LOOK_SECS)
    return word or _unknown(entry)


def _proven(context: Context, entry: Entry, voice: Voice) -> Word | None:
    session = voice.session
    if session is None or (session.pane, session.pid) != (entry.pane, entry.pid):
        return _unknown(entry)
    text = shaped(context, entry)
    said = begun_with(context, None, voice, text, entry.typed_at or entry.at)
    if said:
        return Word("submitted", said)
    if not session.dead and may_enter(voice) and drawn_in(context, voice, text) == "whole":
        return resume(context, entry, voice)
    return None


def _unknown(entry: Entry) -> Word:
    said = "tt was killed as it typed it, and nothing proves whether it was submitted"
    return Word("unknown", said, f"tt peek {entry.agent}, then tt queue cancel {entry.number}")

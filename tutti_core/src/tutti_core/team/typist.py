"""Types one prompt into one agent, in steps of which each is on disk before it is taken.

All of it happens under the agent's pane lock. Nothing is typed that is not written down before, so
that whoever finds the file of a killed process knows how far it may have come.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

from ..terminal.keyboard import PaneGone
from .composing import composer_of, composer_rules, drawn_in, looked, until_drawn
from .ends import end
from .entering import may_enter, no_enter, press_enter
from .plan import disarmed
from .proof import Word, prove, same
from .queue import Entry, Queue
from .standing import asks
from .turn import Typed

if TYPE_CHECKING:
    from ..model.contract import Runtime
    from ..watching.look import Voice
    from .context import Context

SETTLE_SECS = 0.3
"""How long a program has for a paste where nobody can see whether it shows."""


def type_in(context: Context, entry: Entry, voice: Voice) -> tuple[Entry, Word, Typed | None]:
    """Type a prompt that is in this process's hand, submit it, and prove that; write down the end.

    Args:
        context: The workspace.
        entry: The prompt, with its agent's pane.
        voice: The agent, of which was seen that it takes a prompt.

    Returns:
        The prompt with its outcome, that outcome, and what it was typed into.
    """
    begun = time.monotonic()
    word, typed = _typed(context, entry, voice)
    ms = round((time.monotonic() - begun) * 1000)
    end(context, entry, word, ms)
    context.log.note("sent", agent=entry.agent, outcome=word.outcome, evidence=word.evidence, ms=ms)
    return attrs.evolve(entry, state=word.outcome, why=word.evidence, ms=ms), word, typed


def resume(context: Context, entry: Entry, voice: Voice) -> Word:
    """Submit what a killed process left in the composer, all of it and nothing else.

    Args:
        context: The workspace.
        entry: The prompt.
        voice: The agent as it was seen just now.
    """
    text = shaped(context, entry)
    entered = press_enter(context, voice, text)
    since = entry.typed_at or entry.at
    return prove(context, voice, text, since, drawn=True, entered=entered)


def shaped(context: Context, entry: Entry) -> str:
    """Return a prompt as it is typed: plain text to the CLI, unless it is meant as more.

    Args:
        context: The workspace.
        entry: The prompt.
    """
    able = runtime_of(context, entry.agent).capabilities
    text = entry.text if entry.raw else disarmed(entry.text, able) or ""
    if able.longest_paste and len(text.encode()) > able.longest_paste:
        path = context.places.prompt(entry.correlation_id)
        text = f"Read {path} and do what it says."
    return f"{text} " if text.endswith("\\") else text  # before Enter it would ask for a new line


def runtime_of(context: Context, name: str) -> Runtime:
    """Return the runtime that an agent runs on, whatever the file says by now.

    Args:
        context: The workspace.
        name: The agent's name.
    """
    from .ending import session_now

    session = session_now(context, name)
    running = context.runtimes.get(session.runtime) if session else None
    return running or context.runtime(context.agent(name))


def _typed(context: Context, entry: Entry, voice: Voice) -> tuple[Word, Typed | None]:
    assert voice.session is not None
    text = _written(context, entry)
    typed = Typed(voice.session, entry.typed_at or time.time(), text=text, before=voice)
    if not _pasted(context, voice, text):
        return Word("refused", "its process has ended", f"tt up {entry.agent}"), None
    Queue(context.places).note(entry, state="pasted")
    word = _submitted(context, voice, text, typed.at)
    return word, typed._replace(worked=word.worked)


def _written(context: Context, entry: Entry) -> str:
    """Return what is typed; a prompt too long for the runtime is in a file by then."""
    from ..state.files import write_atomic

    text = shaped(context, entry)
    path = context.places.prompt(entry.correlation_id)
    if str(path) in text and text != entry.text:
        write_atomic(path, entry.text.encode())
    return text


def _pasted(context: Context, voice: Voice, text: str) -> bool:
    assert voice.session is not None
    try:
        context.host.leave_copy_mode(voice.session.pane)
        context.host.paste(voice.session.pane, text)
    except PaneGone:
        return False
    return True


def _submitted(context: Context, voice: Voice, text: str, since: float) -> Word:
    known = composer_rules(context, voice) is not None
    if known:
        drawn = bool(until_drawn(context, voice, text))
    else:
        drawn = False
        time.sleep(SETTLE_SECS)
    now = looked(context, voice.agent)
    # The last look is at the composer: whatever somebody typed since then, Enter would submit.
    hidden = known and not (drawn and now and same(voice, now) and drawn_in(context, now, text))
    stopped = _stopped(context, voice, now, hidden)
    if stopped is not None or now is None:
        return stopped or Word("unknown", "nobody can say how it is", f"tt peek {voice.agent}")
    # Where none may be pressed, somebody else's turn has begun, or this one.
    entered = not may_enter(now) or press_enter(context, now, text)
    return prove(context, voice, text, since, drawn=drawn, enters=known, entered=entered)


def _stopped(context: Context, before: Voice, now: Voice | None, hidden: bool) -> Word | None:
    """Return why no Enter is pressed: it would answer, or submit what is not ours alone."""
    hint = f"tt attach {before.agent}"
    if now is None:
        return None
    if not same(before, now):
        return Word("unknown", "it ended, or was started anew, as the prompt was typed", hint)
    if asks(now):
        return Word("unsubmitted", no_enter(now), hint)
    if hidden and may_enter(now):
        written = composer_of(context, now)
        there = "shows more than the prompt" if written else "does not show the prompt"
        return Word("unsubmitted", f"its composer {there}; no Enter was pressed", hint)
    return None

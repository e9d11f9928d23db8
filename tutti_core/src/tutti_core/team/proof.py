"""The proof that a prompt was taken, and Enter again where it provably was not.

The strongest source speaks first: a turn that the agent itself says it began with this very text,
then its live status, its title, its screen. An Enter is pressed only while the composer shows the
prompt and nothing else, and nothing on the screen asks for an answer.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..detection.composer import PASTED
from .composing import above_composer, composer_of, drawn_in, looked
from .entering import QUIET, may_enter, no_enter, press_enter
from .marks import begun_with
from .standing import asks

if TYPE_CHECKING:
    from ..detection.composer import Ours
    from ..watching.look import Voice
    from .context import Context

ENTER_AGAIN_SECS = (0.6, *(second + 0.5 for second in range(1, 19)))
"""When Enter is pressed again, from the first one on; it is never pressed oftener."""
PROOF_SECS = 6.0
"""How long a proof is waited for once the prompt has left the composer."""
HELD_SECS = 20.0
"""How long a prompt that provably stands in the composer is tried."""
TAKEN_SECS = 0.5
"""How long stronger sources have before the screen alone is asked whether a prompt was taken."""
LOOK_SECS = 0.1
SHOWN = 40
"""Characters of a line that every terminal shows in one row."""

Outcome = Literal["submitted", "queued", "refused", "unsubmitted", "unknown"]


class Word(NamedTuple):
    """What became of a prompt, what that stands on, and what to do about it.

    Attributes:
        worked: Whether the agent was seen at work on it.
    """

    outcome: Outcome
    evidence: str
    hint: str = ""
    worked: bool = False


def prove(
    context: Context,
    before: Voice,
    text: str,
    since: float,
    *,
    drawn: bool,
    enters: bool = True,
    entered: bool = True,
) -> Word:
    """Look until it is proven that a prompt was taken; press Enter again where it provably was not.

    Args:
        context: The workspace.
        before: The agent as it was before.
        text: The prompt.
        since: When it was typed, in epoch seconds.
        drawn: Whether it was seen in the composer as it was typed.
        enters: Whether Enter may be pressed again.
        entered: Whether it was pressed; if not, that is made up for at once.
    """
    proof = _Proof(context, before, text, since, drawn, enters)
    if not entered and enters:
        proof.entered, proof.again = False, [0.0, *proof.again]
    return proof.run()


class _Proof:
    def __init__(
        self, context: Context, before: Voice, text: str, since: float, drawn: bool, enters: bool
    ) -> None:
        self.context, self.before, self.text = context, before, text
        self.since, self.drawn = since, drawn
        self.enters, self.again = enters, list(ENTER_AGAIN_SECS) if enters else []
        self.begun = time.monotonic()
        self.held: Ours = ""
        self.left = self.begun
        self.worked = False
        self.entered = True

    def run(self) -> Word:
        while not self._late():
            now = looked(self.context, self.before.agent)
            word = self._word(now) if now else None
            if word is not None:
                return word
            time.sleep(LOOK_SECS)
        return self._nothing()

    def _late(self) -> bool:
        """Return whether to give up: nothing happens to a prompt that has left the composer."""
        now = time.monotonic()
        if self.held:
            return now - self.begun >= (HELD_SECS if self.enters else PROOF_SECS)
        return now - self.left >= PROOF_SECS

    def _word(self, now: Voice) -> Word | None:
        if not same(self.before, now):
            gone = now.reading.detail if now.reading.state == "exited" else "its session is gone"
            said = f"it ended before it said anything ({gone})"
            return Word("unknown", said, f"tt peek {now.agent}")
        self.worked = self.worked or now.reading.state == "working"
        said = begun_with(self.context, self.before, now, self.text, self.since)
        if said:
            return Word("submitted", said, worked=self.worked)
        self._look_at_composer(now)
        if not self.entered and asks(now):
            return Word("unsubmitted", no_enter(now), f"tt attach {now.agent}")
        proves = self.entered and not self.held
        said = (self._said(now) or self._shown(now)) if proves else ""
        if said:
            return Word("submitted", said, worked=self.worked)
        self._enter(now)
        return None

    def _look_at_composer(self, now: Voice) -> None:
        self.held = drawn_in(self.context, now, self.text)
        if self.held:
            self.left = time.monotonic()

    def _said(self, now: Voice) -> str:
        """Return what an agent's state proves; a dialog may have come up by itself."""
        reading = now.reading
        source = reading.evidence[0].source if reading.evidence else "process"
        if reading.state == "working":
            return f"{source} says working"
        fresh = reading.since is not None and reading.since > self.since and bool(reading.evidence)
        if fresh and not asks(now):
            return f"{source} changed after the prompt"
        if asks(now) and (self.worked or shown_more(self.context, self.before, now, self.text)):
            return f"{source} says {reading.state}, below the prompt"
        return ""

    def _shown(self, now: Voice) -> str:
        """Return a proof for a turn too short to be seen: the prompt moved out of the composer."""
        if not self.drawn or time.monotonic() - self.begun <= TAKEN_SECS:
            return ""
        if now.reading.state not in QUIET or composer_of(self.context, now) != "":
            return ""
        more = shown_more(self.context, self.before, now, self.text)
        return "screen shows the prompt, and the composer is empty" if more else ""

    def _enter(self, now: Voice) -> None:
        due = self.again and time.monotonic() - self.begun > self.again[0]
        if due and self.held and may_enter(now) and press_enter(self.context, now, self.text):
            self.again.pop(0)
            self.entered = True

    def _nothing(self) -> Word:
        hint = f"tt attach {self.before.agent}"
        if self.held:
            return Word("unsubmitted", "the prompt still stands in the composer", hint)
        now = looked(self.context, self.before.agent)
        if now and asks(now):
            what = f"{now.reading.kind or 'dialog'}: {now.reading.detail}"
            return Word("unknown", f"it asks for an answer ({what}), nobody knows since when", hint)
        return Word("unknown", "nothing proves that the prompt was taken", hint)


def same(before: Voice, now: Voice) -> bool:
    """Return whether this still is the process that a prompt was typed into."""
    there, here = before.session, now.session
    return bool(
        there and here and not here.dead and (here.pane, here.pid) == (there.pane, there.pid)
    )


def shown_more(context: Context, before: Voice, now: Voice, text: str) -> bool:
    """Return whether a prompt's first or last line is above the composer oftener than before.

    A long prompt may be shown by the label that its paste had.

    Args:
        context: The workspace.
        before: The agent before the prompt was typed.
        now: The agent now.
        text: The prompt.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    old, new = (above_composer(context, one) for one in (before, now))
    parts = {line[:SHOWN] for line in (*lines[:1], *lines[-1:])}
    labels = len(PASTED.findall(new)) > len(PASTED.findall(old)) and len(text) > SHOWN
    return labels or any(new.count(part) > old.count(part) for part in parts)

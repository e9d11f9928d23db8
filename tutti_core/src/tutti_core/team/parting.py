"""The proof that a dialog went away once it was answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .asked import Word

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .asked import Asked
    from .dialog import Dialog
    from .pressing import Finger

PROOF_SECS = 5.0
"""How long a dialog may stay after the last key."""
LOOK_SECS = 0.1
LOOKS = 2
"""So many looks must show it gone: a screen may be half redrawn."""


def prove(asked: Asked, finger: Finger) -> Word:
    """Look until it is proven that a dialog went away; press again what was provably dropped.

    Args:
        asked: The agent.
        finger: Who has pressed, and on which dialog.
    """
    return _Parting(asked, finger).run()


class _Parting:
    def __init__(self, asked: Asked, finger: Finger) -> None:
        self.asked, self.finger, self.dialog = asked, finger, finger.dialog
        self.gone = 0
        self.moved = self.alike = False

    def run(self) -> Word:
        while time.monotonic() < self.finger.last + PROOF_SECS:
            voice, now = self.asked.look()
            word = self._ended(voice) or self._parted(voice, now)
            if word is not None:
                return word
            self.finger.again(voice, now)
            time.sleep(LOOK_SECS)
        return self._nothing()

    def _ended(self, voice: Voice) -> Word | None:
        session = voice.session
        if session is not None and not session.dead and session.pane == self.dialog.pane:
            return None
        said = voice.reading.detail or "its session is gone"
        return Word("unknown", f"it ended ({said})", f"tt peek {voice.agent}")

    def _parted(self, voice: Voice, now: Dialog | None) -> Word | None:
        evidence = self._went(voice, now)
        self.gone = self.gone + 1 if evidence else 0
        return Word("answered", evidence) if self.gone >= LOOKS else None

    def _went(self, voice: Voice, now: Dialog | None) -> str:
        """Return what shows that the dialog went away; empty if nothing does."""
        if now is not None:
            return self._another(voice, now)
        self.moved = True
        reading = voice.reading
        if reading.state in ("starting", "unknown") or reading.kind:
            return "it is no longer on the screen" if not self._rows_left(voice) else ""
        source = reading.evidence[0].source if reading.evidence else "its screen"
        return f"{source} says {reading.state.replace('_', ' ')}"

    def _another(self, voice: Voice, now: Dialog) -> str:
        """Return that another dialog is there; one just like it must have been seen to come."""
        if not now.like(self.dialog):
            return f"another one is there: {now.detail}"
        self.alike = (voice.reading.since or 0.0) > self.finger.at
        return f"another one is there: {now.detail}" if self.alike and self.moved else ""

    def _rows_left(self, voice: Voice) -> bool:
        text = voice.seen.screen.text if voice.seen.screen else ""
        return bool(self.dialog.rows) and all(row.strip() in text for row in self.dialog.rows)

    def _nothing(self) -> Word:
        hint = f"tt attach {self.asked.agent}"
        if self.gone:
            return Word("unknown", "its screen does not rest", hint)
        if self.alike:
            return Word("unknown", "it is still there, or one just like it has come", hint)
        return Word("unanswered", "the dialog is still there", hint)

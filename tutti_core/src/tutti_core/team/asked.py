"""What one agent asks, as its screen shows it at each look."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from .dialog import Dialog, dialog_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..watching.look import Voice
    from .context import Context

DRAWN_SECS = 2.0
"""How long a dialog may take to be drawn."""
LOOK_SECS = 0.05


class Word(NamedTuple):
    """What became of an answer, what that stands on, and what to do about it."""

    outcome: str
    evidence: str
    hint: str = ""


class Refused(Exception):
    """Nothing was pressed."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint

    @property
    def word(self) -> Word:
        """The same as an outcome."""
        return Word("refused", self.reason, self.hint)


class Asked:
    """An agent that may be asking something.

    Args:
        context: The workspace.
        agent: The agent's name.
    """

    def __init__(self, context: Context, agent: str) -> None:
        self.context, self.agent = context, agent

    def look(self) -> tuple[Voice, Dialog | None]:
        """Return how it is right now, and its dialog, None if it shows none that is known."""
        voices = self.context.voices([self.agent])
        voice = voices.get(self.agent) or self.context.voices()[self.agent]
        return voice, dialog_of(voice, self.context.digest["rules"].get(voice.runtime))

    def found(self, kinds: Collection[str], wanted: str = "") -> Dialog:
        """Return the dialog there is.

        Args:
            kinds: The kinds that may be answered.
            wanted: The id of the one that is meant; empty for whichever is there.

        Raises:
            Refused: It is none of these.
        """
        voice, dialog = self._looked_for()
        if dialog is None:
            raise Refused(*_no_dialog(voice))
        if dialog.kind not in kinds:
            raise self._of_another_kind(dialog)
        if wanted not in ("", dialog.id):
            said = f"it shows another dialog by now ({dialog.id}: {dialog.detail})"
            raise Refused(said, f"tt status {self.agent}")
        return dialog

    def changed(self, now: Dialog | None) -> Refused:
        """Return that a dialog is not the one that is answered.

        Args:
            now: The one that is there instead, if any.
        """
        what = f"another one is there: {now.detail}" if now else "it is gone"
        return Refused(f"the dialog changed in between: {what}", f"tt status {self.agent}")

    def restless(self, what: str = "its screen does not rest") -> Refused:
        """Return that no key can be pressed safely.

        Args:
            what: Why.
        """
        return Refused(what, f"tt attach {self.agent}")

    def _looked_for(self) -> tuple[Voice, Dialog | None]:
        """Look for the dialog, given a moment: an agent may say that it asks before it draws it."""
        deadline = time.monotonic() + DRAWN_SECS
        while True:
            voice, dialog = self.look()
            waits = voice.reading.state == "waiting" and time.monotonic() < deadline
            if dialog is not None or not waits:
                return voice, dialog
            time.sleep(LOOK_SECS)

    def _of_another_kind(self, dialog: Dialog) -> Refused:
        if dialog.kind == "trust":
            return Refused(f"it asks for trust ({dialog.detail})", f"tt trust {self.agent}")
        return Refused(f"it asks a {dialog.kind} ({dialog.detail})", f"tt answer {self.agent}")


def _no_dialog(voice: Voice) -> tuple[str, str]:
    reading = voice.reading
    if reading.state == "waiting" or reading.kind:
        why = f"it waits for an answer ({reading.kind}: {reading.detail}), and its screen shows"
        return f"{why} no dialog that is known", f"tt attach {voice.agent}"
    return f"it asks nothing: it is {reading.state.replace('_', ' ')}", f"tt status {voice.agent}"

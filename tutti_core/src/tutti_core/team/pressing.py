"""Presses the keys of an answer while the very dialog stands there, and again what it dropped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..model.contract import CountsUnread, PressesWhile
from ..watching.stall import still
from .asked import LOOK_SECS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..watching.look import Voice
    from .asked import Asked
    from .context import Context
    from .dialog import Dialog, Press

STILL_SECS = 0.5
"""For so long a dialog must have stood there before a key is pressed.

Claude Code 2.1 drops what comes within 0.1 to 0.2 s after it has drawn one (measured), so that
nobody who is typing answers by accident.
"""
REST_SECS = 5.0
"""How long a dialog may go on changing before it does."""
TRIES = 5
MOVE_SECS = 2.0
"""How long an arrow key may take to show."""
STEPS = 30
"""So often an arrow key is pressed at most on the way to a choice."""
AGAIN_SECS = 1.0
"""For so long nothing must have come of a key that was read, for it to be pressed again."""
AGAIN = 2
"""So often a key is pressed again at most."""


class Finger:
    """Presses what answers one dialog.

    Args:
        asked: The agent.
        dialog: The dialog, as it was seen just now.

    Attributes:
        dialog: The same.
        keys: The keys that answer it.
        presses: How often they were pressed.
        at: When they were pressed first, in epoch seconds.
        last: When they were pressed last, in seconds of the monotonic clock.
    """

    def __init__(self, asked: Asked, dialog: Dialog) -> None:
        self.asked, self.dialog = asked, dialog
        self.keys: Sequence[str] = ()
        self.presses = 0
        self.at = self.last = 0.0
        self._stood, self._since = dialog, time.monotonic()
        self._left, self._steady = AGAIN, True

    def press(self, press: Press) -> None:
        """Press the keys of an answer.

        Args:
            press: The answer.

        Raises:
            Refused: The dialog is not there any more, or does not rest.
        """
        self.keys = press.keys
        for _ in range(TRIES):
            self._stand()
            if press.walk is not None:
                self._walk(press.walk)
            self.at = time.time()
            if self._pressed(self.keys):
                self.presses, self.last = 1, time.monotonic()
                return
            self._since = time.monotonic()
        raise self.asked.restless()

    def go(self, press: Press) -> Dialog:
        """Go to the choice of a press, and return the dialog with the mark there.

        Args:
            press: The press.

        Raises:
            Refused: The dialog is not there any more, or the choice cannot be gone to.
        """
        assert press.walk is not None
        self._stand()
        if press.goes and self._stood.at != press.walk and self._pressed((press.goes,)):
            self._moved()
        self._walk(press.walk)
        return self._stood

    def enter(self, dialog: Dialog) -> None:
        """Press Enter at a dialog as words were written into it.

        Args:
            dialog: It, with the words.

        Raises:
            Refused: It is not there any more.
        """
        self.dialog = self._stood = dialog
        self.keys, self.at = ("Enter",), time.time()
        if not self._pressed(self.keys):
            raise self.asked.restless("it changed; the words were not sent")
        self.presses, self.last = 1, time.monotonic()

    def again(self, voice: Voice, now: Dialog | None) -> None:
        """Press the keys again if the agent has provably read them and let them drop.

        Nothing of it waits to be read, and at every look since then the very same dialog stood
        there with nothing moved in it. The terminal itself looks once more as it passes them on.

        Args:
            voice: The agent at this look.
            now: Its dialog.
        """
        self._steady = self._steady and now is not None and self._same(now)
        self._steady = self._steady and (voice.reading.since or 0.0) <= self.at
        self._stood = now if self._steady and now is not None else self._stood
        quiet = time.monotonic() - self.last >= AGAIN_SECS
        if not (self._steady and quiet and self._dropped()):
            return
        try:
            pressed = self._pressed(self.keys)
        except TuttiError:
            return  # its end is seen at the next look
        if pressed:
            self.presses, self.last = self.presses + 1, time.monotonic()
            self._left -= 1

    def _same(self, now: Dialog) -> bool:
        """Return whether a look shows what stood there; a clock beside it may have gone on."""
        before = self._stood
        if (now.id, now.at, len(now.rows)) != (before.id, before.at, len(before.rows)):
            return False
        return all(still(row) == still(old) for row, old in zip(now.rows, before.rows, strict=True))

    def _dropped(self) -> bool:
        """Return whether what was pressed was read, and may be pressed once more."""
        host, pane = self.asked.context.host, self.dialog.pane
        able = isinstance(host, PressesWhile) and self._left > 0
        return able and unread_in(self.asked.context, pane) == 0

    def _stand(self) -> None:
        """Wait until the dialog has stood there for a while with nothing moved in it."""
        deadline = time.monotonic() + REST_SECS
        while True:
            voice, now = self.asked.look()
            if now is None or not now.like(self.dialog):
                raise self.asked.changed(now)
            if voice.session is not None and voice.session.in_mode:
                self.asked.context.host.leave_copy_mode(now.pane)
            if not self._same(now):
                self._since = time.monotonic()
            self._stood = now
            stood = time.monotonic() - self._since >= STILL_SECS
            if stood and now.id == self.dialog.id:
                return
            if time.monotonic() >= deadline:
                raise self.asked.restless()
            time.sleep(LOOK_SECS)

    def _walk(self, place: int) -> None:
        """Go to a choice with the arrow keys, each seen to work before the next."""
        for _ in range(STEPS):
            at = self._stood.at
            if at is None:
                break
            if at == place:
                return
            if self._pressed(("Down" if at < place else "Up",)):
                self._moved()
        raise self.asked.restless("its choices cannot be gone to")

    def _moved(self) -> None:
        """Wait until the mark has moved, or its key was provably dropped."""
        before, deadline = self._stood, time.monotonic() + MOVE_SECS
        while time.monotonic() < deadline:
            _, now = self.asked.look()
            if now is None or not now.like(before):
                raise self.asked.changed(now)
            self._stood = now
            if now.at != before.at:
                return
            time.sleep(LOOK_SECS)
        if not self._dropped():
            raise self.asked.restless("its choices cannot be gone to")
        self._left -= 1

    def _pressed(self, keys: Sequence[str]) -> bool:
        host, dialog = self.asked.context.host, self._stood
        if isinstance(host, PressesWhile):
            return host.keys_while(dialog.pane, dialog.rows, *keys)
        host.keys(dialog.pane, *keys)
        return True


def unread_in(context: Context, pane: str) -> int | None:
    """Return how many bytes the program in a pane has not read; None if nobody can say.

    Args:
        context: The workspace.
        pane: The pane.
    """
    host = context.host
    try:
        return host.unread(pane) if isinstance(host, CountsUnread) else None
    except TuttiError:
        return None

"""Words of one's own, put into the row of a dialog that takes them, and proven to stand there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..detection.composer import ours
from ..model.contract import PastesWhile
from .asked import LOOK_SECS, Refused

if TYPE_CHECKING:
    from .asked import Asked
    from .dialog import Dialog, Press
    from .pressing import Finger

SHOW_SECS = 5.0
"""How long words may take to show."""


def check_words(asked: Asked, words: str) -> None:
    """Refuse what cannot be put into a row and be seen there.

    Args:
        asked: The agent.
        words: The words.

    Raises:
        Refused: They have several lines, or the session host cannot look as it pastes.
    """
    if len(words.splitlines()) > 1:
        raise Refused("an answer in one's own words has one line", f"tt attach {asked.agent}")
    if not isinstance(asked.context.host, PastesWhile):
        raise asked.restless("its session host cannot type into a dialog safely")


def write(asked: Asked, finger: Finger, press: Press) -> None:
    """Go to the row of a dialog that takes words, put them there, and press Enter.

    Args:
        asked: The agent.
        finger: Who presses, and on which dialog.
        press: The words, the number of the row, and what goes to it.

    Raises:
        Refused: The dialog changed, or its row could not be gone to; no word was sent.
    """
    host = asked.context.host
    assert isinstance(host, PastesWhile)
    empty = finger.go(press)
    if not host.paste_while(empty.pane, empty.rows, press.words):
        raise asked.changed(asked.look()[1])
    finger.enter(_shown(asked, empty, press))


def _shown(asked: Asked, empty: Dialog, press: Press) -> Dialog:
    """Wait until the words stand in their row, and return the dialog as it is then."""
    deadline = time.monotonic() + SHOW_SECS
    while True:
        _, now = asked.look()
        if now is None or now[:5] != empty[:5]:
            raise asked.changed(now)
        if _stand(now, empty, press):
            return now
        if time.monotonic() >= deadline:
            raise asked.restless("its row does not show the words; they were not sent")
        time.sleep(LOOK_SECS)


def _stand(now: Dialog, empty: Dialog, press: Press) -> bool:
    """Return whether the words stand in the row and nothing else has moved."""
    at = press.walk
    if at is None or now.at != at or len(now.options) != len(empty.options):
        return False
    others = [n for n in range(len(now.options)) if n != at]
    same = all(now.options[n] == empty.options[n] for n in others)
    said = now.options[at].text
    whole = " ".join(press.words.split())
    return same and (bool(ours(said, whole)) or (len(said) > 20 and whole.startswith(said)))

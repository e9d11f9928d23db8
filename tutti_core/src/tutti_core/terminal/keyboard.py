"""Types for a person: text as one paste, and keys by their names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .quoting import line
from .tmux import TmuxError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tmux import Tmux

# Escape sequences would end the paste or drive the terminal; C1 are their one-character forms.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_KEY = re.compile(
    r"(?:[CMS]-){0,3}(?:[!-~]|Enter|Escape|Space|Tab|BTab|BSpace|Up|Down|Left|Right|Home|End"
    r"|PageUp|PPage|PageDown|NPage|IC|Insert|DC|Delete|F[1-9]|F1[0-2])",
)
_PANE = re.compile(r"%[0-9]+")
_NOT_ALIVE = "tutti-no-live-pane"
_NOT_SHOWN = "tutti-not-shown"
_BLANK = "[ \xa0]"
# Whatever else might mean something to a format or a pattern of tmux stands for any character.
_ODD = re.compile(r"[^0-9A-Za-z \x80-\U0010ffff]")


class PaneGone(TmuxError):
    """The pane has vanished, or the process in it has ended."""

    def __init__(self, pane: str) -> None:
        super().__init__(f"nothing alive in pane {pane} can take input")


def clean(text: str) -> str:
    """Make line ends newlines and leave out every other control character but the tab.

    Args:
        text: Any text.
    """
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def exact(pane: str) -> str:
    """Return a pane id as it is.

    Raises:
        ValueError: It is a name or a pattern, which might mean another pane.
    """
    if not _PANE.fullmatch(pane):
        raise ValueError(f"not a pane id: {pane!r}")
    return pane


def paste(tmux: Tmux, pane: str, text: str, *, shows: Iterable[str] = ()) -> bool:
    """Give the program in a pane a text as one paste, without submitting it.

    Args:
        tmux: The server.
        pane: A pane id.
        text: The text; it goes through :func:`clean`.
        shows: Rows of the screen without which nothing is to be pasted, as for :func:`press`.

    Returns:
        Whether it was pasted: all the rows were there.

    Raises:
        PaneGone: Nothing alive is there to take it.
        TmuxError: tmux refused.
    """
    data = clean(text).encode("utf-8", "replace")
    if not data:
        return True  # tmux keeps no empty buffer
    buffer = f"tutti-{os.getpid()}-{os.urandom(16).hex()}"
    # -r keeps newlines newlines: as carriage returns they would each submit a line wherever the
    # program has not asked for bracketed paste.
    deliver = ["paste-buffer", "-p", "-r", "-d", "-b", buffer, "-t", pane]
    discard = ["delete-buffer", "-b", buffer]
    rows = [one for one in map(_row, shows) if one]
    typed = line(deliver)
    if rows:
        hidden = line(discard, ["display-message", "-p", _NOT_SHOWN]).strip()
        typed = line(["if-shell", "-F", "-t", pane, _all(rows), typed.strip(), hidden])
    guarded = _if_alive(pane, typed, line(discard, _not_alive()))
    try:
        said = _loaded(tmux, buffer, data, guarded, by_script=bool(rows))
    except TmuxError:
        tmux.call(*discard)
        raise
    if _NOT_ALIVE in said:
        raise PaneGone(pane)
    return _NOT_SHOWN not in said


def _loaded(tmux: Tmux, buffer: str, data: bytes, then: list[str], *, by_script: bool) -> str:
    """Load a buffer and go on with a command; one with many rows is too long for an argument."""
    load = ("load-buffer", "-b", buffer, "-")
    if not by_script:
        return tmux.run(*load, ";", *then, stdin=data)
    tmux.run(*load, stdin=data)
    return tmux.checked(tmux.feed(line(then)), "paste-buffer").text


def press(tmux: Tmux, pane: str, *names: str, shows: Iterable[str] = ()) -> bool:
    """Press keys by name, such as ``Enter``, ``Escape``, ``C-c`` or ``2``.

    tmux itself looks for the rows, in the same breath as it passes the keys on: nothing that it
    has heard of by then can come in between.

    Args:
        tmux: The server.
        pane: A pane id.
        names: The keys.
        shows: Rows of the screen without which nothing is to be pressed; blanks around them and
            their number do not matter.

    Returns:
        Whether they were pressed: all the rows were there.

    Raises:
        ValueError: Not a key: tmux would type the word.
        PaneGone: Nothing alive is there to take them.
        TmuxError: tmux refused.
    """
    unknown = [name for name in names if not _KEY.fullmatch(name)]
    if unknown:
        raise ValueError(f"no such key: {unknown[0]!r}")
    keys = line(["send-keys", "-t", exact(pane), "--", *names])
    rows = [one for one in map(_row, shows) if one]
    if rows:
        keys = line(["if-shell", "-F", "-t", pane, _all(rows), keys.strip(), _said(_NOT_SHOWN)])
    script = line(_if_alive(pane, keys, line(_not_alive())))
    said = tmux.checked(tmux.feed(script), "send-keys").text
    if _NOT_ALIVE in said:
        raise PaneGone(pane)
    return _NOT_SHOWN not in said


def leave_copy_mode(tmux: Tmux, pane: str) -> None:
    """Return a pane that somebody scrolled to its program; without effect on any other.

    Args:
        tmux: The server.
        pane: A pane id.

    Raises:
        TmuxError: There is no such pane.
    """
    left = tmux.call("copy-mode", "-q", "-t", exact(pane))
    if "usage" in left.stderr:  # tmux 3.0
        cancel = line(["send-keys", "-X", "-t", pane, "cancel"]).strip()
        left = tmux.call("if-shell", "-F", "-t", pane, "#{pane_in_mode}", cancel)
    tmux.checked(left, "copy-mode")


def _not_alive() -> list[str]:
    return ["display-message", "-p", _NOT_ALIVE]


def _said(word: str) -> str:
    return line(["display-message", "-p", word]).strip()


def _row(text: str) -> str:
    """Return a pattern for a row of the screen; empty for a blank one."""
    words = [_ODD.sub(".", word) for word in text.replace("\xa0", " ").split()]
    return f"^{_BLANK}*{f'{_BLANK}+'.join(words)}{_BLANK}*$" if words else ""


def _all(rows: list[str]) -> str:
    """Return the condition that a pane shows all rows, each a pattern."""
    first, *more = (f"#{{C/r:{row}}}" for row in rows)
    for one in more:
        first = f"#{{&&:{first},{one}}}"
    return first


def _if_alive(pane: str, then: str, otherwise: str) -> list[str]:
    # tmux before 3.4 crashes, with every agent, when text is pasted into a dead pane; and a target
    # that is gone makes the condition look at another pane, hence the comparison.
    alive = f"#{{?#{{==:#{{pane_id}},{exact(pane)}}},#{{?pane_dead,0,1}},0}}"
    return ["if-shell", "-F", "-t", pane, alive, then.strip(), otherwise.strip()]

"""Reads what panes show, any number of them in one invocation."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .keyboard import exact
from .listing import FORMAT
from .quoting import line
from .tmux import TmuxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tmux import Tmux

_MANY = 8  # panes, of which all are listed at once rather than one by one

GONE = re.compile(r"can't find (?:pane|window|session)")


def flags(*, history: int = 0, styles: bool = False, join: bool = False) -> list[str]:
    """Give the flags of `capture-pane`.

    Args:
        history: Lines to read above the screen.
        styles: Whether to keep colours and attributes as escape sequences.
        join: Whether a wrapped line is given as one.
    """
    above = ["-S", str(-history)] if history > 0 else []
    return [*(["-e"] if styles else []), *(["-J"] if join else []), *above]


def capture(
    tmux: Tmux, panes: Sequence[str], *, history: int = 0, styles: bool = False, join: bool = False
) -> dict[str, str]:
    """Read the screens of panes.

    Args:
        tmux: The server.
        panes: Pane ids.
        history: Lines to read above the screen.
        styles: Whether to keep colours and attributes as escape sequences.
        join: Whether a wrapped line is given as one; blanks at the end of lines are then kept.

    Returns:
        The text of each pane that exists, blank rows at its end included.

    Raises:
        TmuxError: tmux cannot say.
    """
    how = flags(history=history, styles=styles, join=join)
    mark = os.urandom(16).hex()  # nothing on a screen can be taken for the end of that screen
    script = "".join(_one(pane, how, mark) for pane in panes)
    if not script:
        return {}
    taken = tmux.feed(script)
    _only_gone(tmux, taken.stderr, absent=taken.absent)
    pieces = re.split(rf"{mark}-([0-9]+)\n", taken.text)
    return {f"%{pane}": text for pane, text in zip(pieces[1::2], pieces[:-1:2], strict=True)}


def scan(tmux: Tmux, panes: Sequence[str]) -> tuple[bytes, dict[str, str]]:
    """List and read panes in one invocation, as they are at one moment.

    Args:
        tmux: The server.
        panes: Pane ids.

    Returns:
        A listing as of ``list-panes -F FORMAT``, which may have more panes, and the text of each
        pane that exists.

    Raises:
        TmuxError: tmux cannot say.
    """
    mark = os.urandom(16).hex()
    taken = tmux.feed("".join(_scanned(panes, mark)))
    _only_gone(tmux, taken.stderr, absent=taken.absent)
    pieces = re.split(rb"%s-([0-9]*)\n" % mark.encode(), taken.stdout)
    said = list(zip(pieces[1::2], pieces[:-1:2], strict=True))
    screens = {f"%{pane.decode()}": text.decode("utf-8", "replace") for pane, text in said if pane}
    return b"".join(text for pane, text in said if not pane), screens


def _scanned(panes: Sequence[str], mark: str) -> Iterator[str]:
    listed = ["display-message", "-p", f"{mark}-"]
    is_many = len(panes) > _MANY
    if is_many:
        yield line(["list-panes", "-a", "-F", FORMAT], listed)
    for pane in panes:
        if not is_many:
            yield line(["list-panes", "-t", exact(pane), "-F", FORMAT], listed)
        yield _one(pane, [], mark)


def _one(pane: str, how: list[str], mark: str) -> str:
    # One line a pane: a pane that is gone fails its own line only, and is not marked.
    take = ["capture-pane", "-p", *how, "-t", exact(pane)]
    # display-message takes a % for part of a date.
    return line(take, ["display-message", "-p", f"{mark}-{pane[1:]}"])


def _only_gone(tmux: Tmux, stderr: str, *, absent: bool) -> None:
    said = [entry for entry in stderr.splitlines() if not GONE.search(entry)]
    if said and not absent:
        raise TmuxError(f"tmux capture-pane: {said[0]} (socket {tmux.socket})", stderr=stderr)

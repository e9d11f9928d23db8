"""Human output: aligned tables, and colour only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import TextIO

CODES: Mapping[str, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}

STATE_COLOURS: Mapping[str, str] = {
    "idle": "green",
    "working": "cyan",
    "starting": "cyan",
    "waiting": "yellow",
    "auth_failed": "red",
    "rate_limited": "magenta",
    "provider_down": "magenta",
    "exited": "red",
    "stopped": "dim",
    "unknown": "dim",
}

GAP = "  "
NARROWEST = 6
"""What is left at least of a column that is cut; less tells nothing."""
LEFT_OUT = -1


def coloured(stream: TextIO) -> bool:
    """Return whether a stream gets colour: a terminal, and nobody said no (no-color.org)."""
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return moves(stream) and not os.environ.get("NO_COLOR")


def moves(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that knows escape sequences."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Return text in a colour, or as it is where colour is not wanted."""
    if not colour or not coloured(stream or sys.stdout):
        return text
    return f"\x1b[{CODES[colour]}m{text}\x1b[0m"


def warn(text: str) -> None:
    """Print a warning on standard error."""
    print(f"  {paint('warn', 'yellow', sys.stderr)} {legible(text)}", file=sys.stderr)


def legible(text: str) -> str:
    """Return text on one line without control characters.

    What is shown may come from an agent's screen or files, and must not move anybody's cursor.
    """
    if text.isprintable():
        return text
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def clean(text: str) -> str:
    """Return a line of a screen as it stands there, without control characters."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def width_of(text: str) -> int:
    """Return how many columns a text takes; wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    wide = (2 if east_asian_width(char) in "WF" else 1 for char in text if not combining(char))
    return sum(wide)


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: Mapping[tuple[int, int], str] | None = None,
    spare: Collection[str] = (),
) -> str:
    """Return an aligned table.

    Args:
        heads: The columns' heads.
        rows: The cells, as many in each row as there are heads.
        colours: Colour of single cells by row and column.
        spare: Heads of columns that are cut or left out on a terminal too narrow for all.
    """
    heads, shown = [*map(legible, heads)], [[*map(legible, row)] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(heads, *shown, strict=True)]
    places = [place for place, head in enumerate(heads) if head in spare]
    widths = fitting(widths, places, _columns())
    lines = [_line(heads, widths, dict.fromkeys(range(len(heads)), "bold"))]
    for number, row in enumerate(shown):
        marks = {at[1]: colour for at, colour in (colours or {}).items() if at[0] == number}
        lines.append(_line(row, widths, marks))
    return "\n".join(lines)


def fitting(widths: Sequence[int], spare: Sequence[int], columns: int | None) -> list[int]:
    """Return the widths of columns so that a row fits, if the spare ones can make it fit.

    Args:
        widths: What the columns would take.
        spare: The columns that may be cut, by their places; the last gives way first.
        columns: How wide the terminal is; None means there is none, and nothing is cut.

    Returns:
        The widths; `LEFT_OUT` for a column that is.
    """
    found = list(widths)
    if columns is None:
        return found
    over = sum(found) + len(GAP) * (len(found) - 1) - columns
    for place in sorted(spare, reverse=True):
        if over <= 0:
            break
        if found[place] - over >= NARROWEST:
            found[place], over = found[place] - over, 0
        else:
            over -= found[place] + len(GAP)
            found[place] = LEFT_OUT
    return found


def clipped(text: str, width: int) -> str:
    """Return text cut to a width, with a mark where something is left out."""
    if width_of(text) <= width:
        return text
    kept = text
    while kept and width_of(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def fits(line: str) -> str:
    """Return a line cut to the width of the terminal that it is printed on, if it is one."""
    columns = _columns()
    return line if columns is None else clipped(line, columns)


def _columns() -> int | None:
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def ago(seconds: float) -> str:
    """Return a duration in a few characters, such as ``12s``, ``3m``, ``2h``, ``5d``."""
    if not isfinite(seconds):
        return ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def _line(cells: Sequence[str], widths: Sequence[int], colours: Mapping[int, str]) -> str:
    parts = []
    for column, whole in enumerate(cells):
        if widths[column] == LEFT_OUT:
            continue
        cell, last = clipped(whole, widths[column]), column == len(cells) - 1
        pad = "" if last else " " * (widths[column] - width_of(cell))
        parts.append(paint(cell, colours.get(column, "")) + pad)
    return GAP.join(parts).rstrip()

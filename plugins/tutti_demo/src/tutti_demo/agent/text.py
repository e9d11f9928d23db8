"""Text as a terminal shows it: cell widths, wrapping, clipping, cleaning."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category, east_asian_width

DIM = "\x1b[2m"
PLAIN = "\x1b[0m"
_STYLE = re.compile("\x1b\\[[0-9;]*m")
_INVISIBLE = {"Mn", "Me"}
_BROKEN = {"Cc", "Cs", "Co", "Cn"}


@lru_cache(maxsize=4096)
def cell(char: str) -> int:
    """Count the columns one character takes: 0, 1 or 2."""
    if char.isascii():
        return 1
    if category(char) in _INVISIBLE:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def width_of(line: str) -> int:
    """Count the columns of a line; style codes take none."""
    bare = plain(line)
    return len(bare) if bare.isascii() else sum(map(cell, bare))


def plain(line: str) -> str:
    """Return the line without its style codes."""
    return _STYLE.sub("", line) if "\x1b" in line else line


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    kind = category(char)
    if kind == "Cf":
        return ""
    return "?" if kind in _BROKEN else char


def clean(text: str) -> str:
    """Make text safe to show.

    Tabs become spaces, invisible characters vanish, control characters become ``?``. Newlines
    stay: they are the caller's to split at.
    """
    text = text.expandtabs(4).replace("\u2028", "\n").replace("\u2029", "\n")
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(char if char == "\n" else _visible(char) for char in text)


def one_line(text: str) -> str:
    """Make text safe to show where there is only one line."""
    return clean(text).replace("\n", " ")


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most ``width`` columns, at spaces where there are some.

    Args:
        text: Any text; it is cleaned first, and its newlines are kept.
        width: Columns available; below 1 counts as 1.

    Returns:
        At least one line. A character wider than ``width`` is left out.
    """
    return [line for part in clean(text).split("\n") for line in _fold(part, max(1, width))]


def _fold(line: str, width: int) -> list[str]:
    lines: list[str] = []
    start = 0
    while True:
        end = _reach(line, start, width)
        if end == len(line):
            return [*lines, clip(line[start:], width)]
        cut = line.rfind(" ", start + 1, end + 1)
        cut = end if cut <= start or not line[start:cut].strip() else cut
        lines.append(clip(line[start:cut].rstrip(" "), width))
        start = cut + 1 if line[cut : cut + 1] == " " else cut


def _reach(line: str, start: int, width: int) -> int:
    """Find where the columns end; at least one character further than ``start``."""
    if line.isascii():
        return min(len(line), start + width)
    used = 0
    for index in range(start, len(line)):
        used += cell(line[index])
        if used > width:
            return max(index, start + 1)
    return len(line)


def clip(line: str, width: int) -> str:
    """Cut a line at ``width`` columns; style codes stay, so that a style opened is closed."""
    if width_of(line) <= width:
        return line
    kept, used, full = "", 0, False
    for part in re.split("(\x1b\\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            kept += part
            continue
        for char in part:
            used += cell(char)
            full = full or used > width
            kept += "" if full else char
    return kept

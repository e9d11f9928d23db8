"""Words into tmux's command language and fields out of its listings, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(rb"[A-Za-z0-9_-]+")
_SAFE_INSIDE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 /._:@,=+%-",
)
_FIELD = re.compile(rb"((?:[^\\ ]|\\[\s\S])*) ")
_ESCAPE = re.compile(rb"\\([0-7]{3}|[\s\S])")
_NAMED = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"s": b" ",
    b"t": b"\t",
    b"v": b"\v",
}


def quote(word: str) -> str:
    r"""Write a word so that tmux's parser gives back exactly its bytes.

    Everything unusual becomes an octal escape: inside quotes tmux still expands ``~`` and ``$`` and
    drops spaces and comments that follow a newline.

    Args:
        word: Any text without NUL; undecodable bytes are surrogate escapes.

    Returns:
        The word as it stands in a command line of tmux; pure ASCII, one line.
    """
    raw = word.encode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(raw):
        return word
    return '"' + "".join(chr(b) if b in _SAFE_INSIDE else f"\\{b:03o}" for b in raw) + '"'


def line(*commands: Sequence[str]) -> str:
    """Write commands as one line: one that fails drops what follows it, up to the end of the line.

    Args:
        commands: Each a command's name and arguments.

    Returns:
        The line, newline included.
    """
    return " ; ".join(" ".join(map(quote, command)) for command in commands) + "\n"


def literal(text: str) -> str:
    """Protect a text where tmux expands formats, such as the directory of a new session."""
    return text.replace("#", "##")


def row(names: Sequence[str]) -> str:
    """Give the format whose listing :func:`rows` can read back, whatever the values hold.

    Args:
        names: Names of format variables or options; the first never holds a newline.

    Returns:
        A format for ``-F``.
    """
    return "".join(f"#{{q:{name}}} " for name in names)


def rows(listing: bytes, width: int) -> list[list[bytes]]:
    """Read a listing made with :func:`row`.

    Args:
        listing: What tmux printed.
        width: How many fields a row has.

    Returns:
        The rows, each a list of ``width`` values.
    """
    # From 3.3 on tmux prints control characters as escapes, before that raw: hence a newline
    # does not end a row, but the count of fields does.
    fields = [_plain(match) for match in _FIELD.findall(listing)]
    table = [fields[at : at + width] for at in range(0, len(fields), width)]
    for entry in table:
        entry[0] = entry[0].lstrip(b"\n")
    return table


def _plain(field: bytes) -> bytes:
    return _ESCAPE.sub(_unescape, field)


def _unescape(match: re.Match[bytes]) -> bytes:
    found = match.group(1)
    return bytes([int(found, 8) & 255]) if len(found) == 3 else _NAMED.get(found, found)

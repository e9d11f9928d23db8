"""On which line of a TOML text each key, table and array element stands.

The parser gives values without places. This scanner gives places without judging: it is run on
texts that the parser took, and on any other text it gives what it can.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping

from .problems import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_LINE = re.compile(r"[^\n]*")
_BARE_KEY = re.compile(r"[^\s.=\[\]{}\"'#,]+")
_BARE_VALUE = re.compile(r"[^,\]}#\r\n]*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Return the line of every key, table and array element of a TOML text.

    Args:
        text: The document.

    Returns:
        Line numbers from 1, by path. A table stands where its header is; one without a header, or
        an array of tables, where it is first mentioned.
    """
    scanner = _Scanner(text)
    try:
        scanner.document()
    except RecursionError:
        # Nested deeper than anybody writes: what was found until here is all there is.
        return scanner.lines
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.table: KeyPath = ()
        self.last: dict[KeyPath, int] = {}
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> None:
        self.skip(_BLANK)
        while self.at < len(self.text):
            before = self.at
            if self.peek("["):
                self.header()
            else:
                self.pair(self.table)
            self.skip(_LINE)
            self.skip(_BLANK)
            self.at += self.at == before

    def header(self) -> None:
        line, many = self.line(), self.peek("[[")
        self.at += 2 if many else 1
        path: KeyPath = ()
        for key in self.key():
            path = (*self.inside(path), key)
            self.lines.setdefault(path, line)
        if many:
            self.last[path] = self.last.get(path, -1) + 1
            path = (*path, self.last[path])
        self.lines[path] = line
        self.table = path

    def inside(self, path: KeyPath) -> KeyPath:
        """Return the table that a header's next key belongs to: the last one of an array."""
        return (*path, self.last[path]) if path in self.last else path

    def pair(self, table: KeyPath) -> None:
        line = self.line()
        path = table
        for key in self.key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.at += self.peek("=")
        self.value(path)

    def key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self.skip(_SPACE)
            part = self.string() if self.peek('"', "'") else self.skip(_BARE_KEY)
            if not part:
                return parts
            parts.append(_plain(part))
            self.skip(_SPACE)
            if not self.peek("."):
                return parts
            self.at += 1

    def value(self, path: KeyPath) -> None:
        self.skip(_SPACE)
        if self.peek('"', "'"):
            self.string()
        elif self.peek("["):
            self.array(path)
        elif self.peek("{"):
            self.inline(path)
        else:
            self.skip(_BARE_VALUE)

    def array(self, path: KeyPath) -> None:
        index = 0
        while self.more("]"):
            place = (*path, index)
            self.lines.setdefault(place, self.line())
            self.value(place)
            index += 1

    def inline(self, path: KeyPath) -> None:
        while self.more("}"):
            self.pair(path)

    def more(self, close: str) -> bool:
        """Step over an opening bracket or a comma; return whether an item follows."""
        self.skip(_BLANK)
        if not self.peek(close):
            self.at += 1
            self.skip(_BLANK)
        ended = self.peek(close)
        self.at += ended
        return not ended and self.at < len(self.text)

    def string(self) -> str:
        for pattern in _STRINGS:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return match.group()
        return self.skip(_LINE)

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match.group() if match else ""

    def peek(self, *starts: str) -> bool:
        return self.text.startswith(starts, self.at)

    def line(self) -> int:
        return bisect_left(self.ends, self.at) + 1


def _plain(part: str) -> str:
    if part[0] not in "\"'":
        return part
    import tomli

    try:
        return str(tomli.loads(f"key = {part}")["key"])
    except ValueError:
        return part.strip("\"'")

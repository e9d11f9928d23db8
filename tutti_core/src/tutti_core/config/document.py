"""A TOML file that was read: its values, the line of each, or why it is not TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core.errors import ConfigError

from .positions import lines_of
from .problems import Fault, KeyPath, Problem, shown

_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class Document(NamedTuple):
    """A file's content.

    Attributes:
        file: The file, as people write it.
        data: Its values; empty if it is not TOML.
        lines: The line of each path.
        problems: Why it is not TOML, if it is not.
    """

    file: str
    data: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    problems: tuple[Problem, ...] = ()

    def place(self, faults: Iterable[Fault]) -> list[Problem]:
        """Return faults of this document as problems with lines, in the file's order."""
        problems = (
            Problem(self.file, self._line(one.path), shown(one.path), one.message, one.remedy)
            for one in dict.fromkeys(faults)
        )
        return sorted(problems, key=lambda problem: problem.line)

    def _line(self, path: KeyPath) -> int:
        """Return the line of a path, or of what is nearest around it."""
        starts = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[start] for start in starts if start in self.lines), 1)


def read(path: Path, file: str) -> Document | None:
    """Read a TOML file.

    Args:
        path: Where it is.
        file: What to call it in messages.

    Returns:
        Its content, or None if it is not there.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read: {error.strerror}", hint=f"look at what {path} is, and whose"
        ) from error
    return parse(raw, file)


def parse(raw: bytes, file: str) -> Document:
    """Read the bytes of a TOML file.

    Args:
        raw: The content.
        file: What to call it in messages.
    """
    import tomli

    try:
        text = raw.decode("utf-8-sig")
        return Document(file, tomli.loads(text), lines_of(text))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _broken(file, line, "is not UTF-8", "save the file as UTF-8")
    except RecursionError:
        return _broken(file, 1, "is nested too deeply", "use fewer brackets within brackets")
    except ValueError as error:
        message, line = _said(str(error), raw)
        return _broken(file, line, f"is not TOML: {message}", "mend what stands there")


def _broken(file: str, line: int, message: str, remedy: str) -> Document:
    return Document(file, {}, {}, (Problem(file, line, "", message, remedy),))


def _said(message: str, raw: bytes) -> tuple[str, int]:
    """Split the parser's message into what is wrong and on which line."""
    found = _LINE.search(message)
    if found:
        return message[: found.start()], int(found.group(1))
    short = message.removesuffix(" (at end of document)")
    return short, 1 if short == message else len(raw.splitlines())

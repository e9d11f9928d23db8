"""What can be wrong with a configuration: where, what, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from tutti_core.errors import ConfigError

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(r"\[(\d+)\]|\"((?:[^\"\\]|\\.)*)\"|([^.\[\]\"]+)")


class Fault(NamedTuple):
    """Something wrong in a document, before its line is known.

    Attributes:
        path: Keys and indexes that lead to the place.
        message: What was found and what was wanted.
        remedy: What to do about it; empty when the message says it.
    """

    path: KeyPath
    message: str
    remedy: str = ""


class Problem(NamedTuple):
    """Something wrong in a file.

    Attributes:
        file: The file, as people write it.
        line: The line, from 1.
        path: The place as the file has it, such as `agent[0].runtime`; empty for the whole file.
        message: What was found and what was wanted.
        remedy: What to do about it; empty when the message says it.
    """

    file: str
    line: int
    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the problem as one line, place first."""
        place = f"{self.file}:{self.line}"
        return f"{place} {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigProblems(ConfigError):
    """Everything that is wrong with a configuration.

    Args:
        problems: At least one problem.

    Attributes:
        problems: All of them, by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Make the first problem the message, and say how many more there are."""
        self.problems = tuple(problems)
        first, more = self.problems[0], len(self.problems) - 1
        rest = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
        super().__init__(f"{first}{rest}", hint=first.remedy)

    @property
    def report(self) -> str:
        """Every problem on a line of its own, with its remedy on the next one."""
        lines = []
        for problem in self.problems:
            lines.append(str(problem))
            if problem.remedy:
                lines.append(f"  hint: {problem.remedy}")
        return "\n".join(lines)


def shown(path: KeyPath) -> str:
    """Return a path as the file has it, such as `agent[0].runtime`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _BARE.fullmatch(step) else quoted(step)
            text += f".{key}" if text else key
    return text


def parsed(text: str) -> KeyPath:
    """Return the path that a text such as `agent[0].runtime` shows."""
    path: list[str | int] = []
    for index, key, bare in _STEP.findall(text):
        path.append(int(index) if index else json.loads(f'"{key}"') if key else bare)
    return tuple(path)


def quoted(text: str) -> str:
    """Return a text in quotes, on one line, cut when it is long."""
    clipped = text if len(text) <= 60 else text[:57] + "..."
    return json.dumps(clipped, ensure_ascii=False)


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return a remedy for a word that is none of the choices.

    Args:
        word: What was written.
        choices: What could have been.

    Returns:
        The nearest choice as a question, or all of them, or nothing if there are none.
    """
    known = sorted(set(choices))
    folded = {one.lower().replace("-", "_"): one for one in known}
    near = get_close_matches(word.lower().replace("-", "_"), folded, n=1)
    if near:
        return f"did you mean {quoted(folded[near[0]])}?"
    return f"known here: {', '.join(known)}" if known else ""

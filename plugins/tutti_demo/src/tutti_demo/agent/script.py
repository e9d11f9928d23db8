"""The language of prompts: ``[[directives]]`` that say what the agent does, in order.

Text outside the double brackets is only there for the reader. A prompt with no directive is an
ordinary one, and gets an ordinary turn.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Each directive with the number of words that are its own arguments before the rest of the text.
KNOWN = {
    "say": 0,
    "slow": 1,
    "think": 1,
    "write": 1,
    "append": 1,
    "bash": 0,
    "commit": 0,
    "ask": 0,
    "http": 2,
    "limit": 0,
    "menu": 0,
    "retry": 1,
    "unreachable": 0,
    "exit": 1,
    "crash": 0,
    "hang": 0,
    "spawn": 1,
    "context": 1,
    "prose": 0,
}
_NUMBERS = {"slow", "think", "http", "retry", "exit", "spawn", "context"}
_NEEDED = {"say", "write", "append", "bash", "commit", "ask", "limit"}
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")


class Directive(NamedTuple):
    """One thing to do.

    Attributes:
        name: A name in `KNOWN`, or ``wrong``.
        args: The words that belong to it; for ``ask`` the choices; for ``wrong`` none.
        text: The rest: what to say, write, run or ask; for ``wrong`` the reason.
    """

    name: str
    args: tuple[str, ...] = ()
    text: str = ""

    def number(self, index: int = 0, default: float = 1) -> float:
        """Return an argument as a number, or ``default`` when it was not given."""
        return float(self.args[index]) if index < len(self.args) else default

    def count(self, index: int = 0, default: int = 1) -> int:
        """Return an argument as a whole number, or ``default`` when it was not given."""
        return int(self.number(index, default))


def parse(prompt: str) -> list[Directive]:
    """Read the directives of a prompt.

    Args:
        prompt: Any text. Inner double brackets belong to the directive: ``[[bash [[ -f x ]]]]``.

    Returns:
        The directives in order. One that is misspelt or lacks something comes as ``wrong`` with
        the reason, so that it can be shown; brackets that are never closed are text.
    """
    return [_directive(body) for body in _bodies(prompt)]


def _bodies(prompt: str) -> list[str]:
    bodies: list[str] = []
    depth = start = 0
    for mark in re.finditer(r"\[\[|\]\]", prompt):
        if mark.group() == "[[":
            start = mark.end() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                bodies.append(prompt[start : mark.start()])
    return bodies


def _directive(body: str) -> Directive:
    name, _, rest = body.strip().partition(" ")
    if name not in KNOWN:
        return Directive("wrong", (), f"I know no directive [[{name}]] and took it for text")
    if name == "ask":
        question, *choices = (part.strip() for part in rest.split("|"))
        return _checked(Directive(name, tuple(filter(None, choices)), question))
    words = rest.split(None, KNOWN[name])
    args = tuple(words[: KNOWN[name]])
    text = words[-1] if len(words) > KNOWN[name] else ""
    return _checked(Directive(name, args, text if KNOWN[name] else rest.strip()))


def _checked(found: Directive) -> Directive:
    if found.name in _NEEDED and not (found.text or found.args):
        return Directive("wrong", (), f"[[{found.name}]] needs something after its name")
    bad = [word for word in found.args if not _NUMBER.fullmatch(word)]
    if found.name in _NUMBERS and bad:
        return Directive("wrong", (), f"[[{found.name}]] wants a number, not {bad[0]!r}")
    if found.name == "ask" and not found.args:
        return found._replace(args=("Yes", "No"))
    return found


def unescape(text: str) -> str:
    r"""Turn ``\n`` and ``\t`` of a one-line directive into the characters they stand for."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def entries(text: str, as_json: bool) -> list[str]:
    """Read a script file: what to do at each successive prompt, whatever the prompt says.

    Args:
        text: A JSON list of strings, or lines; empty ones and those after a ``#`` are left out.
        as_json: Whether it is the JSON form.

    Returns:
        One entry a prompt; ``-`` leaves that prompt to itself.

    Raises:
        ValueError: The JSON is not a list of strings.
    """
    if not as_json:
        return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    import json

    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise ValueError("expected a JSON list of strings")
    return found

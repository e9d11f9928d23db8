"""The language of prompts: ``[[directives]]`` that say what the agent does, in order.

Text outside the double brackets is only there for the reader. A prompt with no directive is an
ordinary one, and gets an ordinary turn.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Each directive with what follows its name; what is in brackets may be left out.
KNOWN = {
    "say": "TEXT",
    "slow": "N",
    "think": "S",
    "prose": "",
    "context": "PCT",
    "ask": "QUESTION|A|B",
    "menu": "",
    "write": "PATH TEXT",
    "append": "PATH TEXT",
    "bash": "CMD",
    "commit": "MESSAGE",
    "spawn": "N",
    "http": "CODE [RETRY_AFTER]",
    "limit": "RESET",
    "retry": "N",
    "unreachable": "",
    "exit": "[CODE]",
    "crash": "",
    "hang": "",
}
#: An ordinary prompt that asks for a file in these words gets one, so that workflows written for
#: real agents can be tried with this one.
_JSON = re.compile(r"\bas JSON to ([\w./-]+\.json)\b")
_ANSWER = (
    '{"title": "As it was asked", "steps": [], "files": [], "verdict": "approve", "remarks": []}'
)
_NUMBERS = {"N", "S", "PCT", "CODE", "RETRY_AFTER"}
_WORDS = {*_NUMBERS, "PATH"}
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
        the reason, so that it can be shown; brackets that are never closed are text. Without any,
        a prompt that asks for something "as JSON to FILE.json" has it written.
    """
    found = [_directive(body) for body in _bodies(prompt)]
    asked = None if found else _JSON.search(prompt)
    return [Directive("write", (asked[1],), _ANSWER)] if asked else found


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
    wanted = [part for part in KNOWN[name].split() if part.strip("[]") in _WORDS]
    words = rest.strip().split(None, len(wanted))
    text = "".join(words[len(wanted) :])
    return _checked(Directive(name, tuple(words[: len(wanted)]), text))


def _checked(found: Directive) -> Directive:
    parts = KNOWN[found.name].split()
    given = [*found.args, *filter(None, [found.text])]
    if found.name != "ask" and len(given) < sum("[" not in part for part in parts):
        return Directive("wrong", (), f"It is written {usage(found.name)}")
    for part, word in zip(parts, found.args, strict=False):
        if part.strip("[]") in _NUMBERS and not _NUMBER.fullmatch(word):
            return Directive("wrong", (), f"[[{found.name}]] wants a number, not {word!r}")
    if found.name == "ask" and not found.args:
        return found._replace(args=("Yes", "No"))
    return found


def usage(name: str) -> str:
    """Return how a directive is written."""
    return f"[[{f'{name} {KNOWN[name]}'.strip()}]]"


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

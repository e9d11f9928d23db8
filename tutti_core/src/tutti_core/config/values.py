"""What a TOML value is called, and what to write instead of a wrong one."""

from __future__ import annotations

import math
from typing import Any

from .problems import quoted, suggestion

LONGEST = 63
"""Bits of a TOML integer, its sign left out."""


class MismatchError(Exception):
    """A value that is not what was wanted.

    Attributes:
        message: What was found and what was wanted.
        remedy: What to write instead; empty when the message says it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        """Say what is wrong with the value."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def described(value: Any) -> str:
    """Return a value in words, short enough for one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, int) and value.bit_length() > LONGEST:
        return "a number of more than 64 bits"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, list):
        return "an array of tables" if _tables(value) else "an array"
    return "a table" if isinstance(value, dict) else "a date or time"


def text(value: Any) -> str:
    """Return a string that a program can be given.

    Raises:
        MismatchError: If it is anything else.
    """
    if not isinstance(value, str):
        plain = isinstance(value, (bool, int, float))
        remedy = f'write it in quotes: "{described(value).split()[-1]}"' if plain else ""
        raise wanted("a text", value, remedy)
    if "\0" in value:
        raise MismatchError("holds a NUL character, which no program can be given", "remove it")
    return value


def whole(value: Any) -> int:
    """Return a whole number.

    Raises:
        MismatchError: If it is anything else, true and false included.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise wanted("a whole number", value, _unquoted(value, int))
    if value.bit_length() > LONGEST:
        raise wanted("a whole number of at most 64 bits", value)
    return value


def number(value: Any) -> float:
    """Return a number; a whole one is taken too.

    Raises:
        MismatchError: If it is anything else, or infinite, or not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wanted("a number", value, _unquoted(value, float))
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise wanted("a finite number", value)
    return found


def truth(value: Any) -> bool:
    """Return true or false.

    Raises:
        MismatchError: If it is anything else.
    """
    if not isinstance(value, bool):
        word = str(value).lower()
        remedy = f"write it without quotes: {word}" if word in ("true", "false") else ""
        raise wanted("true or false", value, remedy)
    return value


def choice(value: Any, choices: tuple[Any, ...]) -> Any:
    """Return a value that is one of the choices, of the same type.

    Raises:
        MismatchError: If it is none of them.
    """
    if any(type(one) is type(value) and one == value for one in choices):
        return value
    listed = ", ".join(quoted(one) if isinstance(one, str) else str(one) for one in choices)
    near = suggestion(value, map(str, choices)) if isinstance(value, str) else ""
    raise wanted(f"one of {listed}", value, near if near.startswith("did") else "")


def array(value: Any) -> list[Any]:
    """Return an array.

    Raises:
        MismatchError: If it is anything else.
    """
    if not isinstance(value, list):
        raise wanted("an array", value, "write it in brackets: [ ... ]")
    return value


def table(value: Any) -> dict[str, Any]:
    """Return a table.

    Raises:
        MismatchError: If it is anything else.
    """
    if not isinstance(value, dict):
        raise wanted("a table", value)
    return value


def wanted(what: str, value: Any, remedy: str = "") -> MismatchError:
    """Return the error that says what was wanted and what was found."""
    return MismatchError(f"expected {what}, found {described(value)}", remedy)


def _unquoted(value: Any, kind: type[int | float]) -> str:
    if not isinstance(value, str):
        return ""
    try:
        kind(value)
    except ValueError:
        return ""
    return f"write it without quotes: {value.strip()}"


def _tables(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)

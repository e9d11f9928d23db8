"""The rules of a declaration as the text of a rule file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutti_core.errors import ConfigError

from .declaration import Declaration
from .screens import rules_for


def text_of(said: Declaration, folder: Path) -> str:
    """Return the rule file of a declaration; empty if it has no rules.

    One that has none of its own is read by those that are known for its name, if any are.

    Args:
        said: The declaration.
        folder: Where the file that holds it lies.

    Raises:
        ConfigError: If its `rules_file` cannot be read or leads out of the folder.
    """
    if said.rules_file:
        return _read(said, folder)
    return written(said.parts) if said.parts else rules_for(said.name)


def written(parts: Mapping[str, Any]) -> str:
    """Return parts of a rule file as TOML, one part a line."""
    return "".join(f"{_text(part)} = {_value(value)}\n" for part, value in parts.items())


def _read(said: Declaration, folder: Path) -> str:
    path = (folder / said.rules_file).resolve()
    what = f"rules_file of runtime {said.name!r}"
    if not path.is_relative_to(folder.resolve()):
        raise ConfigError(f"{what} leads out of {folder}: {path}", hint="put a file below it")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{what} cannot be read: {path}: {reason}") from error


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    # JSON's way to write a text is TOML's too, but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

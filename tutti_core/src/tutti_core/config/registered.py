"""The workspaces in the user's own file: one wrong entry hides no other.

On the path of ``tt status --all``; what changes the registry is in `registering`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tutti_core.errors import ConfigError

from .find import global_path, shown
from .problems import ConfigProblems, KeyPath, quoted

REGISTRY = "registered_workspace"


class Entry(NamedTuple):
    """One entry of the registry.

    Attributes:
        number: Its place in the registry, from 0.
        name: Its name; empty if it has none that can be used.
        path: Absolute path of the workspace without symbolic links; empty if there is none.
        line: The line it begins on; 0 if that is not known.
        fault: Why it leads nowhere; empty if it leads somewhere.
    """

    number: int
    name: str
    path: str
    line: int = 0
    fault: str = ""


def entries() -> list[Entry]:
    """Return the entries of the registry, in the order of the file.

    Raises:
        ConfigProblems: If the user's own file is not TOML.
        ConfigError: If it cannot be read, or its registry is none.
    """
    from .document import read

    path = global_path()
    document = read(path, shown(path))
    if document is None:
        return []
    if document.problems:
        raise ConfigProblems(document.problems)
    return entries_of(document.data, document.lines)


def entries_of(data: Mapping[str, Any], lines: Mapping[KeyPath, int] | None = None) -> list[Entry]:
    """Return the entries of a registry.

    Args:
        data: The values of the user's own file.
        lines: The line of each path of it.

    Raises:
        ConfigError: If what stands there is no registry.
    """
    found = data.get(REGISTRY, [])
    if not isinstance(found, list):
        raise ConfigError(
            f"{shown(global_path())}: {REGISTRY} is no array of tables",
            hint=f"write it as [[{REGISTRY}]]",
        )
    known = lines or {}
    return [_entry(index, one, known.get((REGISTRY, index), 0)) for index, one in enumerate(found)]


def _entry(index: int, one: Any, line: int) -> Entry:
    if not isinstance(one, dict):
        return Entry(index, "", "", line, "is no table")
    name, path = one.get("name"), one.get("path")
    named = name if isinstance(name, str) else ""
    if not isinstance(path, str) or not path:
        return Entry(index, named, "", line, "has no path")
    if not os.path.isabs(path):
        return Entry(index, named, "", line, f"its path {quoted(path)} is not absolute")
    try:
        real = os.path.realpath(path)
    except (OSError, ValueError) as error:
        return Entry(index, named, "", line, f"its path {quoted(path)} is none: {error}")
    return Entry(index, named, real, line, "" if named else "has no name")

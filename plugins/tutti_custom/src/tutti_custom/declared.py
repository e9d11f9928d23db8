"""From the tables of the two files to runtimes; the workspace's own come first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tutti_core import convert, global_path

from .declaration import Declaration
from .runtime import Declared
from .words import split

FILE = "tutti.toml"


def declared(
    tables: Mapping[str, Any], settings: Mapping[str, Any], root: Path | None
) -> list[Declared]:
    """Return the runtimes that the files declare; of two with one name the first.

    Args:
        tables: The workspace's tables.
        settings: The global file's.
        root: The workspace, or None.
    """
    found: dict[str, Declared] = {}
    for data, file in ((tables, (root or Path.cwd()) / FILE), (settings, global_path())):
        for said in _declarations(data.get("runtime")):
            found.setdefault(said.name, Declared(said, file))
    return list(found.values())


def _declarations(data: Any) -> Iterator[Declaration]:
    for one in data if isinstance(data, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name:
            said, faults = convert(one, Declaration)
            # What is wrong with it is said where the file is checked: an agent that names it
            # need not be told on top of that.
            yield Declaration(name, (name,)) if faults or not _usable(said) else said


def _usable(said: Declaration) -> bool:
    try:
        return bool(split(said.command))
    except ValueError:
        return False

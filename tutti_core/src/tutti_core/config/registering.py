"""Changes the registry of workspaces in the user's own file, keeping what others wrote there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from tutti_core.errors import ConfigError

from .document import parse
from .edit import appended, changed, edit_text
from .find import global_path, shown
from .positions import lines_of
from .registered import REGISTRY, Entry, entries_of


def register_workspace(name: str, path: Path) -> bool:
    """Note a workspace in the global file, once for each path.

    Args:
        name: Its name.
        path: Its root.

    Returns:
        Whether the file had to be changed.

    Raises:
        ConfigError: As `edit_global`.
        StateError: As `edit_global`.
    """
    root = str(path.resolve())
    return edit_text(lambda text: _registered(text, name, root))


def unregister_workspaces(chosen: Callable[[Sequence[Entry]], Collection[Entry]]) -> list[Entry]:
    """Take workspaces out of the global file; nothing else is touched.

    The comments of an entry go with it, those below and above it stay.

    Args:
        chosen: Is given the entries there are, while nobody else changes them, and returns those
            to take out.

    Returns:
        The entries that were taken out.

    Raises:
        ConfigError: As `edit_global`.
        StateError: As `edit_global`.
    """
    taken: list[Entry] = []

    def change(text: str) -> str | None:
        import tomli

        taken[:] = chosen(entries_of(tomli.loads(text), lines_of(text)))
        for index in sorted({one.number for one in taken}, reverse=True):
            text = _without(text, index)
        return text if taken else None

    edit_text(change)
    return taken


def _registered(text: str, name: str, root: str) -> str | None:
    """Return the text with a workspace in it; None if it is there already."""
    import tomli
    import tomlkit

    data = tomli.loads(text)
    entry = {"name": name, "path": _writable(root)}
    found = data.get(REGISTRY)
    for one in entries_of(data) if isinstance(found, list) else ():
        if one.path == root:
            return None if one.name == name else _renamed(text, one.number, name)
    lines = [f"{key} = {tomlkit.item(value).as_string()}" for key, value in entry.items()]
    new = appended(text, "\n".join([f"[[{REGISTRY}]]", *lines]))
    if isinstance(found, list) and parse(new.encode(), REGISTRY).problems:
        # The registry is written as one array in brackets, to which no header can add.
        return changed(text, lambda document: document[REGISTRY].append(entry))
    return new


def _renamed(text: str, index: int, name: str) -> str | None:
    def rename(document: Any) -> None:
        document[REGISTRY][index]["name"] = name

    return changed(text, rename)


def _without(text: str, index: int) -> str:
    """Return the text without one entry.

    Raises:
        ConfigError: If nothing but the entry can not be taken out.
    """
    import tomli

    wanted = tomli.loads(text)
    del wanted[REGISTRY][index]
    new = _cut(text, index)
    data = parse(new.encode(), REGISTRY).data if new is not None else {}
    if new is None or not _same(data, wanted):
        new = _taken_out(text, index)
    if new is None or not _same(tomli.loads(new), wanted):
        raise ConfigError(
            f"entry {index + 1} of {REGISTRY} cannot be taken out of {shown(global_path())} as it "
            "is written",
            hint="take it out by hand",
        )
    return new


def _same(data: Any, wanted: Any) -> bool:
    """Return whether two files say the same; no registry is as good as an empty one."""
    return bool({REGISTRY: [], **data} == {REGISTRY: [], **wanted})


def _cut(text: str, index: int) -> str | None:
    """Cut the lines of an entry that has a header of its own out of the text, as they stand."""
    lines = lines_of(text)
    own = (REGISTRY, index)
    start = lines.get(own, 0) - 1
    rows = re.split(r"(?<=\n)", text)
    if start < 0 or not rows[start].lstrip().startswith("[["):
        return None
    after = [line - 1 for path, line in lines.items() if line - 1 > start and path[:2] != own]
    end = min(after, default=len(rows))
    while end > start + 1 and _is_remark(rows[end - 1]):
        end -= 1
    above, below = rows[:start], rows[end:]
    if above and below and not above[-1].strip() and not below[0].strip():
        below = below[1:]
    return "".join([*above, *below])


def _is_remark(row: str) -> bool:
    return not row.strip() or row.lstrip().startswith("#")


def _taken_out(text: str, index: int) -> str | None:
    """Take an entry out of an array in brackets."""

    def remove(document: Any) -> None:
        del document[REGISTRY][index]

    try:
        return changed(text, remove)
    except ConfigError:
        return None


def _writable(root: str) -> str:
    try:
        root.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"the path {os.fsencode(root)!r} is not UTF-8, and TOML cannot hold it",
            hint="rename the folder",
        ) from error
    return root

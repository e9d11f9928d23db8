"""Keeps a checked configuration in plain JSON, for commands that only read.

What is kept is the caller's choice. It counts only while nothing it was made from has changed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zlib import crc32

from tutti_core.version import VERSION

from .find import FILE, global_path

FORMAT = 4
"""Raised whenever an older version's file must not be read."""

Stamp = list[Any]


def cache_path(root: Path) -> Path:
    """Return where a workspace's compiled configuration is kept."""
    return root / ".tutti" / "state" / "cache" / "arrangement.json"


def stamp_of(root: Path) -> Stamp:
    """Return what tells the two files as they are from the same files changed.

    Take it before the files are loaded: a change during the load then counts as one after it.

    Args:
        root: The workspace.
    """
    return [stamp_of_file(path) for path in (root / FILE, global_path())]


def read_compiled(root: Path, plugins_key: str) -> dict[str, Any] | None:
    """Return what was kept for a workspace.

    Args:
        root: The workspace.
        plugins_key: What tells the set of plugins from any other.

    Returns:
        The kept value; None if there is none, or anything it was made from has changed.
    """
    kept = _read(root)
    if kept is None or kept["key"] != _key(root, plugins_key, stamp_of(root)):
        return None
    data: dict[str, Any] = kept["data"]
    return data


def read_last(root: Path) -> dict[str, Any] | None:
    """Return what this version kept last for a workspace, though its files may have changed.

    Args:
        root: The workspace.
    """
    kept = _read(root)
    if kept is None or kept["key"][:2] != [FORMAT, VERSION]:
        return None
    data: dict[str, Any] = kept["data"]
    return data


def _read(root: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(cache_path(root).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(kept, dict) and isinstance(kept.get("key"), list)
    return kept if whole and isinstance(kept.get("data"), dict) else None


def write_compiled(
    root: Path, plugins_key: str, data: dict[str, Any], *, stamp: Stamp | None = None
) -> bool:
    """Keep a value for a workspace.

    Args:
        root: The workspace.
        plugins_key: What tells the set of plugins from any other.
        data: Values that JSON can hold.
        stamp: What `stamp_of` gave before the files were loaded; None means now.

    Returns:
        Whether it was kept: where nothing can be written, commands are slower and no worse.
    """
    from tutti_core.errors import StateError
    from tutti_core.state.files import write_atomic

    key = _key(root, plugins_key, stamp_of(root) if stamp is None else stamp)
    text = json.dumps({"key": key, "data": data}, separators=(",", ":"))
    try:
        write_atomic(cache_path(root), text.encode())
    except (OSError, StateError):
        return False
    return True


def _key(root: Path, plugins_key: str, stamp: Stamp) -> list[Any]:
    return [FORMAT, VERSION, plugins_key, str(root.resolve()), str(global_path()), stamp]


def stamp_of_file(path: Path) -> list[int] | None:
    """Return what tells a file as it is from the same file changed; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            # Two changes within one tick of the clock can leave time and size as they were.
            return [about.st_mtime_ns, about.st_size, crc32(file.read())]
    except OSError:
        return None

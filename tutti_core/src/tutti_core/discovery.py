"""Finds the installed plugins, cheaply: a cache that knows when it is out of date.

Importing ``importlib.metadata`` costs more than most commands of ``tt`` may take, so what it finds
is kept in a file together with the times of everything it depends on.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from .errors import StateError

GROUP = "tutti"
FORMAT = 1


class Entry(NamedTuple):
    """An installed plugin as its distribution declares it.

    Attributes:
        name: The entry point's name.
        module: The module it names.
        distribution: The distribution that declares it.
        version: That distribution's version.
    """

    name: str
    module: str
    distribution: str
    version: str


def switched_off() -> frozenset[str]:
    """Return the plugins that ``TUTTI_DISABLE_PLUGINS`` names; none inside an agent's own pane.

    The core is not one of them: nothing could be said or done without it.
    """
    if os.environ.get("TUTTI_AGENT"):
        return frozenset()
    words = os.environ.get("TUTTI_DISABLE_PLUGINS", "").split(",")
    return frozenset(word.strip() for word in words if word.strip()) - {"core"}


def cache_path() -> Path:
    """Return where the list of plugins is kept, one file per environment."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    place = f"{sys.prefix}|{sys.version_info[:2]}|{os.pathsep.join(sys.path)}"
    digest = f"{_checksum(place):08x}"
    return Path(base) / "tutti" / f"plugins-{digest}.json"


def stamp(path: str) -> int:
    """Return a file's time of change in nanoseconds; 0 if it is not there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def read_cache() -> dict[str, Any] | None:
    """Return the kept list, or None when it is missing or anything it depends on has changed."""
    try:
        kept = json.loads(cache_path().read_bytes())
        sound = kept["format"] == FORMAT and kept["path"] == sys.path
        fresh = sound and all(stamp(path) == then for path, then in kept["stamps"].items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return kept if fresh else None


def write_cache(entries: list[Entry], commands: list[dict[str, Any]], watched: list[str]) -> None:
    """Keep the list; an unwritable cache folder only costs time later.

    Args:
        entries: The plugins found.
        commands: Their commands, as plain values.
        watched: Further files whose change makes the list stale, such as editable sources.
    """
    from .state.files import write_atomic

    places = [place or os.getcwd() for place in sys.path] + watched
    kept = {
        "format": FORMAT,
        "path": sys.path,
        "stamps": {place: stamp(place) for place in places},
        "entries": [list(entry) for entry in entries],
        "commands": commands,
    }
    try:
        write_atomic(cache_path(), json.dumps(kept).encode())
    except StateError:
        return


def forget_cache() -> None:
    """Drop the kept list, so that the next command looks again."""
    cache_path().unlink(missing_ok=True)


def scan() -> tuple[list[Entry], list[str]]:
    """Ask the installed distributions for their plugins.

    Returns:
        The plugins, sorted by name, and the metadata files they came from. Two distributions may
        give one name; a distribution that lies on the path twice is the one that is imported.
    """
    from importlib.metadata import distributions

    found: dict[tuple[str, str], Entry] = {}
    files: list[str] = []
    for dist in distributions():
        ours = [point for point in dist.entry_points if point.group == GROUP]
        for point in ours:
            owner = dist.metadata["Name"] or "unknown"
            key = (point.name, re.sub(r"[-_.]+", "-", owner).lower())
            found.setdefault(key, Entry(point.name, point.value, owner, dist.version))
        folder = getattr(dist, "_path", None)
        if ours and folder is not None:
            files.append(str(Path(folder) / "entry_points.txt"))
    return sorted(found.values()), files


def plugins_key(kept: dict[str, Any]) -> str:
    """Return what the compiled configuration depends on: the plugins and how they were changed."""
    parts = [kept["entries"], sorted(kept["stamps"].items()), sorted(switched_off())]
    return f"{_checksum(json.dumps(parts)):08x}"


def _checksum(text: str) -> int:
    from zlib import crc32

    return crc32(text.encode())

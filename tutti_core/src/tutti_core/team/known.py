"""The registered workspaces as they are found: each place once, with what is wrong with it.

On the path of ``tt status --all``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..config.find import FILE, global_path, shown
from ..config.registered import Entry, entries
from ..errors import ConfigError


class Known(NamedTuple):
    """A registered workspace.

    Attributes:
        entry: Its entry in the user's own file.
        problem: Why nothing can be done there; empty if something can.
        hint: What to do about that.
        gone: Whether its folder is not there any more.
    """

    entry: Entry
    problem: str = ""
    hint: str = ""
    gone: bool = False

    @property
    def name(self) -> str:
        """Its name; its place in the registry if it has none."""
        return self.entry.name or f"entry {self.entry.number + 1}"

    @property
    def root(self) -> Path:
        """Its root, as far as it has one."""
        return Path(self.entry.path)

    @property
    def error(self) -> ConfigError | None:
        """What is wrong with it, as an error."""
        return ConfigError(self.problem, hint=self.hint) if self.problem else None


def known() -> list[Known]:
    """Return the registered workspaces, in the order of the user's own file.

    Raises:
        ConfigError: If that file cannot be read.
    """
    return known_of(entries())


def known_of(found: Sequence[Entry]) -> list[Known]:
    """Return the workspaces that some entries lead to; of a place that is there twice the first.

    Args:
        found: The entries.
    """
    first: dict[str, Entry] = {}
    for entry in found:
        first.setdefault(entry.path or f"entry {entry.number}", entry)
    return [_known(entry) for entry in first.values()]


def labels(workspaces: Sequence[Known]) -> list[str]:
    """Return what to call workspaces beside each other: those of one name with their paths.

    Args:
        workspaces: The workspaces.
    """
    names = Counter(one.name for one in workspaces)
    return [
        one.name if names[one.name] == 1 else f"{one.name} ({shown(one.root)})"
        for one in workspaces
    ]


def _known(entry: Entry) -> Known:
    if entry.fault:
        place = f"{shown(global_path())}:{entry.line}" if entry.line else shown(global_path())
        return Known(entry, f"its entry {entry.fault}", f"mend or remove what stands at {place}")
    again = f"tt workspaces remove {quoted_path(entry.path)}"
    try:
        os.stat(entry.path)
        there = os.path.isfile(os.path.join(entry.path, FILE))
    except (FileNotFoundError, NotADirectoryError):
        return Known(entry, f"there is no {entry.path} any more", "tt workspaces prune", gone=True)
    except OSError as error:
        return Known(entry, f"{entry.path} cannot be read: {error.strerror}", again)
    if not there:
        return Known(entry, f"there is no {FILE} in {entry.path}", f"tt init there, or {again}")
    return Known(entry)


def quoted_path(path: str) -> str:
    """Return a path as a shell takes it."""
    from shlex import quote

    return quote(path)

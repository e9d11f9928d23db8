"""What a snapshot says of a worktree in words, and of what a tree of git's has no place for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tutti_core.git.entries import link_of
from tutti_core.git.stock import Stock, empty_folders
from tutti_core.git.walking import Found, walk

_PLAIN_MODES = (0o666, 0o777)


def about(agent: str, path: Path, admin: Path, stock: Stock, *, modules: bool) -> bytes:
    """Return the text of ``about.json``.

    Args:
        agent: Whose worktree it is.
        path: Its folder.
        admin: Git's entry for it.
        stock: What was in it.
        modules: Whether the repositories of its submodules are kept.
    """
    umask = _umask()
    modes = {
        name: f"{found.mode & 0o7777:o}"
        for name, found in stock.found.items()
        if not found.link and _unusual(found, umask)
    }
    told: dict[str, Any] = {
        "version": 1,
        "agent": agent,
        "path": os.fspath(path),
        "entry": admin.name,
        "link": os.fspath(link_of(path) or admin),
        "raw": stock.raw,
        "gone": stock.gone,
        "ignored": sorted(stock.ignored),
        "modes": modes,
        "folders": empty_folders(stock.found),
        "entry_folders": [
            one for one in empty_folders(walk(admin)) if modules or not is_module(one)
        ],
        "unkept": [one._asdict() for one in stock.unkept],
    }
    # Names that are not UTF-8 are kept too: JSON has an escape for what they became.
    return (json.dumps(told, indent=1) + "\n").encode()


def _unusual(found: Found, umask: int) -> bool:
    """Return whether permissions differ from those that git, or `mkdir`, would give."""
    mode = found.mode & 0o7777
    if found.folder:
        return mode != 0o777 & ~umask
    return mode not in [plain & ~umask for plain in _PLAIN_MODES]


def _umask() -> int:
    # The one way to ask; what another thread makes meanwhile is open to its owner alone.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def message(agent: str, path: Path, stock: Stock) -> str:
    """Return the message of a snapshot's commit.

    Args:
        agent: Whose worktree it was.
        path: Its folder.
        stock: What was in it.
    """
    left = [f"not kept: {one.path} ({one.size} bytes, {one.why})" for one in stock.unkept]
    shown = os.fspath(path).encode("utf-8", "backslashreplace").decode()
    lines = [f"What the worktree of {agent} held", "", f"It was {shown}.", *left]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode() + "\n"


def is_module(name: str) -> bool:
    """Return whether a path in git's entry is of a submodule's repository.

    Args:
        name: The path.
    """
    return name.partition("/")[0] == "modules"

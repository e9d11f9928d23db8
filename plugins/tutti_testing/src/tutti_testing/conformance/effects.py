"""Watches for effects: what is different below a folder, and in the sessions, afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ground import Ground

# What changes when somebody only looks: git's memory of file times, and what the core keeps so that
# it need not look again.
MEMORIES = (".git/index/", "home/.cache/", ".tutti/state/cache/", "__pycache__/")


def snapshot(folder: Path) -> dict[str, str]:
    """Return every path below a folder with its kind, its mode and what is in it.

    Args:
        folder: The folder.
    """
    paths = sorted(folder.rglob("*"))
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: _content(path) for name, path in named.items() if not _remembers(name)}


def _remembers(name: str) -> bool:
    return any(word in f"{name}/" for word in MEMORIES)


def _content(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link to {path.readlink()}"
        if not path.is_file():
            return "folder" if path.is_dir() else "special"
        if path.suffix == ".lock":  # it says who held it last, and when
            return "lock"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{path.stat().st_mode & 0o7777:o} {digest}"
    except OSError as error:  # it went while we looked
        return f"{type(error).__name__}"


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what is new, gone or changed, one line each.

    Args:
        before: A snapshot.
        after: A later one.
    """
    new = [f"made {name}" for name in after if name not in before]
    gone = [f"removed {name}" for name in before if name not in after]
    both = [name for name in before if name in after]
    return [*new, *gone, *(f"changed {name}" for name in both if before[name] != after[name])]


@contextmanager
def watched(ground: Ground) -> Iterator[list[str]]:
    """Give a list that holds, once the block is left, what was done to the workspace in it.

    Args:
        ground: The workspace.
    """
    done: list[str] = []
    before, sessions = snapshot(ground.folder), ground.sessions()
    yield done
    done += differences(before, snapshot(ground.folder))
    now = ground.sessions()
    done += [f"started session {name}" for name in sorted(now - sessions)]
    done += [f"ended session {name}" for name in sorted(sessions - now)]

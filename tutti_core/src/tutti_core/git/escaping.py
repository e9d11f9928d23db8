"""Paths as they stand in a snapshot: a name that git keeps for itself gets a mark in front.

A tree of git's cannot hold ``.git``, and git reads ``.gitmodules`` wherever it finds it; an agent's
tree may have both, in a repository it cloned into it.
"""

from __future__ import annotations

import re

_MARK = "%"
# Also what other systems take for `.git`: git refuses those names as well.
_OF_GIT = re.compile(r"\.git|git~|gi7eba", re.IGNORECASE)
_PLAIN = frozenset({".github", ".gitignore", ".gitkeep", ".gitlab-ci.yml"})


def escape(path: str) -> str:
    """Return a path as git can hold it.

    Args:
        path: A relative path with ``/`` between its names.
    """
    return "/".join(_MARK + name if _needs_mark(name) else name for name in path.split("/"))


def unescape(path: str) -> str:
    """Return the path that `escape` was given."""
    return "/".join(name.removeprefix(_MARK) for name in path.split("/"))


def _needs_mark(name: str) -> bool:
    if name.startswith(_MARK):
        return True
    letters = "".join(letter for letter in name if letter.isascii())
    return name not in _PLAIN and _OF_GIT.match(letters) is not None

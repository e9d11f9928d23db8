"""Versions of Claude Code: which of them can do what."""

from __future__ import annotations

import re


def is_since(wanted: tuple[int, ...], version: str | None) -> bool:
    """Return whether a version is a certain one, or newer.

    Args:
        wanted: That one, such as ``(2, 0, 45)``.
        version: Such as ``2.1.197``; None is taken for a new one.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", version or "")[:3])
    return not numbers or numbers >= wanted

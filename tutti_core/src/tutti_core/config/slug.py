"""Slugs: the only names of workspaces and agents, safe in paths, branches and sessions."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
RULE = 'letters, digits, "-" and "_", a letter or digit first, at most 64 in all'

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")


def is_slug(text: str) -> bool:
    """Return whether a name can be used as it is."""
    return _SLUG.fullmatch(text) is not None


def propose(text: str) -> str:
    """Return the slug nearest to a text.

    Args:
        text: Any text, such as the name of a folder.

    Returns:
        The text itself if it is a slug; `unnamed` if nothing of it can be kept.
    """
    if is_slug(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = _OTHER.sub("-", plain).strip("-_")
    return words[:LONGEST].rstrip("-_") or "unnamed"

"""Which names git takes for a branch: its own rules, told without asking git."""

from __future__ import annotations

import re

_REFUSED = (
    (re.compile(r"\A\s*\Z"), "it is blank"),
    (re.compile(r"\A-"), 'it begins with "-"'),
    (re.compile(r"\A(HEAD|@)\Z"), "git means something else by it"),
    (re.compile(r"[\x00-\x20\x7f~^:?*\[\\]"), "it holds a blank or one of ~ ^ : ? * [ \\"),
    (re.compile(r"\.\."), 'it holds ".."'),
    (re.compile(r"@\{"), 'it holds "@{"'),
    (re.compile(r"\A/|/\Z|//"), "a part between slashes is empty"),
    (re.compile(r"(\A|/)\."), 'a part begins with "."'),
    (re.compile(r"\.lock(/|\Z)"), 'a part ends with ".lock"'),
    (re.compile(r"\.\Z"), 'it ends with "."'),
)


def why_not(name: str) -> str:
    """Return why git refuses a name for a branch; empty if it takes it."""
    return next((reason for pattern, reason in _REFUSED if pattern.search(name)), "")

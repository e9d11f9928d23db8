"""Rule files for CLIs that no plugin starts; a declared runtime of such a name is read by them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

NAMES: Mapping[str, str] = {
    "gemini": "gemini-cli.toml",
    "gemini-cli": "gemini-cli.toml",
    "opencode": "opencode.toml",
}
"""The file of each name."""


def rules_for(name: str) -> str:
    """Return the rule file for the runtime of a name; empty if none is known.

    Args:
        name: The runtime's name.
    """
    file = NAMES.get(name)
    return (files(__name__) / file).read_text(encoding="utf-8") if file else ""

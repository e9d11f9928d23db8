"""Whether who watches goes by what one would go by that began now: plugins, and rule files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zlib import crc32

from .. import discovery

if TYPE_CHECKING:
    from .context import Context


def likeness_of(context: Context) -> str:
    """Return what tells a watch by these plugins and rule files from a watch by others.

    Args:
        context: The workspace, opened a moment ago.
    """
    plugins = context.plugins
    code = {path: discovery.stamp(path) for path in plugins.sources() if path.endswith(ENDS)}
    rules = context.digest["files"]
    parts = [
        sorted(plugins.entries),
        sorted(plugins.off),
        sorted(code.items()),
        sorted(rules.items()),
    ]
    return f"{crc32(json.dumps(parts).encode()):08x}"


ENDS = (".py", ".toml")
"""A folder changes whenever somebody edits in it; these are what is imported and read."""

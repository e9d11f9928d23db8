"""Brings files and plugins together: the schema comes from the plugins, the values from the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.arrangement import Arrangement
    from ..plugins import Plugins


def load_arrangement(root: Path, plugins: Plugins) -> Arrangement:
    """Load and check a workspace's configuration.

    Args:
        root: Absolute path of the workspace.
        plugins: Who owns which tables and gives which runtimes.

    Raises:
        ConfigError: With every problem of both files.
    """
    from ..config.load import load
    from ..config.schema import Schema

    schema = Schema.of(plugins.tables())
    return load(root, schema, runtimes=plugins.runtimes().keys())

"""Brings files and plugins together: plugins give the schema, files the values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from ..config.schema import Schema
    from ..errors import ConfigError
    from ..model.arrangement import Arrangement, GlobalSettings
    from ..model.contract import Runtime
    from ..plugins import Plugins


def load_arrangement(root: Path, plugins: Plugins, *, check_runtimes: bool = True) -> Arrangement:
    """Load and check a workspace's configuration.

    Args:
        root: Absolute path of the workspace.
        plugins: Who owns which tables and gives which runtimes.
        check_runtimes: Whether an agent on a runtime that nobody gives is a problem.

    Raises:
        ConfigError: With every problem of both files.
    """
    from ..config.load import load

    read: dict[str, Any] = {}

    def runtimes(tables: Mapping[str, Any], settings: Mapping[str, Any]) -> Collection[str] | None:
        read.update(tables)
        return plugins.runtimes(tables, settings, root).keys() if check_runtimes else None

    arrangement = load(root, schema_of(plugins), runtimes=runtimes)
    return attrs.evolve(arrangement, source=read)


def load_global(plugins: Plugins) -> GlobalSettings:
    """Load and check the global file alone.

    Args:
        plugins: Who owns which tables.

    Raises:
        ConfigError: With every problem of it.
    """
    from ..config.load import load_settings

    return load_settings(schema_of(plugins))


def runtimes_of(arrangement: Arrangement, plugins: Plugins) -> dict[str, Runtime]:
    """Return the runtimes a team can use, those declared in its files included.

    Args:
        arrangement: The team.
        plugins: Who gives runtimes.

    Raises:
        PluginError: If two plugins give one name.
    """
    return plugins.runtimes(arrangement.source, arrangement.settings.source, arrangement.root)


def no_runtime(name: str, runtimes: Collection[str], plugins: Plugins) -> ConfigError:
    """Return the error that asking for a runtime is which nobody gives: whose it is, how to get it.

    Args:
        name: The name.
        runtimes: The names of those there are.
        plugins: Who owns which tables.
    """
    from ..config import unknown

    return unknown.no_runtime(name, runtimes, schema_of(plugins))


def schema_of(plugins: Plugins) -> Schema:
    """Return the tables that may be used, and who owns them."""
    from ..config.schema import Schema

    return Schema(plugins.tables(), plugins.absent())

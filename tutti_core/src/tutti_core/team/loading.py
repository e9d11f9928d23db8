"""Brings files and plugins together: plugins give the schema, files the values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import PluginError, TuttiError

if TYPE_CHECKING:
    from ..config.problems import Fault
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

    def across(arrangement: Arrangement) -> Iterator[Fault]:
        yield from _faults_across(arrangement, plugins)

    arrangement = load(root, schema_of(plugins), runtimes=runtimes, across=across)
    return attrs.evolve(arrangement, source=read)


def _faults_across(arrangement: Arrangement, plugins: Plugins) -> Iterator[Fault]:
    from ..config.problems import Fault, parsed
    from ..model.contract import Table

    for owner, one in plugins.tables():
        if not isinstance(one, Table) or one.across is None or one.name in arrangement.unowned:
            continue
        try:
            found = [(parsed(path), message) for path, message in one.across(arrangement, plugins)]
        except TuttiError:
            raise
        except Exception as error:
            raise PluginError(
                f"{owner} failed to check [{one.name}]: {type(error).__name__}: {error}",
                hint=f"report it to whoever makes {owner}",
            ) from error
        yield from (Fault(path, message) for path, message in found)


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

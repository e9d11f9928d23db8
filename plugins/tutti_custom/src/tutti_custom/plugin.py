"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Command, Runtime, Table


@hookimpl
def tutti_tables() -> Iterable[Table]:
    """Own `[[runtime]]` of both files."""
    from .declaration import table

    return [table()]


@hookimpl
def tutti_runtimes(
    tables: Mapping[str, Any], settings: Mapping[str, Any], root: Path | None
) -> Iterable[Runtime]:
    """Give what the two files declare."""
    if not tables.get("runtime") and not settings.get("runtime"):
        return ()
    from .declared import declared

    return declared(tables, settings, root)


@hookimpl
def tutti_rules() -> Mapping[str, str]:
    """Give the rule files for CLIs that a declaration may name."""
    from .screens import NAMES, rules_for

    return {name: rules_for(name) for name in NAMES}


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Give `tt runtimes`."""
    from tutti_core import Command

    text = "List the runtimes there are, and try one."
    return [Command("runtimes", "tutti_custom.command:command", text)]

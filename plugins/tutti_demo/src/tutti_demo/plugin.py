"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Command, Runtime


@hookimpl
def tutti_runtimes() -> Iterable[Runtime]:
    """Give the scripted agent."""
    from .runtime import Demo

    return [Demo()]


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Give `tt demo`."""
    from tutti_core import Command

    return [Command("demo", "tutti_demo.command:command", "See a team at work, with no account.")]

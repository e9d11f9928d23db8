"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Command, Keys, Table, Verb


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Give `tt run`, `tt verify` and `tt runs`."""
    from tutti_core import Command

    return [
        Command("run", "tutti_workflow.commands.run:command", "Run a workflow, or go on with one."),
        Command("verify", "tutti_workflow.commands.verify:command", "Run what proves the work."),
        Command("runs", "tutti_workflow.commands.runs:command", "List runs, and show one."),
    ]


@hookimpl
def tutti_verbs() -> Iterable[Verb]:
    """Give what the commands do."""
    from .verbs import verbs

    return verbs()


@hookimpl
def tutti_tables() -> Iterable[Table | Keys]:
    """Own `[[workflow]]`."""
    from .schema import workflow_table

    return [workflow_table()]


@hookimpl
def tutti_steps() -> Iterable[Any]:
    """Give the steps that workflows are made of."""
    from .steps.command import Command

    return [Command()]

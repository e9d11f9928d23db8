"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Check, Command, Context, Keys, Service, Table, Template, Verb


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Give `tt run`, `tt verify`, `tt runs` and `tt schedule`."""
    from tutti_core import Command

    return [
        Command("run", "tutti_workflow.commands.run:command", "Run a workflow, or go on with one."),
        Command("verify", "tutti_workflow.commands.verify:command", "Run what proves the work."),
        Command("runs", "tutti_workflow.commands.runs:command", "List runs, and show one."),
        Command(
            "schedule",
            "tutti_workflow.commands.schedule:command",
            "Say what runs by itself, and when.",
        ),
    ]


@hookimpl
def tutti_verbs() -> Iterable[Verb]:
    """Give what the commands do."""
    from .verbs import verbs

    return verbs()


@hookimpl
def tutti_tables() -> Iterable[Table | Keys]:
    """Own `[[workflow]]`, `[[hook]]`, `[schedule]` and `[state]`."""
    from .hooks.table import hook_table
    from .keeping import keeping_table
    from .schedule.table import schedule_table
    from .schema import workflow_table

    return [workflow_table(), hook_table(), schedule_table(), keeping_table()]


@hookimpl
def tutti_steps() -> Iterable[Any]:
    """Give the steps that workflows are made of."""
    from .steps.command import Command
    from .steps.ensure import EnsureRunning
    from .steps.nested import Nested
    from .steps.prompt import Prompt

    return [Prompt(), Command(), EnsureRunning(), Nested()]


@hookimpl
def tutti_checks() -> Iterable[Check]:
    """Give the doctor what there is to say of schedules."""
    from tutti_core import Check

    from .schedule.check import scheduled

    return [Check("serve/scheduler", scheduled)]


@hookimpl
def tutti_services(workspace: Context) -> Iterable[Service]:
    """Give what sees to hooks of agents, and to the schedule."""
    from .hooks.service import ClosingService, HookService
    from .schedule.scheduler import ScheduleService

    return [HookService(), ClosingService(), ScheduleService(workspace)]


@hookimpl
def tutti_templates() -> Iterable[Template]:
    """Offer a team of six with the workflow that takes a task from plan to review."""
    from .arrangements import templates

    return templates()

"""Options that the commands share, and values they are read into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from tutti_core import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def running_options(command: F) -> F:
    """Add what every command takes that runs a workflow."""
    options = [
        click.option("--agent", metavar="NAME", help="Use this agent in place of each step's own."),
        click.option("--strict", is_flag=True, help="Let every failure end the run."),
        click.option("--var", "vars_", multiple=True, metavar="NAME=VALUE", help=VAR),
        click.option(
            "--without", multiple=True, metavar="TABLE", help="Go on without an unowned table."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


VAR = "A value for templates, {{var.NAME}}; may be given again."


def vars_of(given: Sequence[str]) -> dict[str, str]:
    """Return values for templates by name.

    Args:
        given: Each as ``NAME=VALUE``.

    Raises:
        UsageError: If one is not like that, or two are of one name.
    """
    found: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise UsageError(f"--var {one}: a name and a value are wanted", hint="--var NAME=VALUE")
        if name in found:
            raise UsageError(f"--var {name} is given twice", hint="give it once")
        found[name] = value
    return found

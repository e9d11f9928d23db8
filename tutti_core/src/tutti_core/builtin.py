"""The core's own plugin: its commands, host, checks, verbs and templates come through the hooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .markers import hookimpl

if TYPE_CHECKING:
    from .model.contract import Check, Command, Service, SessionHost, Template, Verb

COMMANDS = (
    ("init", "Begin a team in this folder."),
    ("up", "Start the team."),
    ("down", "End the team, with every process it started."),
    ("status", "Show what every agent is doing right now."),
    ("voices", "The same as status."),
    ("attach", "Show an agent's terminal."),
    ("peek", "Print the last lines of an agent's screen."),
    ("logs", "Print what an agent showed and what happened to it."),
    ("send", "Give a running agent a prompt."),
    ("queue", "List prompts that wait for their agents, and take them back."),
    ("wait", "Wait until agents are idle, or in another state."),
    ("answer", "Answer what an agent asks."),
    ("trust", "Tell an agent that its folder can be trusted."),
    ("detect", "Say what an agent is doing, on what evidence."),
    ("health", "Say how every agent is, and why."),
    ("doctor", "Check everything the team needs."),
    ("workspaces", "List, register and remove workspaces."),
    ("plugins", "List, install and remove plugins."),
    ("events", "Print what happened."),
)


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Name the core's commands."""
    from .model.contract import Command

    modules = {"voices": "status"}
    return [
        Command(name, f"tutti_core.cli.{modules.get(name, name)}:command", text)
        for name, text in COMMANDS
    ]


@hookimpl
def tutti_hosts() -> Iterable[SessionHost]:
    """Give tmux."""
    from .terminal.host import TmuxHost

    return [TmuxHost()]


@hookimpl
def tutti_verbs() -> Iterable[Verb]:
    """Give the verbs of a team's life."""
    from .team.verbs import core_verbs

    return core_verbs()


@hookimpl
def tutti_services() -> Iterable[Service]:
    """Give the courier of queued prompts."""
    from .team.courier import Courier

    return [Courier()]


@hookimpl
def tutti_checks() -> Iterable[Check]:
    """Give the core's checks."""
    from .team.checks import core_checks

    return core_checks()


@hookimpl
def tutti_templates() -> Iterable[Template]:
    """Give teams to begin with."""
    from .team.templates import core_templates

    return core_templates()

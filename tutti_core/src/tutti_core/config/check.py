"""What must be true of the values of a configuration, beyond each being of the right type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import shapes
from .check_agents import check_agents, check_slug
from .problems import Fault, KeyPath, quoted, suggestion
from .schema import Schema

Data = Mapping[str, Any]

OURS = frozenset({"TUTTI_AGENT", "TUTTI_ROOT", "TUTTI_WORKSPACE"})
"""Variables that tutti itself gives to every agent."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_workspace(
    data: Data, runtimes: Collection[str] | None, schema: Schema
) -> Iterator[Fault]:
    """Yield what is wrong with a workspace's file taken by itself.

    Args:
        data: The values of `tutti.toml`.
        runtimes: The names of the runtimes there are; None if they are not to be checked.
        schema: The tables that may be used.
    """
    name = shapes.text(shapes.table(data, "workspace"), "name")
    if name is not None:
        yield from check_slug(("workspace", "name"), name)
    yield from _environment(("workspace", "env"), shapes.table(data, "workspace", "env"))
    for index, agent in shapes.tables(data, "agent"):
        yield from _environment(("agent", index, "env"), shapes.table(agent, "env"))
    yield from check_agents(data, runtimes, schema)
    yield from _tool_packs(data)
    yield from _above(data, ("launch", "ready_secs"), 0)
    yield from _least(shapes.table(data, "launch"), ("launch",), "stalled_after_secs", 0)
    yield from _port(data, ("observe", "port"))
    yield from _resilience(data)


def check_global(data: Data) -> Iterator[Fault]:
    """Yield what is wrong with the global file taken by itself.

    Args:
        data: Its values.
    """
    yield from _profiles(data)
    yield from _port(data, ("dashboard", "port"))
    yield from _resilience(data)
    for index, one in shapes.tables(data, "registered_workspace"):
        path = shapes.text(one, "path")
        if path is not None and not Path(path).is_absolute():
            place = ("registered_workspace", index, "path")
            yield Fault(place, f"{quoted(path)} is not absolute", "write the whole path")


def check_profile_of(data: Data, settings: Data, file: str) -> Iterator[Fault]:
    """Yield what is wrong between a workspace's file and the global one.

    Args:
        data: The values of `tutti.toml`.
        settings: The values of the global file.
        file: What to call the global file.
    """
    wanted = shapes.text(shapes.table(data, "workspace", "auth"), "default_profile")
    names = [shapes.text(one, "name") for _, one in shapes.tables(settings, "profile")]
    if wanted is not None and wanted not in names:
        near = suggestion(wanted, filter(None, names))
        remedy = near if near.startswith("did") else f"add a [[profile]] there, or {_OTHER}"
        message = f"no [[profile]] in {file} is named {quoted(wanted)}"
        yield Fault(("workspace", "auth", "default_profile"), message, remedy)


_OTHER = "remove this line to use each CLI as it is"


def _environment(path: KeyPath, variables: Data) -> Iterator[Fault]:
    for name in variables:
        if name in OURS:
            yield Fault((*path, name), "tutti sets this variable itself", "remove it")
        else:
            yield from _variable((*path, name), name)


def _variable(path: KeyPath, name: str) -> Iterator[Fault]:
    if not _VARIABLE.fullmatch(name):
        rule = 'letters, digits and "_", no digit first'
        yield Fault(path, f"{quoted(name)} is no name for a variable", f"use {rule}")


def _tool_packs(data: Data) -> Iterator[Fault]:
    yield from _unique(data, "tool_pack")
    for index, pack in shapes.tables(data, "tool_pack"):
        for key in ("required_commands", "required_env"):
            for place, entry in shapes.texts(pack, key):
                path = ("tool_pack", index, key, place)
                if not entry.strip():
                    yield Fault(path, "is blank", "remove it")
                elif key == "required_env":
                    yield from _variable(path, entry)


def _profiles(data: Data) -> Iterator[Fault]:
    yield from _unique(data, "profile")
    for index, profile in shapes.tables(data, "profile"):
        path = ("profile", index)
        if (shapes.text(profile, "name") or "").strip():
            yield from check_slug((*path, "name"), profile["name"])
        yield from _command((*path, "command"), shapes.text(profile, "command"))
        yield from _environment((*path, "env"), shapes.table(profile, "env"))
        yield from _least(profile, path, "max_concurrent", 1)
        yield from _least(profile, path, "weekly_hours", 0)
        yield from _least(profile, path, "monthly_budget", 0)


def _unique(data: Data, table: str) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for index, one in shapes.tables(data, table):
        name = shapes.text(one, "name")
        if name is None:
            continue
        path = (table, index, "name")
        if not name.strip():
            yield Fault(path, "is blank", "give it a name")
        elif seen.setdefault(name, index) != index:
            message = f"{table}[{seen[name]}] is named {quoted(name)} too"
            yield Fault(path, message, "give each a name of its own")


def _command(path: KeyPath, command: str | None) -> Iterator[Fault]:
    if command is None:
        return
    try:
        words = shlex.split(command)
    except ValueError as error:
        message = f"{quoted(command)} cannot be split into words: {str(error).lower()}"
        yield Fault(path, message, "close the quotes, as in a shell")
    else:
        if not words or not words[0]:
            yield Fault(path, "names no program", 'write the program, such as "claude"')


def _resilience(data: Data) -> Iterator[Fault]:
    table = shapes.table(data, "resilience")
    yield from _least(table, ("resilience",), "retry_max_attempts", 1)
    yield from _least(table, ("resilience",), "retry_initial_backoff_ms", 0)
    yield from _least(table, ("resilience",), "retry_max_backoff_ms", 0)


def _least(table: Data, path: KeyPath, key: str, least: int) -> Iterator[Fault]:
    value = shapes.number(table, key)
    if value is not None and value < least:
        yield Fault((*path, key), f"must be at least {least}, is {value}")


def _above(data: Data, path: tuple[str, str], least: int) -> Iterator[Fault]:
    value = shapes.number(shapes.table(data, path[0]), path[1])
    if value is not None and value <= least:
        yield Fault(path, f"must be above {least}, is {value}")


def _port(data: Data, path: tuple[str, str]) -> Iterator[Fault]:
    value = shapes.number(shapes.table(data, path[0]), path[1])
    if value is not None and not 0 <= value <= 65535:
        yield Fault(path, f"must be from 0 to 65535, is {value}")

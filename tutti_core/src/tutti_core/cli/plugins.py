"""`tt plugins`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import click

from .. import discovery
from ..errors import PluginError
from ..plugins import Plugins
from .common import json_option, show_json
from .style import table

DEADLINE_SECS = 600


@click.group("plugins", invoke_without_command=True)
@click.option("--refresh", is_flag=True, help="Look for plugins anew.")
@json_option
@click.pass_context
def command(ctx: click.Context, refresh: bool, as_json: bool) -> int:
    """List, install and remove plugins."""
    if refresh:
        discovery.forget_cache()
    return _list(as_json, refresh) if ctx.invoked_subcommand is None else 0


@command.command("list")
@json_option
def listing(as_json: bool) -> int:
    """List every plugin: its distribution, its version, what it gives, what is broken and why."""
    return _list(as_json, False)


@command.command("install")
@click.argument("names", nargs=-1, required=True)
def install(names: Sequence[str]) -> int:
    """Install plugins into the environment of this tt; a short name means tutti-NAME."""
    return _pip("install", [_requirement(name) for name in names])


@command.command("uninstall")
@click.argument("names", nargs=-1, required=True)
def uninstall(names: Sequence[str]) -> int:
    """Remove plugins from the environment of this tt; the core itself stays."""
    wanted = [_requirement(name) for name in names]
    if "tutti-core" in wanted:
        raise PluginError("tutti-core is tt itself", hint="pip uninstall tutti-core removes it all")
    return _pip("uninstall", wanted)


def rows(plugins: Plugins) -> list[dict[str, Any]]:
    """Return one row per plugin, broken and switched-off ones included."""
    return [
        {
            "name": entry.name,
            "distribution": entry.distribution,
            "version": entry.version,
            "gives": list(plugins.gives(entry.name)),
            "status": _status(plugins, entry.name),
            "reason": plugins.broken[entry.name].reason if entry.name in plugins.broken else None,
        }
        for entry in plugins.entries
    ]


def _status(plugins: Plugins, name: str) -> str:
    if name in plugins.off:
        return "off"
    return "broken" if name in plugins.broken else "ok"


def _list(as_json: bool, refresh: bool) -> int:
    found = rows(Plugins.installed(refresh=refresh))
    if as_json:
        show_json(found)
        return 0
    heads = ["PLUGIN", "DISTRIBUTION", "VERSION", "STATUS", "GIVES"]
    cells = [
        [one["name"], one["distribution"], one["version"], one["status"], _gives(one)]
        for one in found
    ]
    colours = {(n, 3): "green" if one["status"] == "ok" else "red" for n, one in enumerate(found)}
    print(table(heads, cells, colours))
    return 0


def _gives(row: dict[str, Any]) -> str:
    return str(row["reason"] or ", ".join(row["gives"]))


def _requirement(name: str) -> str:
    plain = name.isidentifier() and not name.startswith("tutti")
    return f"tutti-{name}" if plain else name


def _pip(action: str, names: Sequence[str]) -> int:
    argv = [*_installer(), action, *(["-y"] if action == "uninstall" else []), *names]
    try:
        done = subprocess.run(argv, timeout=DEADLINE_SECS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PluginError(f"{argv[0]} failed: {error}") from error
    discovery.forget_cache()
    return done.returncode


def _installer() -> list[str]:
    """Return the command that installs into this environment: its pip, else uv."""
    import importlib.util
    import shutil

    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if shutil.which("uv"):
        return ["uv", "pip"]
    raise PluginError(
        f"there is neither pip in {sys.prefix} nor uv on PATH",
        hint=f"{sys.executable} -m ensurepip",
    )

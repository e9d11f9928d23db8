"""`tt plugins`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .. import discovery
from ..plugins import Plugins
from .common import json_option, show_json
from .installing import installable, removable, rows_anew, run_installer
from .style import table


@click.group("plugins", invoke_without_command=True)
@click.option("--refresh", is_flag=True, help="Look for plugins anew.")
@json_option
@click.pass_context
def command(ctx: click.Context, refresh: bool, as_json: bool) -> int:
    """List, install and remove plugins."""
    ctx.obj = as_json
    if refresh:
        discovery.forget_cache()
    return _list(as_json, refresh) if ctx.invoked_subcommand is None else 0


@command.command("list")
@json_option
@click.pass_obj
def listing(above: bool, as_json: bool) -> int:
    """List every plugin: its distribution, its version, what it gives, what is broken and why."""
    return _list(as_json or above, False)


@command.command("install")
@click.argument("names", nargs=-1, required=True)
@json_option
@click.pass_obj
def install(above: bool, names: Sequence[str], as_json: bool) -> int:
    """Install plugins into the environment of this tt; a short name means tutti-NAME."""
    return _change("install", installable(names), as_json or above)


@command.command("uninstall")
@click.argument("names", nargs=-1, required=True)
@json_option
@click.pass_obj
def uninstall(above: bool, names: Sequence[str], as_json: bool) -> int:
    """Remove plugins from the environment of this tt; the core itself stays."""
    return _change("uninstall", removable(names), as_json or above)


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


def _change(action: str, requirements: list[str], as_json: bool) -> int:
    """Run the installer and say what came of it: one that is set aside is not a success."""
    before = {row["name"]: row for row in rows(Plugins.installed())}
    code = run_installer(action, requirements, quiet=as_json)
    after = {row["name"]: row for row in rows_anew()}
    added = [row for name, row in after.items() if row != before.get(name)]
    removed = [row for name, row in before.items() if name not in after]
    code = code or int(any(row["status"] == "broken" for row in added))
    if as_json:
        answer = {"ok": code == 0, "action": action, "requirements": requirements}
        show_json({**answer, "added": added, "removed": removed})
        return code
    for sign, changed in (("+", added), ("-", removed)):
        for row in changed:
            print(f"{sign} {row['distribution']} {row['version']} ({row['status']}): {_gives(row)}")
    return code

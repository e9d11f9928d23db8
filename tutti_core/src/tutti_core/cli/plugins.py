"""`tt plugins`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from .. import discovery
from ..errors import UsageError
from ..plugins import Plugins
from ..team.projects import SUMMARIES, Project, begin_project
from .common import json_option, show_json
from .installing import installable, removable, rows_anew, run_installer
from .style import table


@click.group("plugins", invoke_without_command=True)
@click.option("--refresh", is_flag=True, help="Look for plugins anew.")
@json_option
@click.pass_context
def command(ctx: click.Context, refresh: bool, as_json: bool) -> int:
    """List, install and remove plugins, and begin one."""
    ctx.obj = as_json
    if refresh:
        discovery.forget_cache()
    return _list(as_json, refresh) if ctx.invoked_subcommand is None else 0


@command.command("list", short_help="List every plugin.")
@json_option
@click.pass_obj
def listing(above: bool, as_json: bool) -> int:
    """List every plugin: its distribution, its version, what it gives, what is broken and why."""
    return _list(as_json or above, False)


@command.command("install", short_help="Install plugins into the environment of this tt.")
@click.argument("names", nargs=-1)
@click.option(
    "-e", "--editable", multiple=True, metavar="DIR", help="A project that goes on being changed."
)
@json_option
@click.pass_obj
def install(above: bool, names: Sequence[str], editable: Sequence[str], as_json: bool) -> int:
    """Install plugins into the environment of this tt; a short name means tutti-NAME."""
    if not (names or editable):
        raise UsageError("what is to be installed?", hint="tt plugins install NAME, or -e DIR")
    wanted = installable(names)
    # An option before each, and as a path: pip takes a bare word for a name.
    wanted = [*(f"--editable={os.path.abspath(folder)}" for folder in editable), *wanted]
    return _change("install", wanted, as_json or above)


@command.command("new", short_help="Begin a plugin: a project with tests that pass.")
@click.argument("kind", type=click.Choice(list(SUMMARIES)))
@click.argument("name")
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="The folder to make.")
@json_option
@click.pass_obj
def new(above: bool, kind: str, name: str, to: Path | None, as_json: bool) -> int:
    """Begin a plugin: a project with tests that pass, in the folder tutti-NAME."""
    made = begin_project(kind, name, Plugins.installed(), to)
    if as_json or above:
        show_json({**made._asdict(), "next": _next(made)})
        return 0
    print(f"Made {made.distribution}, a {kind}, in {_near(made.folder)}")
    for file in made.files:
        print(f"  {file}")
    for line in _next(made):
        print(f"→ {line}")
    return 0


@command.command("uninstall", short_help="Remove plugins from the environment of this tt.")
@click.argument("names", nargs=-1, required=True)
@json_option
@click.pass_obj
def uninstall(above: bool, names: Sequence[str], as_json: bool) -> int:
    """Remove plugins from the environment of this tt; the core itself stays."""
    owners = {entry.name: entry.distribution for entry in Plugins.installed().entries}
    return _change("uninstall", removable(names, owners), as_json or above)


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


def _next(made: Project) -> list[str]:
    """Return what to type to have its tests run, from where one is."""
    near = shlex.quote(_near(made.folder))
    found = shutil.which("python")
    ours = found is not None and os.path.dirname(found) == os.path.join(sys.prefix, "bin")
    python = "python" if ours else shlex.quote(sys.executable)
    return [f"tt plugins install testing -e {near}", f"{python} -m pytest {near}"]


def _near(folder: Path) -> str:
    below = folder.is_relative_to(Path.cwd())
    return str(folder.relative_to(Path.cwd()) if below else folder)


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

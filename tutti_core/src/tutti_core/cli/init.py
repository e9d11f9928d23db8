"""`tt init`."""

from __future__ import annotations

from pathlib import Path

import click

from ..plugins import Plugins
from ..team.begin import Begun, begin
from .common import json_option, show_json


@click.command("init")
@click.option("-t", "--template", metavar="NAME", help="A template's name, or the path of one.")
@click.option("--name", help="The workspace's name; the folder's by default.")
@click.option("--runtime", help="The agents' runtime; one found on this machine by default.")
@click.option("--list", "listing", is_flag=True, help="List the templates.")
@json_option
def command(
    template: str | None, name: str | None, runtime: str | None, listing: bool, as_json: bool
) -> int:
    """Begin a team in this folder: writes tutti.toml and registers the workspace."""
    plugins = Plugins.installed()
    if listing:
        return _list(plugins, as_json)
    done = begin(Path.cwd(), plugins, template=template, name=name, runtime=runtime)
    show_json(done) if as_json else _show(done)
    return 0


def _list(plugins: Plugins, as_json: bool) -> int:
    templates = plugins.templates().values()
    if as_json:
        show_json([{"name": one.name, "description": one.description} for one in templates])
        return 0
    for one in templates:
        print(f"{one.name:<12} {one.description}")
    return 0


def _show(done: Begun) -> None:
    found = ", ".join(done.found) or "none"
    print(f"Created {done.path} from template {done.template} {done.version}: {done.description}")
    for role, runtime in done.roles.items():
        print(f"  {role} → {runtime}")
    print(f"Agents run on {done.runtime}; runtimes found on this machine: {found}.")
    if done.mode == "safe":
        print("Agents ask a person before they act (mode safe).")
    for table in done.starters:
        print(f"Added a starter [{table}] to {done.global_file}; look it over.")
    print(f"Registered workspace {done.workspace!r}.")
    if done.inside is not None:
        print(f"This folder is in the workspace {done.inside}; from here on its team is its own.")
    if not done.repository:
        print("→ agents work in git worktrees: git init, and commit something first")
    print("→ edit tutti.toml, then tt up")

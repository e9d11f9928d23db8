"""What the first-party plugins give, and what Claude Code is started with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import attrs
import tomli
from places import table

from tutti_claude.runtime import ClaudeCode
from tutti_core import Agent, Arrangement, LaunchRequest, Plugins, Table, TuttiError, Workspace
from tutti_core.model.arrangement import LaunchSettings, Mode, Policy
from tutti_core.team.plan import settle

ROOT = Path(__file__).resolve().parents[2]


def directory() -> str:
    """Return every distribution of this repository with what it gives."""
    plugins = Plugins.installed()
    projects = [*ROOT.glob("tutti_*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    rows = []
    for project in sorted(projects, key=lambda path: path.parent.name):
        about = tomli.loads(project.read_text(encoding="utf-8"))["project"]
        name, folder = about["name"], project.parent.relative_to(ROOT).as_posix()
        link = f"[`{name}`](../../{folder}/README.md)"
        rows.append([link, about["description"], "; ".join(_gives(plugins, name)) or "—"])
    return table(["distribution", "in a sentence", "gives"], rows)


def _gives(plugins: Plugins, distribution: str) -> list[str]:
    runtimes = [name for name, owner in plugins.runtime_sources().items() if owner == distribution]
    commands = [f"tt {one.name}" for owner, one in plugins.commands() if owner == distribution]
    tables = [
        f"[{one.name}]"
        for owner, one in plugins.tables()
        if owner == distribution and isinstance(one, Table)
    ]
    kinds = (("runtime", runtimes), ("command", commands), ("table", tables))
    return [
        f"{word}{'s' if len(names) > 1 else ''} {', '.join(f'`{name}`' for name in names)}"
        for word, names in kinds
        if names
    ]


def policies() -> str:
    """Return what Claude Code is started with for every mode and policy."""
    rows = [_policy(mode, policy) for mode in get_args(Mode) for policy in get_args(Policy)]
    heads = ["`--mode`", "`--policy`", "Claude Code is given", "`enforcement`"]
    return table(heads, rows)


def _policy(mode: Any, policy: Any) -> list[str]:
    words = [f"`{mode}`", f"`{policy}`"]
    team = Arrangement(Path("/project"), Workspace("project"), launch=LaunchSettings())
    try:
        settle(SimpleNamespace(arrangement=team), mode, policy)  # type: ignore[arg-type]
    except TuttiError as error:
        return [*words, f"nothing: refused, because {error.message}", "—"]
    asked = LaunchRequest(
        agent=Agent("voice"),
        arrangement=team,
        cwd=Path("/project"),
        command=("claude",),
        conversation="ID",
        rules=("git status", "Edit"),
        version="2.1.330",
        files=Path("…"),
    )
    launch = ClaudeCode().launch(attrs.evolve(asked, mode=mode, policy=policy))
    given = " ".join(launch.argv[1 : launch.argv.index("--session-id")])
    return [*words, f"`{given}`", f"`{launch.enforcement}`"]

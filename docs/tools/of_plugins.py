"""What the first-party plugins give, and what Claude Code is started with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import attrs
import tomli
from places import table

from tutti_claude.runtime import ClaudeCode
from tutti_core import Agent, Arrangement, LaunchRequest, Plugins, Table, TuttiError, Workspace
from tutti_core.config import known
from tutti_core.model.arrangement import LaunchSettings, Mode, Policy
from tutti_core.team.plan import settle

ROOT = Path(__file__).resolve().parents[2]


def directory(which: str) -> str:
    """Return a table of distributions with what each gives.

    Args:
        which: `made` for those of this repository, `later` for those that are only named so far.
    """
    return _made() if which == "made" else _later()


def _made() -> str:
    plugins = Plugins.installed()
    projects = [*ROOT.glob("tutti_*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    rows = []
    for project in sorted(projects, key=lambda path: path.parent.name):
        about = tomli.loads(project.read_text(encoding="utf-8"))["project"]
        name, folder = about["name"], project.parent.relative_to(ROOT).as_posix()
        link = f"[`{name}`](../../{folder}/README.md)"
        hooks = [f"`{hook}`" for one in _entries(plugins, name) for hook in plugins.gives(one)]
        gives = _listed(_gives(plugins, name)) or _brings(about)
        rows.append([link, about["description"], gives, ", ".join(hooks) or "—"])
    return table(["distribution", "in a sentence", "gives", "by the hooks"], rows)


def _later() -> str:
    rows = [
        [f"`{name}`", _listed(_will_give(name)) or _wakes(name)] for name in sorted(known.LATER)
    ]
    plugins = Plugins.installed()
    given = {command.name for _, command in plugins.commands()}
    for name in sorted({*known.COMMANDS.values()} - known.LATER):
        more = [f"tt {one}" for one, owner in known.COMMANDS.items() if owner == name]
        rest = [one for one in more if one.removeprefix("tt ") not in given]
        rows += [[f"a later `{name}`", _listed({"command": rest})]] if rest else []
    return table(["distribution", "is to give"], rows)


def _entries(plugins: Plugins, distribution: str) -> list[str]:
    return [entry.name for entry in plugins.entries if entry.distribution == distribution]


def _gives(plugins: Plugins, distribution: str) -> dict[str, list[str]]:
    tables = [(owner, one) for owner, one in plugins.tables() if isinstance(one, Table)]
    return {
        "runtime": [
            name for name, owner in plugins.runtime_sources().items() if owner == distribution
        ],
        "command": [f"tt {one.name}" for owner, one in plugins.commands() if owner == distribution],
        "table": [
            f"[[{one.name}]]" if one.many else f"[{one.name}]"
            for owner, one in tables
            if owner == distribution
        ],
    }


def _will_give(distribution: str) -> dict[str, list[str]]:
    places: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("runtime", known.RUNTIMES),
        ("command", {f"tt {name}": owner for name, owner in known.COMMANDS.items()}),
        ("table", {f"[{name}]": owner for name, owner in known.TABLES.items()}),
        ("key", {f"{table}.{key}": owner for (table, key), owner in known.KEYS.items()}),
        ("step", known.STEPS),
    )
    return {
        word: [name for name, owner in found.items() if owner == distribution]
        for word, found in places
    }


def _wakes(distribution: str) -> str:
    """Return which keys of the core's do something only with a distribution."""
    places = [
        f"{table}.{key}".strip(".")
        for (table, key), one in known.EFFECTS.items()
        if one == distribution
    ]
    return f"an effect to {', '.join(f'`{one}`' for one in places)}"


def _brings(about: Mapping[str, Any]) -> str:
    """Return what is given otherwise than by hooks: to pytest, or as other distributions."""
    if "pytest11" in about.get("entry-points", {}):
        return "fixtures to pytest, and what `tutti_testing` exports"
    needs = (re.split(r"[^\w-]", need)[0] for need in about["dependencies"])
    return ", ".join(f"`{need}`" for need in needs)


def _listed(gives: Mapping[str, list[str]]) -> str:
    return "; ".join(
        f"{word}{'s' if len(names) > 1 else ''} {', '.join(f'`{name}`' for name in names)}"
        for word, names in gives.items()
        if names
    )


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

"""What the commands share: options, and the way from a name to a workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..team.reach import root_of, target_of

F = TypeVar("F", bound=Callable[..., Any])


def workspace_option(command: F) -> F:
    """Add ``-w/--workspace``."""
    text = "A registered workspace, or the path of one; the current folder's by default."
    return click.option("-w", "--workspace", metavar="NAME", help=text)(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def agent_argument(command: F) -> F:
    """Add one agent reference, completed from `tutti.toml`."""
    return click.argument("agent", shell_complete=complete_agents)(command)


def agents_argument(command: F) -> F:
    """Add any number of agent names, completed from `tutti.toml`."""
    return click.argument("agents", nargs=-1, shell_complete=complete_agents)(command)


def complete_agents(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the agents whose names begin with what was typed; nothing when anything is wrong."""
    from ..team.compiled import compiled

    try:
        team = compiled(root_of(ctx.params.get("workspace")))
    except Exception:  # noqa: BLE001 -- a completion must not print into somebody's prompt
        return []
    names = [agent["name"] for agent in team["agents"]]
    return [name for name in names if name.startswith(incomplete)]


def find(reference: str, workspace: str | None) -> tuple[Path, str]:
    """Return the root and the agent's name that a reference means."""
    return target_of(reference, workspace)


def show_json(value: Any) -> None:
    """Print a value as JSON: attrs values become objects, named tuples too."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False))


def plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    import attrs

    if attrs.has(type(value)):
        return {key: plain(one) for key, one in attrs.asdict(value, recurse=False).items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(one) for key, one in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, Path) else value

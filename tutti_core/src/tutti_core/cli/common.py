"""What the commands share: options, warnings, and how values become JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import TuttiError, UsageError
from ..team.context import Context
from ..team.reach import running_root
from .style import warn

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..plugins import Plugins

F = TypeVar("F", bound=Callable[..., Any])


def workspace_option(command: F) -> F:
    """Add ``-w/--workspace``."""
    text = "A registered workspace, or the path of one; the current folder's by default."
    return click.option(
        "-w", "--workspace", metavar="NAME", help=text, shell_complete=complete_workspaces
    )(command)


def all_option(command: F) -> F:
    """Add ``--all``, for commands that can do the same in every workspace."""
    text = "Every registered workspace."
    return click.option("--all", "everywhere", is_flag=True, help=text)(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def without_option(command: F) -> F:
    """Add ``--without``, for commands that act."""
    text = "Go on though nothing installed acts on [TABLE]."
    return click.option("--without", multiple=True, metavar="TABLE", help=text)(command)


def agent_argument(command: F) -> F:
    """Add one agent reference, completed from `tutti.toml`."""
    return click.argument("agent", shell_complete=complete_agents, callback=_one)(command)


def agents_argument(command: F) -> F:
    """Add any number of agent references, completed from `tutti.toml`; commas may join them."""
    return click.argument(
        "agents", nargs=-1, shell_complete=complete_agents, callback=_several, metavar="[AGENT]..."
    )(command)


def _one(_ctx: click.Context, _: click.Parameter, value: str) -> str:
    if "," in value:
        raise UsageError(f"{value!r} is several agents", hint="name one of them at a time")
    return value


def _several(_ctx: click.Context, _: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for word in value for name in split(word))


def split(word: str) -> list[str]:
    """Return the agents that one word of the command line names.

    Args:
        word: A reference, or several with commas in between.
    """
    return [name for name in map(str.strip, word.split(",")) if name]


def complete_agents(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the agents whose names begin with what was typed; nothing when anything is wrong."""
    try:
        names = _names(ctx.params.get("workspace"))
    except Exception:  # noqa: BLE001 -- a completion must not print into somebody's prompt
        return []
    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]


def _names(workspace: str | None) -> list[str]:
    """Return the agents of a team, or of what runs of it where its file cannot be used."""
    from ..team.compiled import compiled
    from ..terminal.host import TmuxHost

    root = running_root(workspace)
    try:
        return [agent["name"] for agent in compiled(root)["agents"]]
    except TuttiError:
        return [session.agent for session in TmuxHost().list(str(root))]


def complete_workspaces(
    _ctx: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the workspaces whose names begin with what was typed; of one name, their paths."""
    from click.shell_completion import CompletionItem

    from ..team.known import known, labels

    if incomplete.startswith(("/", ".", "~")):
        return [CompletionItem(incomplete, type="dir")]
    try:
        places = [one for one in known() if one.entry.name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 -- a completion must not print into somebody's prompt
        return []
    named = zip(places, labels(places), strict=True)
    return [
        CompletionItem(one.name if label == one.name else str(one.root), help=str(one.root))
        for one, label in named
        if one.entry.name
    ]


def open_running(root: Path, *, plugins: Plugins | None = None, about: str = "") -> Context:
    """Open a workspace for a command that needs no more than what runs.

    A configuration that cannot be used is told, and passed over: it must keep nobody from looking
    at a running team, or from ending it.

    Args:
        root: The workspace.
        plugins: The plugins to use; the installed ones by default.
        about: What to call it where it is one of several.
    """
    prefix = f"{about}: " if about else ""
    try:
        context = Context.open(root, plugins)
    except TuttiError as trouble:
        context = Context.rescue(root, trouble, plugins)
        for problem in getattr(trouble, "problems", ()) or [trouble.message]:
            warn(f"{prefix}{problem}")
        warn(f"{prefix}only what runs is known, by the rules known last")
    warn_unowned(context.arrangement.unowned, about)
    return context


def warn_unowned(tables: Mapping[str, str], about: str = "") -> None:
    """Say on standard error which tables have no working owner."""
    for name, remedy in tables.items():
        warn(f"{about}{': ' if about else ''}[{name}] has no working owner: {remedy}")


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

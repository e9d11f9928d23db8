"""The team that ran last: after a reboot whoever was running then, else whom `tt down` ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast, get_args

from ..errors import StateError
from ..model.arrangement import Mode, Policy
from ..state.files import JsonFile
from .entry import is_open, now
from .plan import Way
from .record import read_record

if TYPE_CHECKING:
    from .context import Context


def keep_team(context: Context, names: Iterable[str]) -> None:
    """Write down who ran, and how, before all of it is ended.

    Args:
        context: The workspace.
        names: The agents that run.
    """
    ways = {name: read_record(context.places.agent(name)) for name in names}
    team = {name: {key: one.get(key) for key in Way._fields} for name, one in ways.items()}
    if team:
        JsonFile(context.places.last_team).write({"at": now(), "agents": team})


def last_team(context: Context) -> Mapping[str, Way | None]:
    """Return who ran last, each with how it may work; None stands for what the arrangement says.

    Args:
        context: The workspace.

    Raises:
        StateError: If nobody is known to have run.
    """
    names = [one.name for one in context.arrangement.agent]
    open_ones = [name for name in names if is_open(context, name)]
    ran = {name: read_record(context.places.agent(name)) for name in open_ones}
    found = ran or _ended(context)
    if not found:
        raise StateError(
            f"no team is known to have run in {context.name}",
            hint="tt up starts all agents of tutti.toml",
        )
    return {name: _way(one) for name, one in found.items()}


def _ended(context: Context) -> Mapping[str, Any]:
    try:
        found = json.loads(context.places.last_team.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    agents = found.get("agents") if isinstance(found, dict) else None
    return agents if isinstance(agents, dict) else {}


def _way(known: Any) -> Way | None:
    """Return how an agent might work, if what is known of it makes sense."""
    mode, policy = (known.get(key) if isinstance(known, dict) else None for key in Way._fields)
    if mode not in get_args(Mode) or policy not in get_args(Policy):
        return None
    return Way(cast("Mode", mode), cast("Policy", policy))

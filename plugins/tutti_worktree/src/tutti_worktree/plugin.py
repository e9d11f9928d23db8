"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Context, Keys, LaunchRequest, Refusal, Table


@hookimpl
def tutti_tables() -> Iterable[Table | Keys]:
    """Own `[worktree]` and the same keys of an agent."""
    from .ready.settings import tables

    return tables()


@hookimpl
def tutti_prepare_launch(launch: LaunchRequest) -> LaunchRequest | Refusal:
    """Say how the agent's worktree is made."""
    from .ready.plan import planned

    return planned(launch)


@hookimpl
def tutti_ready_tree(workspace: Context, launch: LaunchRequest) -> LaunchRequest:
    """Make the worktree ready to work in."""
    from .ready.making import make_ready

    return make_ready(workspace, launch)


@hookimpl
def tutti_leave_tree(workspace: Context, agent: str, worktree: Path) -> None:
    """Run `teardown`."""
    from .ready.making import leave

    leave(workspace, agent, worktree)

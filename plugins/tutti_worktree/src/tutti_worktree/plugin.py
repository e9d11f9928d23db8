"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Check, Command, Context, Keys, LaunchRequest, Refusal, Table, Verb


@hookimpl
def tutti_commands() -> Iterable[Command]:
    """Give `tt undo`, `tt gc` and `tt sessions`."""
    from tutti_core import Command

    return [
        Command("undo", "tutti_worktree.undo.command:command", "Bring back what was taken away."),
        Command(
            "sessions",
            "tutti_worktree.sessions.command:command",
            "List conversations, and go on with an earlier one.",
        ),
        Command("gc", "tutti_worktree.gc.command:command", "Remove what nobody needs any more."),
    ]


@hookimpl
def tutti_verbs() -> Iterable[Verb]:
    """Give what the commands do."""
    from tutti_core import Verb

    from .gc.sweep import GcRequest, GcResponse, gc
    from .sessions.verbs import (
        ForgetRequest,
        SessionsRequest,
        SessionsResponse,
        Talk,
        forget_session,
        sessions,
    )
    from .undo.verbs import Restored, RestoreRequest, Undone, UndoneRequest, restore, undone

    return [
        Verb("undo", RestoreRequest, Restored, restore, "Bring back what an act took away."),
        Verb("undone", UndoneRequest, Undone, undone, "List what can be undone.", reads=True),
        Verb(
            "sessions",
            SessionsRequest,
            SessionsResponse,
            sessions,
            "List conversations.",
            reads=True,
        ),
        Verb("forget_session", ForgetRequest, Talk, forget_session, "Forget a conversation."),
        Verb("gc", GcRequest, GcResponse, gc, "Remove what nobody needs any more."),
    ]


@hookimpl
def tutti_checks() -> Iterable[Check]:
    """Look at disk, orphans, ports, and trees that are not well."""
    from tutti_core import Check

    from .checks import disk, orphans, ports, trees

    return [
        Check("worktrees", trees),
        Check("orphans", orphans),
        Check("disk", disk),
        Check("ports", ports),
    ]


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

"""`workspaces`: which there are, how they are, and how one comes and goes."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..config.find import FILE, find_root
from ..config.registered import Entry, entries, entries_of
from ..config.registering import register_workspace, unregister_workspaces
from ..errors import ConfigError, TuttiError
from ..model.session import Session
from ..watching.look import Panes
from .compiled import compiled
from .everywhere import everywhere
from .known import Known, known, known_of

if TYPE_CHECKING:
    from .context import Context

READ_SECS = 15.0
TWICE = "it is registered twice"


@attrs.frozen
class WorkspaceRow:
    """One registered workspace.

    Attributes:
        name: The name it is registered by.
        path: Its root; empty if its entry has none.
        agents: How many agents its `tutti.toml` has; None if nobody can say.
        running: How many agents run in it, those no longer configured included; None if that was
            not looked at.
        ok: Whether it can be used.
        problem: Why it cannot.
        hint: What to do about that.
    """

    name: str
    path: str
    agents: int | None
    running: int | None = None
    ok: bool = True
    problem: str = ""
    hint: str = ""


@attrs.frozen
class Added:
    """What `add` did.

    Attributes:
        name: The name the workspace is registered by.
        path: Its root.
        added: Whether the registry had to be changed.
        also: The roots of other workspaces of that name.
    """

    name: str
    path: str
    added: bool
    also: tuple[str, ...] = ()


@attrs.frozen
class Removed:
    """A workspace that was taken out of the registry, or that was left in it.

    Attributes:
        name: Its name.
        path: Its root; empty if its entry had none.
        removed: Whether it was taken out.
        running: The agents that run there all the same.
        reason: Why it was taken out, or left.
    """

    name: str
    path: str
    removed: bool = True
    running: tuple[str, ...] = ()
    reason: str = ""


def listed(host: Panes | None = None) -> list[WorkspaceRow]:
    """Return the registered workspaces, broken ones with the reason.

    Args:
        host: Where the sessions live, to count those that run; None not to look.

    Raises:
        ConfigError: If the user's own file cannot be read.
    """
    places = known()
    sessions = _alive(host.list()) if host is not None else None
    done = everywhere(places, lambda place, _: compiled(place.root), READ_SECS, grace=0.0)
    return [_row(one.place, one.value, one.error, sessions) for one in done]


def add(path: Path) -> Added:
    """Note a workspace in the registry.

    Args:
        path: Its folder, one below it, or its `tutti.toml`.

    Raises:
        ConfigError: If there is no `tutti.toml`, or one that cannot be used.
        StateError: If the registry cannot be written.
    """
    folder = path.parent if path.name == FILE and path.is_file() else path
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}", hint="give the folder of a project")
    root = find_root(folder)
    name = str(compiled(root)["workspace"])
    added = register_workspace(name, root)
    same = [one.entry.path for one in known() if one.entry.name == name]
    return Added(name, str(root), added, tuple(one for one in same if one != str(root)))


def note(context: Context) -> tuple[bool, tuple[str, ...]]:
    """Note a workspace that a person works in, so that it is found from anywhere.

    Args:
        context: The workspace.

    Returns:
        Whether it had to be noted, and why it could not be: no agent is kept from starting by that.
    """
    root, name = str(context.root), context.name
    there = entries_of(context.arrangement.settings.source)
    if any((one.path, one.name) == (root, name) for one in there):
        return False, ()
    try:
        return register_workspace(name, context.root), ()
    except TuttiError as error:
        return False, (f"it could not be registered: {error.message}",)


def remove(references: Sequence[str], host: Panes) -> list[Removed]:
    """Take workspaces out of the registry; no file of theirs is touched, and no agent is ended.

    Args:
        references: Names or paths.
        host: Where the sessions live.

    Raises:
        ConfigError: If one is not registered, or its name is that of several; then none is removed.
        StateError: If the registry cannot be written.
    """
    running = _names(_alive(host.list()))

    def chosen(found: Sequence[Entry]) -> Collection[Entry]:
        meant = [_meant(one, found) for one in references]
        return [one for one in found if any(_same(one, other) for other in meant)]

    taken = known_of(unregister_workspaces(chosen))
    return [_removed(one.entry, running) for one in taken]


def prune(host: Panes, *, dry_run: bool = False) -> list[Removed]:
    """Take workspaces whose folder is gone, and repeated entries, out of the registry.

    Args:
        host: Where the sessions live; a workspace with running agents is left in it.
        dry_run: Whether only to say what would be done.

    Raises:
        ConfigError: If the user's own file cannot be read or changed.
        StateError: If the registry cannot be written.
    """
    running = _names(_alive(host.list()))
    plan: list[tuple[Entry, Removed]] = []

    def chosen(found: Sequence[Entry]) -> Collection[Entry]:
        plan[:] = [(one, _prunable(one, why, running)) for one, why in _useless(found)]
        return [one for one, row in plan if row.removed]

    if dry_run:
        chosen(entries())
    else:
        unregister_workspaces(chosen)
    return [row for _, row in plan]


def _useless(found: Sequence[Entry]) -> list[tuple[Entry, str]]:
    """Return the entries that lead nowhere, or where another does, each with why."""
    first = {one.entry: one for one in known_of(found)}
    return [
        (entry, first[entry].problem if entry in first else TWICE)
        for entry in found
        if entry not in first or first[entry].gone
    ]


def _prunable(one: Entry, why: str, running: Mapping[str, tuple[str, ...]]) -> Removed:
    here = running.get(one.path, ()) if why != TWICE else ()
    if here:
        return Removed(one.name, one.path, False, here, f"{why}, and agents still run there")
    return Removed(one.name, one.path, True, (), why)


def _same(one: Entry, other: Entry) -> bool:
    """Return whether two entries are of one place, or the same entry."""
    return one.number == other.number or bool(one.path and one.path == other.path)


def _removed(one: Entry, running: Mapping[str, tuple[str, ...]]) -> Removed:
    return Removed(one.name, one.path, True, running.get(one.path, ()), "you said so")


def _meant(reference: str, found: Sequence[Entry]) -> Entry:
    """Return the entry that a name or a path means.

    Raises:
        ConfigError: If there is none, or a name is that of several.
    """
    if "/" in reference or reference in (".", ".."):
        path = os.path.realpath(os.path.expanduser(reference))
        places = [one for one in found if one.path in (path, path.removesuffix(f"/{FILE}"))]
        what = f"no workspace at {path}"
    else:
        places = [one for one in found if one.name == reference]
        what = f"no workspace {reference!r}"
    if not places:
        names = ", ".join(sorted({one.name for one in found} - {""})) or "none"
        raise ConfigError(f"{what} is registered (there are: {names})", hint="tt workspaces")
    if len({one.path for one in places}) > 1:
        several = ", ".join(one.path or f"entry {one.number + 1}" for one in places)
        raise ConfigError(
            f"workspace {reference!r} is the name of several: {several}", hint="give the path"
        )
    return places[0]


def _row(
    place: Known, team: Any, error: TuttiError | None, sessions: Sequence[Session] | None
) -> WorkspaceRow:
    here = [one for one in sessions or () if one.root == place.entry.path]
    return WorkspaceRow(
        name=place.name,
        path=place.entry.path,
        agents=len(team["agents"]) if team else None,
        running=None if sessions is None else len(here),
        ok=error is None,
        problem=error.message if error else "",
        hint=error.hint if error else "",
    )


def _alive(sessions: Sequence[Session]) -> list[Session]:
    return [one for one in sessions if not one.dead]


def _names(sessions: Sequence[Session]) -> dict[str, tuple[str, ...]]:
    """Return the names of the agents that run, by workspace, in the order of the sessions."""
    roots = {one.root for one in sessions}
    return {root: tuple(s.agent for s in sessions if s.root == root) for root in roots}

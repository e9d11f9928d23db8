"""From a name on the command line to a workspace and an agent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..config.find import find_root
from ..errors import ConfigError, TuttiError
from ..terminal.host import TmuxHost
from .known import Known, known


def root_of(workspace: str | None) -> Path:
    """Return the root of a registered workspace, or of the one around the current folder.

    Args:
        workspace: A name from the global file, a path, or None.

    Raises:
        ConfigError: If there is none, or several checkouts share the name.
    """
    if workspace is None:
        return find_root()
    if "/" in workspace or workspace in (".", ".."):
        return find_root(Path(workspace).expanduser().resolve())
    return _registered(workspace)


def running_root(workspace: str | None) -> Path:
    """As `root_of`, also where there is no `tutti.toml` any more: a team may outlive its file.

    Args:
        workspace: As for `root_of`.

    Raises:
        ConfigError: As `root_of`, if nothing runs around the current folder either.
    """
    return running_targets((), workspace)[0]


def target_of(reference: str, workspace: str | None) -> tuple[Path, str]:
    """Return the workspace and the agent that ``agent`` or ``workspace/agent`` means.

    Args:
        reference: The reference.
        workspace: A workspace given apart; a reference must then mean the same one.

    Raises:
        ConfigError: If the workspace is not known, or two are meant.
    """
    root, (agent,) = targets_of([reference], workspace)
    return root, agent


def targets_of(references: Sequence[str], workspace: str | None) -> tuple[Path, tuple[str, ...]]:
    """Return the one workspace and the agents that some references mean.

    Args:
        references: Each ``agent`` or ``workspace/agent``; none means the workspace alone.
        workspace: A workspace given apart; every reference must then mean the same one.

    Raises:
        ConfigError: If a workspace is not known, or several are meant.
    """
    parts = [reference.rpartition("/") for reference in references]
    roots = [
        _registered(name) for name in dict.fromkeys(where for where, slash, _ in parts if slash)
    ]
    if workspace is not None or not roots or not all(slash for _, slash, _ in parts):
        roots.append(root_of(workspace))
    if len(set(roots)) > 1:
        places = ", ".join(dict.fromkeys(str(root) for root in roots))
        raise ConfigError(
            f"these agents are of several workspaces: {places}",
            hint="name the agents of one workspace at a time",
        )
    return roots[0], tuple(agent for _, _, agent in parts)


def running_targets(
    references: Sequence[str], workspace: str | None
) -> tuple[Path, tuple[str, ...]]:
    """As `targets_of`, also where there is no `tutti.toml` any more: a team may outlive its file.

    Args:
        references: As for `targets_of`.
        workspace: As for `targets_of`.

    Raises:
        ConfigError: As `targets_of`, if nothing runs around the current folder either.
    """
    try:
        return targets_of(references, workspace)
    except ConfigError:
        plain = workspace is None and not any("/" in reference for reference in references)
        root = _root_of_sessions() if plain else None
        if root is None:
            raise
        return root, tuple(references)


def _root_of_sessions() -> Path | None:
    here = Path.cwd().resolve()
    roots: set[str] = set()
    with suppress(TuttiError):
        roots = {session.root for session in TmuxHost().list()}
    return next((one for one in (here, *here.parents) if str(one) in roots), None)


def _registered(name: str) -> Path:
    everyone = known()
    found = [one for one in everyone if one.entry.name == name]
    if not found:
        names = ", ".join(sorted({one.entry.name for one in everyone} - {""})) or "none"
        raise ConfigError(
            f"workspace {name!r} is not registered (there are: {names})",
            hint="run tt workspaces add there, or give its path with -w",
        )
    if len(found) > 1:
        places = ", ".join(str(one.root) for one in found)
        raise ConfigError(
            f"workspace {name!r} is the name of several: {places}", hint="give the path with -w"
        )
    return _still_there(name, found[0])


def _still_there(name: str, found: Known) -> Path:
    """Return the root; a workspace above a folder that is none any more is another one."""
    if found.problem:
        raise ConfigError(f"workspace {name!r} cannot be reached: {found.problem}", hint=found.hint)
    return found.root

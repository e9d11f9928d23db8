"""From a name on the command line to a workspace and an agent."""

from __future__ import annotations

from pathlib import Path

from ..config.find import find_root
from ..errors import ConfigError


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


def target_of(reference: str, workspace: str | None) -> tuple[Path, str]:
    """Return the workspace and the agent that ``agent`` or ``workspace/agent`` means.

    Args:
        reference: The reference.
        workspace: A workspace given apart, which must then not be given twice.

    Raises:
        ConfigError: If the workspace is not known or is named twice.
    """
    named, slash, agent = reference.partition("/")
    if not slash:
        return root_of(workspace), reference
    if workspace is not None and workspace != named:
        raise ConfigError(f"two workspaces are named: {workspace!r} and {named!r}")
    return _registered(named), agent


def _registered(name: str) -> Path:
    from ..plugins import Plugins
    from .loading import load_global

    settings = load_global(Plugins.installed())
    found = [Path(one.path) for one in settings.registered_workspace if one.name == name]
    if not found:
        known = ", ".join(sorted({one.name for one in settings.registered_workspace})) or "none"
        raise ConfigError(
            f"workspace {name!r} is not registered (there are: {known})",
            hint="run tt init there, or give its path with -w",
        )
    if len(found) > 1:
        places = ", ".join(str(path) for path in found)
        raise ConfigError(
            f"workspace {name!r} is the name of several: {places}", hint="give the path with -w"
        )
    return find_root(found[0])

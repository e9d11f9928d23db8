"""Finds the workspace one is in, and the user's own file."""

from __future__ import annotations

import os
from pathlib import Path

from tutti_core.errors import ConfigError

FILE = "tutti.toml"


def find_root(start: Path | None = None) -> Path:
    """Return the root of the workspace that a folder belongs to.

    Inside an agent's worktree the copy of `tutti.toml` that is checked out there is passed over:
    the root is the folder whose `.tutti/worktrees/` holds the worktree. `TUTTI_ROOT` names the
    root for every folder below it.

    Args:
        start: The folder to begin with; None means the current one.

    Returns:
        An absolute path without symbolic links.

    Raises:
        ConfigError: If there is no `tutti.toml` here or in any folder above.
    """
    here = _begin(start)
    named = _from_environment(here)
    found = named or next((one for one in (here, *here.parents) if _is_root(one)), None)
    if found is None:
        raise ConfigError(
            f"no {FILE} in {shown(here)} or any folder above it",
            hint="run `tt init` in the folder of your project",
        )
    return _owner(found)


def global_path() -> Path:
    """Return where the user's own file is, whether it exists or not."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    # The convention for this variable: a relative path is as good as none.
    base = base if base.is_absolute() else home() / ".config"
    return base / "tutti" / "config.toml"


def home() -> Path:
    """Return the user's home.

    Raises:
        ConfigError: If nobody knows it.
    """
    try:
        return Path("~").expanduser()
    except RuntimeError as error:
        raise ConfigError(
            f"nobody knows the home of user {os.getuid()}, and HOME is not set",
            hint="set HOME to a folder of your own",
        ) from error


def shown(path: Path) -> str:
    """Return a path as people write it, with `~` for their home."""
    base = Path(os.path.expanduser("~"))
    return f"~/{path.relative_to(base)}" if base in path.parents else str(path)


def _begin(start: Path | None) -> Path:
    try:
        return (start if start is not None else Path.cwd()).resolve()
    except FileNotFoundError as error:
        raise ConfigError(
            "the current folder does not exist any more", hint="go to another folder"
        ) from error


def _is_root(folder: Path) -> bool:
    try:
        return (folder / FILE).is_file()
    except PermissionError:
        return False


def _from_environment(here: Path) -> Path | None:
    named = Path(os.environ.get("TUTTI_ROOT", ""))
    if not named.is_absolute():
        return None
    root = named.resolve()
    # `worktrees` may be a link to another disk, and then its trees do not lie below the root.
    trees = (root / ".tutti" / "worktrees").resolve()
    below = any(place == here or place in here.parents for place in (root, trees))
    return root if below and _is_root(root) else None


def _owner(found: Path) -> Path:
    """Return the outermost workspace in one of whose worktrees the found folder lies, or itself."""
    for folder in reversed(found.parents):
        if folder / ".tutti" / "worktrees" in found.parents and _is_root(folder):
            return folder
    return found

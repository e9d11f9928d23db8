"""Finds the workspace one is in, and the user's own file."""

from __future__ import annotations

import os
from pathlib import Path

from tutti_core.errors import ConfigError

FILE = "tutti.toml"


def find_root(start: Path | None = None) -> Path:
    """Return the root of the workspace that a folder belongs to.

    Inside an agent's worktree the copy of `tutti.toml` that is checked out there is passed over:
    the root is the folder whose `.tutti/worktrees/` holds the worktree.

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
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".config")
    return Path(base, "tutti", "config.toml")


def shown(path: Path) -> str:
    """Return a path as people write it, with `~` for their home."""
    home = os.path.expanduser("~")
    text = str(path)
    below = home != "/" and text.startswith(home.rstrip("/") + "/")
    return "~" + text[len(home.rstrip("/")) :] if below else text


def _begin(start: Path | None) -> Path:
    try:
        return Path(os.path.realpath(start if start is not None else os.getcwd()))
    except FileNotFoundError as error:
        raise ConfigError(
            "the current folder does not exist any more", hint="go to another folder"
        ) from error


def _is_root(folder: Path) -> bool:
    return os.path.isfile(folder / FILE)


def _from_environment(here: Path) -> Path | None:
    named = os.environ.get("TUTTI_ROOT", "")
    if not os.path.isabs(named):
        return None
    root = Path(os.path.realpath(named))
    # `worktrees` may be a link to another disk, and then its trees do not lie below the root.
    trees = Path(os.path.realpath(root / ".tutti" / "worktrees"))
    below = any(place == here or place in here.parents for place in (root, trees))
    return root if below and _is_root(root) else None


def _owner(found: Path) -> Path:
    """Return the outermost workspace in one of whose worktrees the found folder lies."""
    for folder in reversed(found.parents):
        trees = folder / ".tutti" / "worktrees"
        if trees in found.parents and _is_root(folder):
            return folder
    return found

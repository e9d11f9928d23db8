"""Where OpenClaw keeps what: the user's own configuration, and what one agent has to itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tutti_core import LaunchRequest, Past

STATE = "OPENCLAW_STATE_DIR"
CONFIG = "OPENCLAW_CONFIG_PATH"
ROOTS = "OPENCLAW_INCLUDE_ROOTS"


def users_config(env: Mapping[str, str]) -> Path:
    """Return where the user's own configuration lies, or would lie.

    Args:
        env: What the launch adds to this process's environment.
    """
    merged = {**os.environ, **env}
    if (config := _users(merged.get(CONFIG), merged)) is not None:
        return config
    if (folder := _users(merged.get(STATE), merged)) is not None:
        return folder / "openclaw.json"
    profile = merged.get("OPENCLAW_PROFILE", "")
    home = _absolute(merged.get("OPENCLAW_HOME") or "~", merged)
    named = f"-{profile}" if profile and profile != "default" else ""
    return home / f".openclaw{named}" / "openclaw.json"


def state(request: LaunchRequest | Past) -> Path:
    """Return the state folder of one agent: one that is given it by name, else its own.

    OpenClaw lets one process at a time have a state folder, the user's own gateway included. What
    only this process's environment says is the user's, and not one agent's.

    Args:
        request: What is to be started, or was.
    """
    chosen = request.env.get(STATE)
    return _absolute(chosen, request.env) if chosen else request.files / "openclaw"


def roots(env: Mapping[str, str], config: Path) -> str:
    """Return the folders that a configuration may be included from, as OpenClaw takes them.

    Args:
        env: What the launch adds to this process's environment.
        config: The user's configuration, which may be a link to where it really is.
    """
    known = {**os.environ, **env}.get(ROOTS, "").split(os.pathsep)
    wanted = [*known, str(config.parent), str(config.resolve().parent)]
    return os.pathsep.join(dict.fromkeys(one for one in wanted if one))


def _users(said: str | None, env: Mapping[str, str]) -> Path | None:
    """Return the place a variable names; none if it is what an agent was given, who starts us."""
    place = _absolute(said, env) if said else None
    ours = place is not None and {".tutti", "runtime-settings"}.issubset(place.parts)
    return None if ours else place


def _absolute(path: str, env: Mapping[str, str]) -> Path:
    home = env.get("HOME") or os.path.expanduser("~")
    spelt = home + path[1:] if path == "~" or path.startswith("~/") else path
    return Path(os.path.abspath(spelt))

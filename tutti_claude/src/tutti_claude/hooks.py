"""Hooks for one launch: Claude Code tells of itself by lines in a file, and waits for nobody."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path
from typing import Any

from .versions import is_since

EVENTS = {
    "SessionStart": (1, 0, 62),
    "UserPromptSubmit": (1, 0, 54),
    "PreToolUse": (1, 0, 38),
    "PermissionRequest": (2, 0, 45),
    "PostToolUse": (1, 0, 38),
    "SubagentStop": (1, 0, 41),
    "Notification": (1, 0, 38),
    "Stop": (1, 0, 38),
    "StopFailure": (2, 1, 78),
    "SessionEnd": (1, 0, 85),
}
"""The events, each with the version that brought it, as its changelog says. Version 1.0.128 leaves
out a settings file altogether, the policy with it, that names an event it does not know."""
OLDEST = "1.0.128"
"""What is taken for the version where it is not known."""
TIMEOUT_SECS = 10
"""What takes so long, such as a disk that hangs, is given up by Claude Code itself."""


SCRIPT = Path(str(files("tutti_claude") / "hook.sh"))
"""What every hook runs; not in the project, where an agent may write: it must not run that."""


def hooks(spool: Path, version: str | None) -> dict[str, Any]:
    """Return the hooks of a settings file, which Claude Code runs beside the user's own.

    Args:
        spool: The file that they append to.
        version: The version that will run them, or None if it is not known.
    """
    known = [event for event, since in EVENTS.items() if is_since(since, version or OLDEST)]
    return {event: [{"hooks": [_hook(spool, event)]}] for event in known}


def _hook(spool: Path, event: str) -> dict[str, Any]:
    words = shlex.join(("/bin/sh", str(SCRIPT), str(spool), event))
    # A script that is gone must not fail: of some events that would stop what the agent is doing.
    command = f"{words} 2>/dev/null || :"
    return {"type": "command", "command": command, "timeout": TIMEOUT_SECS}

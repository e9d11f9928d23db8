"""What is known of each worktree's set-up, and what the others see of it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from tutti_core import JsonFile, Lock, publish_facts, start_time

PLUGIN = "worktree"
LOCK_SECS = 30.0
SHOWN = ("running", "failed", "stopped")
"""What `tt status` shows of set-ups."""


class Setups:
    """The set-ups of a workspace's worktrees.

    Args:
        root: Absolute path of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".tutti" / "state" / "setup"

    def is_done(self, agent: str, mark: str) -> bool:
        """Return whether an agent's worktree has been set up like this.

        Args:
            agent: The agent's name.
            mark: What `mark_of` gave.
        """
        known = self._read(agent)
        return known.get("mark") == mark and known.get("state") == "done"

    def is_running(self, agent: str) -> bool:
        """Return whether a set-up has begun of which nobody has written down the end.

        Args:
            agent: The agent's name.
        """
        return self._read(agent).get("state") == "running"

    def settle(self, agent: str) -> None:
        """Write down that a set-up that failed or was stopped is not asked for any more.

        Args:
            agent: The agent's name.
        """
        if self._read(agent).get("state") in SHOWN:
            self.note(agent, "", "done")

    def note(self, agent: str, mark: str, state: str, step: str = "") -> None:
        """Write down how far a set-up is, and let `tt status` show it unless it is done.

        Args:
            agent: The agent's name.
            mark: What `mark_of` gave.
            state: ``running``, ``failed``, ``stopped`` or ``done``.
            step: The command it is at.
        """
        known = {"agent": agent, "mark": mark, "state": state, "step": step, "at": time.time()}
        known["holder"] = [os.getpid(), start_time(os.getpid())]
        JsonFile(self.folder / f"{agent}.json").write(known)
        with Lock(self.folder / "facts.lock", timeout=LOCK_SECS, purpose="the facts of set-ups"):
            publish_facts(self.root, PLUGIN, self._facts())

    def log(self, agent: str, what: str) -> Path:
        """Return the file that keeps what commands print.

        Args:
            agent: The agent's name.
            what: ``setup`` or ``teardown``.
        """
        return self.root / ".tutti" / "logs" / f"{agent}.{what}.log"

    def _facts(self) -> dict[str, list[dict[str, Any]]]:
        known = [self._read(path.stem) for path in sorted(self.folder.glob("*.json"))]
        return {str(one["agent"]): [_fact(one)] for one in known if one.get("state") in SHOWN}

    def _read(self, agent: str) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / f"{agent}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) and {"agent", "step", "at"} <= found.keys() else {}


def _fact(known: dict[str, Any]) -> dict[str, Any]:
    fact = {
        "key": "setup",
        "label": "setup",
        "value": f"{known['state']}: {known['step']}",
        "at": known["at"],
    }
    if known["state"] == "running":
        fact |= {"holder": known.get("holder"), "otherwise": f"interrupted: {known['step']}"}
    return fact


def mark_of(worktree: Path, commands: tuple[str, ...]) -> str:
    """Return what tells one set-up of one worktree from any other.

    Args:
        worktree: Absolute path of the worktree; one that was made anew is another.
        commands: The commands.
    """
    made = (worktree / ".git").stat()
    said = json.dumps([made.st_ino, made.st_mtime_ns, *commands])
    return hashlib.sha256(said.encode()).hexdigest()

"""Where things are under a workspace's ``.tutti/``."""

from __future__ import annotations

from pathlib import Path


class Places:
    """The layout of one workspace's own folder.

    Args:
        root: Absolute path of the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / ".tutti"
        self.state = self.home / "state"
        self.worktrees = self.home / "worktrees"
        self.logs = self.home / "logs"
        self.events = self.state / "events.jsonl"
        self.policy_decisions = self.state / "policy-decisions.jsonl"
        self.deaths = self.state / "deaths.spool"
        self.last_team = self.state / "last-team.json"
        self.locks = self.state / "locks"
        self.readings = self.state / "readings.json"
        self.cursors = self.state / "cursors"
        self.queue = self.state / "queue"

    def agent(self, name: str) -> Path:
        """Return an agent's contract file."""
        return self.state / f"{name}.json"

    def conversations(self, name: str) -> Path:
        """Return the file of the conversations an agent has had."""
        return self.state / "conversations" / f"{name}.json"

    def launch(self, name: str) -> Path:
        """Return the folder for files that a runtime has written for a launch."""
        return self.state / "runtime-settings" / name

    def health(self, name: str) -> Path:
        """Return the file that says how an agent is, in the contract's shape."""
        return self.state / "health" / f"{name}.json"

    def cursor(self, service: str) -> Path:
        """Return the file that says how far in the journal a service is."""
        return self.cursors / f"{service}.json"

    def spool(self, name: str) -> Path:
        """Return the file that hooks of an agent's launch append to."""
        return self.state / "hooks" / f"{name}.jsonl"

    def log(self, name: str) -> Path:
        """Return an agent's readable log."""
        return self.logs / f"{name}.log"

    def logged(self, name: str) -> Path:
        """Return the file that says what of an agent's session is in its log already."""
        return self.state / "logged" / f"{name}.json"

    def ring(self, name: str) -> Path:
        """Return the file that holds the last of what an agent printed, byte for byte."""
        return self.logs / f"{name}.raw"

    def prompt(self, correlation_id: str) -> Path:
        """Return the file of a prompt that is too long to be typed."""
        return self.state / "prompts" / f"{correlation_id}.md"

    def withdrawal(self, name: str) -> Path:
        """Return the lock file that is held while somebody waits to take an agent down."""
        return self.locks / f"down-{name}.lock"

    def lock(self, name: str) -> Path:
        """Return the lock file of that name."""
        return self.locks / f"{name}.lock"

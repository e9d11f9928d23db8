"""Where the files of a run are, and how those are written that can be made again."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from tutti_core import ConfigError, Context

LAID_OUT = 64 * 1024
"""Characters of a file up to which it is laid out in lines."""
RUN_ID = re.compile(r"[A-Za-z0-9_-]+")


def new_run_id(now: float | None = None) -> str:
    """Return an id that sorts by time and that no other run has.

    Args:
        now: Seconds since 1970-01-01 UTC; the clock's by default.

    Returns:
        ``YYYYmmdd-HHMMSSmmm-xxxxxx``, in UTC; what is last is chance.
    """
    now = time.time() if now is None else now
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{moment}{int(now * 1000) % 1000:03}-{os.urandom(3).hex()}"


def checked(run_id: str) -> str:
    """Return an id that can stand in a path.

    Args:
        run_id: What somebody gave.

    Raises:
        ConfigError: If it cannot.
    """
    if not RUN_ID.fullmatch(run_id):
        raise ConfigError(f"invalid run_id {run_id!r}: only [A-Za-z0-9_-] allowed")
    return run_id


class Files:
    """Where the files of the runs of a workspace are.

    Args:
        context: The workspace.
    """

    def __init__(self, context: Context) -> None:
        self.state = context.places.state
        self.runs = self.state / "runs"
        self.automation = self.state / "automation-runs.jsonl"
        self.verify_last = self.state / "verify-last.json"
        self.facts = self.state / "facts" / "workflow.json"

    def run(self, run_id: str) -> Path:
        """Return the folder of a run."""
        return self.runs / run_id

    def journal(self, run_id: str) -> Path:
        """Return the journal of a run."""
        return self.runs / run_id / "journal.jsonl"

    def owner(self, run_id: str) -> Path:
        """Return the file that is locked by whoever runs it."""
        return self.runs / run_id / "owner.lock"

    def record(self, run_id: str) -> Path:
        """Return the file that says in one value how a run is."""
        return self.runs / run_id / "run.json"

    def closing(self, run_id: str) -> Path:
        """Return the file that is there while a run has ended and not everybody was told."""
        return self.state / "runs-closing" / run_id

    def attempt(self, run_id: str, key: str, number: int) -> Path:
        """Return the folder for the files of an attempt at a step."""
        return self.runs / run_id / "steps" / key / str(number)

    def checkpoint(self, run_id: str) -> Path:
        """Return the checkpoint of the contract."""
        return self.state / "workflow-checkpoints" / f"{run_id}.json"

    def intents(self, run_id: str) -> Path:
        """Return the folder of the contract's intents."""
        return self.state / "workflow-intents" / run_id

    def outputs(self, run_id: str) -> Path:
        """Return the folder of the contract's outputs."""
        return self.state / "workflow-outputs" / run_id

    def ledger(self, run_id: str) -> Path:
        """Return the ledger of the contract."""
        return self.state / "run-ledger" / f"{run_id}.json"


def write_again(path: Path, value: Any) -> None:
    """Replace a file that can be made again from a journal: whole, and without waiting for a disk.

    Args:
        path: The file; missing folders are made, open to the owner only.
        value: Anything JSON can hold.

    Raises:
        OSError: It cannot be written.
    """
    # Laid out for people as long as that costs nothing: of a thousand steps nobody reads it all.
    text = json.dumps(value, ensure_ascii=False)
    text = f"{json.dumps(value, indent=2, ensure_ascii=False) if len(text) < LAID_OUT else text}\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileNotFoundError:
        private(path.parent)
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def private(folder: Path) -> None:
    """Make a folder and its missing parents, each open to its owner only.

    Args:
        folder: The folder.
    """
    if not folder.is_dir():
        private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)

"""The agent's own folder: live status, trusted folders, where transcripts are."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

from tutti_demo.agent import VERSION

_SESSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def folder() -> Path:
    """Return ``$TUTTI_DEMO_HOME``, or ``~/.tutti-demo``."""
    chosen = os.environ.get("TUTTI_DEMO_HOME")
    return Path(chosen) if chosen else Path.home() / ".tutti-demo"


def new_session() -> str:
    """Make a random session id (a UUID of version 4)."""
    raw = bytearray(os.urandom(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def is_session(text: str) -> bool:
    """Tell whether a text is a session id."""
    return _SESSION.fullmatch(text.lower()) is not None


def transcript_path(home: Path, cwd: str, session: str) -> Path:
    """Return where the transcript of a session in a folder lies."""
    slug = re.sub(r"[^A-Za-z0-9]", "-", cwd)
    return home / "projects" / slug[-200:] / f"{session}.jsonl"


def append(path: Path, line: bytes) -> None:
    """Add one line to a file in one write; the file and its folder are made, for the user only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
    finally:
        os.close(file)


def trusted(home: Path, cwd: str) -> bool:
    """Tell whether the folder was trusted before."""
    try:
        lines = (home / "trusted.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return cwd in lines


def trust(home: Path, cwd: str) -> None:
    """Remember that the folder is trusted."""
    append(home / "trusted.txt", f"{cwd}\n".encode("utf-8", "replace"))


class LiveStatus:
    """``sessions/<pid>.json``: what this process is doing, replaced atomically at each change.

    Args:
        home: The agent's folder.
        session: The session id.
        cwd: The working folder.
    """

    def __init__(self, home: Path, session: str, cwd: str) -> None:
        self.path = home / "sessions" / f"{os.getpid()}.json"
        self._fixed: dict[str, object] = {
            "pid": os.getpid(),
            "sessionId": session,
            "cwd": cwd,
            "startedAt": now_ms(),
            "procStart": _start_of_process(),
            "version": VERSION,
        }

    def show(self, status: str, waiting_for: str = "") -> None:
        """Write a status: ``idle``, ``busy`` or ``waiting``, the last with what for."""
        moment = now_ms()
        record = {**self._fixed, "status": status, "updatedAt": moment, "statusUpdatedAt": moment}
        if waiting_for:
            record["waitingFor"] = waiting_for
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(record), encoding="utf-8")
        fresh.replace(self.path)

    def remove(self) -> None:
        """Take the file away, as a process does that ends in order."""
        self.path.unlink(missing_ok=True)


def now_ms() -> int:
    """Return the time of day in milliseconds since 1970."""
    return int(time.time() * 1000)


def _start_of_process() -> str:
    """Return field 22 of ``/proc/self/stat``, or nothing where there is no ``/proc``."""
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]

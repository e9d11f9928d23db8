"""What a scripted agent was given, by its own byte log, and what it took, by its transcript."""

from __future__ import annotations

import json
from pathlib import Path

from tutti_demo.agent import memory

PASTE, END = b"\x1b[200~", b"\x1b[201~"


def received(log: Path) -> bytes:
    """Return every byte that an agent was given, from the log it writes itself."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return b"".join(bytes.fromhex(json.loads(line)["hex"]) for line in lines)


def pastes(log: Path) -> list[str]:
    """Return the pastes an agent was given, whole ones, in order."""
    parts = received(log).split(PASTE)[1:]
    whole = [part.partition(END)[0] for part in parts if END in part]
    return [text.decode().replace("\r", "\n") for text in whole]


def keys(log: Path) -> bytes:
    """Return what an agent was given beside pastes."""
    first, *parts = received(log).split(PASTE)
    return first + b"".join(part.partition(END)[2] for part in parts)


def taken(home: Path) -> list[str]:
    """Return the prompts that scripted agents of a home took, as their transcripts have them."""
    records = [
        json.loads(line)
        for path in sorted((home / ".tutti-demo" / "projects").glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return memory.prompts(records)

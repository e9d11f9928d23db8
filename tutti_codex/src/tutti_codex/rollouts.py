"""Where Codex keeps what was said: a rollout, one file of JSON lines for each conversation."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tutti_core import Past, newest_first

NAMED = re.compile(r"rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl")


def codex_home(env: Mapping[str, str]) -> Path:
    """Return Codex's own folder, for the environment an agent gets.

    Args:
        env: What the launch adds to this process's environment.
    """
    merged = {**os.environ, **env}
    chosen = merged.get("CODEX_HOME")
    return Path(chosen) if chosen else Path(merged.get("HOME", "~")).expanduser() / ".codex"


def conversations(home: Path, past: Past) -> Iterator[str]:
    """Yield the ids of the conversations that can be an agent's, newest first.

    Codex chooses the id, and writes a rollout at the first prompt. It says in which folder it was
    begun, which is how an agent's own is told from all others.

    Args:
        home: Codex's own folder.
        past: The launch that left one.
    """
    for name, _ in transcripts(home, past):
        yield name


def transcripts(home: Path, past: Past) -> Iterator[tuple[str, Path]]:
    """Yield the same, each with its rollout.

    Args:
        home: Codex's own folder.
        past: The launch.
    """
    named = ((NAMED.fullmatch(path.name), path) for path in _rollouts(home))
    found = {match[1]: path for match, path in named if match}
    for name in newest_first(found, past):
        if _is_of(found[name], past.cwd):
            yield name, found[name]


def _rollouts(home: Path) -> list[Path]:
    """Return every rollout; none where the folder cannot be looked into."""
    try:
        return list(home.glob("sessions/*/*/*/*.jsonl"))
    except OSError:
        return []


def _is_of(path: Path, cwd: Path) -> bool:
    """Return whether a conversation was begun in a folder, and not by another conversation."""
    said = _opening(path)
    return said.get("cwd") == str(cwd) and isinstance(said.get("source", "cli"), str)


def _opening(path: Path) -> Mapping[str, Any]:
    try:
        with path.open(encoding="utf-8") as lines:
            said = json.loads(lines.readline())["payload"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}

"""Where Claude Code keeps what was said: one file of JSON lines for each conversation."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

from tutti_core import Past, newest_first

SAID = re.compile(rb'"type":\s*"user"')
"""What stands in a conversation somebody has spoken in; others cannot be taken up."""


def config_home(env: Mapping[str, str]) -> Path:
    """Return Claude Code's own folder, for the environment an agent gets.

    Args:
        env: What the launch adds to this process's environment.
    """
    merged = {**os.environ, **env}
    chosen = merged.get("CLAUDE_CONFIG_DIR")
    return Path(chosen) if chosen else Path(merged.get("HOME", "~")).expanduser() / ".claude"


def transcript_path(home: Path, cwd: Path, conversation: str) -> Path:
    """Return where the transcript of a conversation lies.

    Args:
        home: Claude Code's own folder.
        cwd: The folder it was started in.
        conversation: The conversation's id.
    """
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(cwd))
    return home / "projects" / slug / f"{conversation}.jsonl"


def transcripts(home: Path, past: Past) -> Iterator[tuple[str, Path]]:
    """Yield the conversations that can be an agent's with their files, newest first.

    Version 1.0 goes on with a conversation under another id, and every version opens another one
    when it is cleared; the one recorded is found wherever it lies, because the name of its folder
    is shortened for long paths.

    Args:
        home: Claude Code's own folder.
        past: The launch that left one.
    """
    folder = transcript_path(home, past.cwd, "x").parent
    found = {path.stem: path for path in _files(folder, "*.jsonl") if _is_id(path.stem)}
    if past.conversation and _is_id(past.conversation):
        known = _files(home, f"projects/*/{past.conversation}.jsonl")
        found.update((path.stem, path) for path in known)
    for name in newest_first(found, past):
        yield name, found[name]


def is_spoken(path: Path) -> bool:
    """Return whether somebody has said something in a conversation.

    Args:
        path: Its file.
    """
    try:
        with path.open("rb") as lines:
            return any(SAID.search(line) for line in lines)
    except OSError:
        return False


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files in a folder, which may have a longer name than any can have."""
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

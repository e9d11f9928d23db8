"""What was said to Aider: one file of Markdown for each conversation, in the agent's own folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from uuid import UUID

SAID = re.compile(rb"#### (?:(?![/!]|<blank>)|/(?:ask|code|architect|context|help)\s+\S)")
"""What begins a line of somebody's words to the model; its commands are kept like any others."""

PROMPT = re.compile(r"####(?: .*)?  ")
"""A line of a prompt as it is kept: the blanks at its end tell it from a heading in an answer."""
TOLD = re.compile(r"> .*  |>  ")
"""A line that Aider itself says: questions, errors, counts of tokens."""
TAIL_BYTES = 1024 * 1024
"""So much of the end of a history is looked at for an answer."""


def history(files: Path, conversation: str) -> Path:
    """Return where a conversation is kept.

    Args:
        files: The agent's own folder.
        conversation: The conversation's id.
    """
    return files / f"aider.chat.history.{conversation}.md"


def is_spoken(files: Path, conversation: str) -> bool:
    """Return whether something was said in a conversation.

    Args:
        files: The agent's own folder.
        conversation: The conversation's id, or what is taken for one.
    """
    if not _is_id(conversation):
        return False
    try:
        with history(files, conversation).open("rb") as lines:
            return any(SAID.match(line) for line in lines)
    except OSError:
        return False


def answer(path: Path, prompt: str, since: float) -> str:
    """Return what was said to the last prompt, word for word, if it is this one.

    An answer is written down in one piece, once it is complete or was interrupted. What Aider says
    of its own work is left out as far as it is marked: a command that it asks about is not, if it
    has several lines.

    Args:
        path: The history of the conversation.
        prompt: The prompt.
        since: When it was typed, in epoch seconds.

    Returns:
        The words; empty if there are none, if anything was typed since, or if nothing was written
        down since it was typed: an earlier prompt may have been the same.
    """
    lines = _end(path, since)
    last = next((n for n in reversed(range(len(lines))) if PROMPT.fullmatch(lines[n])), None)
    if last is None:
        return ""
    first = last
    while first and PROMPT.fullmatch(lines[first - 1]):
        first -= 1
    asked = "".join(line.removeprefix("####") for line in lines[first : last + 1])
    if not prompt.split() or asked.split() != prompt.split():
        return ""
    said = (line for line in lines[last + 1 :] if not TOLD.fullmatch(line))
    return "\n".join(said).strip("\n")


def _end(path: Path, since: float) -> list[str]:
    """Return the whole lines in the end of a history that was written to since an instant."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            begins = max(0, found.st_size - TAIL_BYTES)
            file.seek(begins)
            lines = file.read(TAIL_BYTES).split(b"\n")
        fresh = found.st_mtime >= since
        return [line.decode() for line in lines[1 if begins else 0 : -1]] if fresh else []
    except (OSError, ValueError):
        return []


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

"""What was said to Aider: one file of Markdown for each conversation, in the agent's own folder."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

SAID = re.compile(rb"#### (?:(?![/!]|<blank>)|/(?:ask|code|architect|context|help)\s+\S)")
"""What begins a line of somebody's words to the model; its commands are kept like any others."""


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


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

"""The calls that Aider makes for itself: it has its commits described and its past summed up."""

from __future__ import annotations

import re

from tutti_testing.model.steps import Say

_COMMIT = "You are an expert software engineer that generates"
_SUMMARY = "*Briefly* summarize this partial conversation"
_WANTED = re.compile(r"\[\[commit\s+(.*?)\]\]", re.DOTALL)


def is_auxiliary(instructions: str) -> bool:
    """Tell a call that the client makes for itself from one that a prompt caused.

    Args:
        instructions: The system prompt.
    """
    return instructions.startswith((_COMMIT, _SUMMARY))


def auxiliary_answer(instructions: str, prompt: str) -> Say:
    """Return an answer that the client can use.

    What is said about a commit contains the turn it comes from: a message that a ``commit``
    directive asked for there is the one.

    Args:
        instructions: The system prompt.
        prompt: What is to be described or summed up.
    """
    if not instructions.startswith(_COMMIT):
        return Say("I asked you to follow a script, and you did.")
    wanted = _WANTED.search(prompt)
    return Say(" ".join(wanted[1].split()) if wanted else "chore: scripted commit")

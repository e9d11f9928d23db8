"""Calls that Claude Code makes for itself, and what it expects of them.

Titles, suggestions, summaries; before 2.1 also the prefix of every shell command, by which that
version matches its permission rules, so that a careless answer would change what the user is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from tutti_testing.model.request import Request
from tutti_testing.model.steps import Say

_HEADERS = ("x-claude-code-auxiliary-type", "x-claude-code-compaction")
_SUMMARY_PROMPTS = (
    "CRITICAL: Respond with TEXT ONLY",
    "Your task is to create a detailed summary of",
)
_SUGGESTION_PROMPT = "[SUGGESTION MODE:"
_PREFIX_PROMPT = "<policy_spec>"
_WARM_UP = "Warmup"
_MAIN_TOOLS = frozenset({"Task", "Agent"})

_TITLE = json.dumps({"title": "Scripted session", "isNewTopic": True})
_SUMMARY = "<analysis>Scripted.</analysis>\n<summary>A scripted conversation.</summary>"
_INJECTION = re.compile(r"`|\$\(")
_COMPOUND = re.compile(r"[|;&\n]")
_WITH_SUBCOMMANDS = frozenset({"cargo", "docker", "git", "npm", "uv"})


def is_auxiliary(headers: Mapping[str, str], tools: Sequence[str], prompt: str) -> bool:
    """Tell a call that the client makes for itself from one that the user's prompt caused.

    Most of them have no tools. Some do, to share a cache with the session, and give themselves
    away by a header or by their first words; 2.0 warms its agents up with one word.

    Args:
        headers: Header values by lower-case name.
        tools: The names of the tools on offer.
        prompt: What seems to have been typed.
    """
    if not tools or any(name in headers for name in _HEADERS):
        return True
    if prompt == _WARM_UP and not _MAIN_TOOLS.intersection(tools):
        return True
    return prompt.startswith((_SUGGESTION_PROMPT, *_SUMMARY_PROMPTS))


def auxiliary_answer(request: Request) -> Say:
    """Return an answer that the client can use."""
    if request.prompt.startswith(_PREFIX_PROMPT):
        return Say(command_prefix(request.prompt.rpartition("\nCommand: ")[2]))
    if request.prompt.startswith(_SUMMARY_PROMPTS):
        return Say(_SUMMARY)
    return Say(_TITLE)


def command_prefix(command: str) -> str:
    """Return the part of a shell command that a permission rule names, such as ``git add``."""
    if _INJECTION.search(command):
        return "command_injection_detected"
    words = command.split()
    if not words or _COMPOUND.search(command):
        return "none"
    count = 2 if words[0] in _WITH_SUBCOMMANDS else 1
    return " ".join(words[:count])

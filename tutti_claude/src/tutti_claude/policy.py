"""The team's policy in Claude Code's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

NAMES = (
    "AskUserQuestion Bash Edit ExitPlanMode Glob Grep LS MultiEdit NotebookEdit NotebookRead "
    "Read Skill Task TodoRead TodoWrite WebFetch WebSearch Write"
)
TOOLS = frozenset(NAMES.split())
CALL = re.compile(r"^[A-Za-z_][\w-]*\(.*\)$", re.DOTALL)


def settings(rules: Sequence[str]) -> dict[str, Any]:
    """Return a settings file that allows what the policy lists and nothing else.

    Args:
        rules: Shell commands by their first words, or tools of Claude Code's own.
    """
    return {"permissions": {"allow": [rendered(rule) for rule in rules]}}


def rendered(rule: str) -> str:
    """Return one rule as Claude Code writes it.

    ``Bash(git status)`` would be that exact command, so a prefix is written with ``:*``.

    Args:
        rule: A tool such as ``Edit``, a call such as ``Bash(npm test)``, or the first words of a
            shell command; a trailing ``*`` is the same as none.
    """
    rule = " ".join(rule.split())
    if rule.lower() in {tool.lower() for tool in TOOLS}:
        return next(tool for tool in TOOLS if tool.lower() == rule.lower())
    if CALL.match(rule) or rule.startswith("mcp__"):
        return rule
    return f"Bash({rule.removesuffix('*').rstrip()}:*)"

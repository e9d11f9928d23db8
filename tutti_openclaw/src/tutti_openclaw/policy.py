"""The team's policy for OpenClaw: the tools it can be denied, and words for what it cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

CALL = re.compile(r"^Bash\((?P<command>.*)\)$", re.DOTALL)
# OpenClaw's own tools, each with the tools a policy may allow it by.
TOOLS: Mapping[str, frozenset[str]] = {
    "write": frozenset({"write"}),
    "edit": frozenset({"edit", "multiedit"}),
    "apply_patch": frozenset({"edit", "multiedit", "apply_patch"}),
}
# What is the name of a tool of some runtime or other, and not the first word of a command.
_NAMES = (
    "apply_patch AskUserQuestion Bash Edit ExitPlanMode Glob Grep LS MultiEdit NotebookEdit "
    "NotebookRead Read Skill Task TodoRead TodoWrite WebFetch WebSearch Write"
)
NAMES = frozenset(_NAMES.lower().split())

HEAD = (
    "What you may do here is listed. Nobody can be asked for more. Run a shell command only if it "
    "begins with one of these, each part of a compound command by itself; use a tool named here "
    "freely; for anything else, say what you would have done and stop."
)


def told(rules: Sequence[str]) -> str:
    """Return a policy as instructions.

    Args:
        rules: Shell commands by their first words, or names of tools.
    """
    return "\n".join([HEAD, "", *(f"- {plain(rule)}" for rule in rules)])


def held(rules: Sequence[str]) -> dict[str, Any]:
    """Return the part of a policy that OpenClaw itself enforces, as its `tools` settings.

    It can be kept from tools, and files outside its folder from file tools; a list of commands it
    takes only from a database of its own.

    Args:
        rules: The same.
    """
    listed = {plain(rule).lower() for rule in rules}
    denied = [name for name, by in TOOLS.items() if not by & listed]
    runs = any(_runs(rule) for rule in rules)
    runs = any(_runs(rule) for rule in rules)
    return {
        # A user's own stricter setting for commands stays in force where some are allowed.
        **({} if runs else {"exec": {"mode": "deny"}}),
        "fs": {"workspaceOnly": True},
        **({"deny": denied} if denied else {}),
    }


def plain(rule: str) -> str:
    """Return one rule as plain words, without the marks of other runtimes.

    Args:
        rule: The first words of a shell command, a call such as ``Bash(npm test:*)``, or a tool.
    """
    rule = " ".join(rule.split())
    call = CALL.match(rule)
    inner = call["command"] if call else rule
    return inner.removesuffix("*").removesuffix(":").rstrip() or rule


def _runs(rule: str) -> bool:
    """Return whether a rule allows some shell command."""
    words = " ".join(rule.split())
    if CALL.match(words) or words == "Bash":
        return True
    return words == "ls" or (words.lower() not in NAMES and "(" not in words)

"""The policy: a team-shared list of what agents may do, in the user's own global file."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from tutti_core import LaunchRequest, Refusal, Table

STARTER = """\
# What agents may do without asking, when they are started constrained (the default):
# shell commands by their first words, or tools of the agent's own.
[permissions]
allow = [
  "Read", "Glob", "Grep", "Edit", "Write", "TodoWrite",
  "git status", "git diff", "git log", "git show", "git add", "git commit",
  "ls", "cat", "head", "tail", "wc", "grep", "rg", "pwd", "mkdir",
]
"""

REMEDY = (
    "list what agents may do under [permissions] in the global file (tt init offers a start), "
    "or use --mode safe, or --mode unattended --policy bypass"
)


@attrs.frozen
class Permissions:
    """`[permissions]` of the global file.

    Attributes:
        allow: Shell commands by their first words, such as ``git status``, or tools of the agent's
            own, such as ``Edit``. Whatever is not listed is refused.
    """

    allow: tuple[str, ...] = ()


def table() -> Table:
    """Return the declaration of `[permissions]`."""
    return Table("permissions", Permissions, scope="global", starter=STARTER, check=_problems)


def bind(launch: LaunchRequest) -> LaunchRequest | Refusal | None:
    """Give a constrained launch its rules.

    Args:
        launch: What is to be started.

    Returns:
        The request with the rules, a refusal if there are none, or None when no policy applies.
    """
    if not launch.constrained:
        return None
    policy = launch.arrangement.table(Permissions)
    if policy is None or not policy.allow:
        return Refusal("a constrained launch needs a policy", REMEDY, "tutti-permissions")
    return attrs.evolve(launch, rules=tuple(policy.allow))


def _problems(policy: Permissions) -> Iterable[tuple[str, str]]:
    for number, rule in enumerate(policy.allow):
        if not rule.strip():
            yield f"allow[{number}]", "this rule is blank; name a command or a tool"
        elif rule.strip() == "*":
            yield f"allow[{number}]", "'*' allows everything; that is --policy bypass"

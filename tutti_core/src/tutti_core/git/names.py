"""Names that become folders and branches: checked before anything is made of them."""

from __future__ import annotations

import re

from tutti_core.errors import GitError
from tutti_core.git.process import complaint
from tutti_core.git.repo import Git

_AGENT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def check_agent(agent: str) -> None:
    """Refuse a name that is not safe as the name of a folder.

    Args:
        agent: The agent's name.

    Raises:
        GitError: It has other characters than ``A-Z a-z 0-9 _ -``, or more than 64 of them.
    """
    if not _AGENT.fullmatch(agent):
        raise GitError(
            f"{agent!r} cannot name a worktree",
            hint="Give the agent a name of 1 to 64 letters, digits, '-' and '_'.",
        )


def check_branch(git: Git, branch: str) -> None:
    """Refuse a name that git would not take as the name of a branch.

    Args:
        git: The repository.
        branch: The branch's name, without ``refs/heads/``.

    Raises:
        GitError: git refuses it, or takes it for another branch's (``@{-1}``).
    """
    answer = git.attempt("check-ref-format", "--branch", branch)
    said = answer.out.rstrip("\n")
    if answer.code or said != branch:
        reason = complaint(answer) if answer.code else f"git reads it as {said!r}"
        raise GitError(
            f"{branch!r} cannot name a branch: {reason}",
            hint="Set `branch` of that agent to a name such as tutti/api.",
        )


def check_room(git: Git, branch: str) -> None:
    """Refuse a new branch that an existing one leaves no room for.

    Args:
        git: The repository.
        branch: A branch that does not exist yet.

    Raises:
        GitError: A part of its path is a branch (``tutti`` for ``tutti/api``), or branches lie
            below it.
    """
    taken = _in_the_way(git, branch)
    if taken:
        raise GitError(
            f"branch {branch} cannot be made while branch {taken} exists:"
            " to git one is a file and the other a folder of the same name",
            hint=f"Rename it (git branch -m {taken} NEW-NAME), or set `branch` of that agent.",
        )


def _in_the_way(git: Git, branch: str) -> str:
    parts = branch.split("/")
    for count in range(1, len(parts)):
        above = "/".join(parts[:count])
        if git.branch_exists(above):
            return above
    below = git.run("for-each-ref", "--count=1", "--format=%(refname)", f"refs/heads/{branch}/")
    return below.removeprefix("refs/heads/")

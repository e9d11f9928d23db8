"""What `[worktree]` says, for the whole team and for one agent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeVar

import attrs

from tutti_core import Agent, Arrangement, Keys, Table

T = TypeVar("T")

PLACES = frozenset(("agent", "workspace"))
"""What may stand in braces in a template of a branch's name."""


@attrs.frozen
class ForAgent:
    """What an agent's own table says of its worktree, in place of what `[worktree]` says.

    Attributes:
        copy: Files to copy into a new worktree from the workspace, as globs; what is there
            already is left alone.
        link: Files and folders to link to instead, such as `node_modules`.
        setup: Commands to run in a new worktree, one after the other, each by `sh -c`.
        teardown: Commands to run in a worktree before it is taken away.
        sparse: Which part of the repository to check out: true for the agent's `scope`, or a list
            of folders.
        base: Branch, tag or commit that a new branch starts from; else what the workspace is on.
        branch_template: Name of a new branch, with `{agent}` and `{workspace}`.
    """

    copy: tuple[str, ...] | None = None
    link: tuple[str, ...] | None = None
    setup: tuple[str, ...] | None = None
    teardown: tuple[str, ...] | None = None
    sparse: bool | tuple[str, ...] | None = None
    base: str | None = None
    branch_template: str | None = None


@attrs.frozen
class Ready:
    """`[worktree]`: what makes a new worktree ready to work in.

    Attributes:
        copy: Files to copy into a new worktree from the workspace, as globs; what is there
            already is left alone.
        link: Files and folders to link to instead, such as `node_modules`.
        setup: Commands to run in a new worktree, one after the other, each by `sh -c`.
        setup_secs: How long all of `setup` may take, in seconds.
        teardown: Commands to run in a worktree before it is taken away.
        teardown_secs: How long all of `teardown` may take, in seconds.
        sparse: Which part of the repository to check out: true for the agent's `scope`, or a list
            of folders.
        base: Branch, tag or commit that a new branch starts from; else what the workspace is on.
        branch_template: Name of a new branch, with `{agent}` and `{workspace}`.
        ports: How many ports each agent has to itself, from `TUTTI_PORT_BASE` on; 0 for none.
    """

    copy: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    setup_secs: float = 600.0
    teardown: tuple[str, ...] = ()
    teardown_secs: float = 60.0
    sparse: bool | tuple[str, ...] = False
    base: str | None = None
    branch_template: str | None = None
    ports: int = 10

    def of(self, agent: Agent) -> Ready:
        """Return what counts for an agent.

        Args:
            agent: The agent; what its own table says stands in place of what this one says.
        """
        own = attrs.asdict(agent.extra(ForAgent), recurse=False)  # noqa: S610 -- nothing of Django
        return attrs.evolve(self, **{key: value for key, value in own.items() if value is not None})

    def folders(self, agent: Agent) -> tuple[str, ...]:
        """Return the folders to check out; none for the whole repository.

        Args:
            agent: The agent, whose `scope` counts if nothing else is said.
        """
        if isinstance(self.sparse, tuple):
            return tuple(folder.strip("/") for folder in self.sparse)
        leading = folder_of(agent.scope or "") if self.sparse else ""
        return (leading,) if leading else ()


def settings_of(team: Arrangement, agent: Agent | None) -> Ready:
    """Return what makes an agent's worktree ready.

    Args:
        team: The arrangement.
        agent: The agent; None for one that is no longer in it.
    """
    common = team.table(Ready) or Ready()
    return common.of(agent) if agent else common


def tables() -> Iterable[Table | Keys]:
    """Return the declarations of `[worktree]` and of the agent's keys."""
    return [Table("worktree", Ready, check=problems), Keys("agent", ForAgent)]


def problems(found: Ready) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with `[worktree]`, each a path below it and a message.

    Args:
        found: The table.
    """
    for key in ("copy", "link"):
        for number, pattern in enumerate(getattr(found, key)):
            if not is_inside(pattern):
                yield f"{key}[{number}]", "must be a path below the workspace"
    if isinstance(found.sparse, tuple):
        for number, folder in enumerate(found.sparse):
            if not is_inside(folder.strip("/")) or folder_of(folder) != folder.strip("/"):
                yield f"sparse[{number}]", "must be a folder below the workspace, with no wildcard"
    for key in ("setup_secs", "teardown_secs"):
        if not 0 < getattr(found, key) <= 86_400:
            yield key, "must be more than 0 and at most a day (86400)"
    if not 0 <= found.ports <= 100:
        yield "ports", "must be from 0 to 100"
    yield from _template(found.branch_template)


def _template(text: str | None) -> Iterator[tuple[str, str]]:
    if text is None:
        return
    named = set(re.findall(r"\{([^{}]*)\}", text))
    if named - PLACES or "agent" not in named or re.search(r"[{}]", re.sub(r"\{\w+\}", "", text)):
        yield "branch_template", "must hold {agent}, and may hold {workspace}; nothing else in {}"


def is_inside(pattern: str) -> bool:
    """Return whether a glob can only match below the folder it starts from.

    Args:
        pattern: The glob.
    """
    path = PurePosixPath(pattern)
    parts = path.parts
    return bool(parts) and not path.is_absolute() and not {"..", ".git", ".tutti"} & set(parts)


def folder_of(scope: str) -> str:
    """Return the folder that a glob begins with; empty if it begins with a wildcard.

    Args:
        scope: A glob, such as ``src/api/**``.
    """
    plain: list[str] = []
    for part in PurePosixPath(scope.strip("/")).parts:
        if re.search(r"[*?\[{]", part):
            break
        plain.append(part)
    else:
        # A last part without a wildcard is a folder too, unless it looks like a file.
        plain = plain[:-1] if plain and "." in plain[-1].lstrip(".") else plain
    return "/".join(plain)

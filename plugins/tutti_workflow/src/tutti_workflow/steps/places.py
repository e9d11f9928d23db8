"""Where a step works and reads: the workspace or an agent's tree, and never outside of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

from tutti_core import Attempt, ConfigError, Context, Git, GitError, RuntimeFailure

Base = Literal["workspace", "agent_worktree"]


def tree_of(context: Context, agent: str) -> Path:
    """Return the folder in which an agent works, whether or not it is there yet.

    Args:
        context: The workspace.
        agent: The agent's name.

    Raises:
        ConfigError: If there is no such agent.
    """
    if not context.arrangement.worktree_of(context.agent(agent)):
        return context.root
    tree = context.places.worktrees / agent
    try:
        # A workspace may be one folder of a larger repository.
        return tree / context.root.resolve().relative_to(Git(context.root).top())
    except (GitError, ValueError):
        return tree


def planned_folder(context: Context, base: Base, agent: str | None, subdir: str | None) -> Path:
    """Return the folder that a step is to work in, without looking whether it is there.

    Raises:
        ConfigError: If it is an agent's, and no such agent is named.
    """
    if base == "agent_worktree" and not agent:
        raise ConfigError('cwd = "agent_worktree" needs an agent', hint="name one: agent = …")
    folder = tree_of(context, agent or "") if base == "agent_worktree" else context.root
    return folder / subdir if subdir else folder


def working_folder(context: Context, base: Base, agent: str | None, subdir: str | None) -> Path:
    """Return the folder that a step works in, now that it starts.

    Args:
        context: The workspace.
        base: Whether it works in the workspace or in an agent's tree.
        agent: The agent.
        subdir: The folder below that.

    Raises:
        TuttiError: If it is not there, or a link or ``..`` leads out of where it has to be.
    """
    top = planned_folder(context, base, agent, None)
    if not top.is_dir():
        hint = f"put a step of type ensure_running for {agent} before it"
        raise RuntimeFailure(f"{agent} has no worktree yet: {top} is not there", hint=hint)
    folder = within(top, subdir or "", "subdir")
    if not folder.is_dir():
        raise RuntimeFailure(f"subdir {subdir!r} is no folder in {top}", hint="make it before")
    return folder


def within(top: Path, given: str, key: str, *, anywhere: bool = False) -> Path:
    """Return a path below a folder, links followed.

    Args:
        top: The folder.
        given: The path as it was given; relative to the folder unless absolute.
        key: The key it was given under, for the error.
        anywhere: Whether it may lie outside.

    Raises:
        ConfigError: If it may not, and does.
    """
    if "\0" in given:
        raise ConfigError(f"{key} has a NUL in it", hint="give another path")
    path = Path(os.path.realpath(top / given))
    if not anywhere and not path.is_relative_to(os.path.realpath(top)):
        raise ConfigError(
            f"{key} {given!r} leads out of {top}, to {path}",
            hint="give a path inside, or allow_outside = true where the step has it",
        )
    return path


def step_folder(context: Context, attempt: Attempt) -> Path:
    """Return the folder for the files of an attempt, private and there.

    Args:
        context: The workspace.
        attempt: The attempt.
    """
    given = attempt.env.get("TUTTI_STEP_DIR")
    name = re.sub(r"[^A-Za-z0-9_-]", "-", attempt.token) or "step"
    folder = Path(given) if given else context.places.state / "steps" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

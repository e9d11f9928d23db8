"""Puts a worktree where there is none: all of it, or nothing is left of the attempt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tutti_core.errors import GitError
from tutti_core.git.making import add, add_part, plan
from tutti_core.git.site import Site
from tutti_core.git.wreck import clear, clear_staging

if TYPE_CHECKING:
    from tutti_core.git.worktrees import Worktrees


def raised(
    trees: Worktrees,
    site: Site,
    branch: str,
    busy: int,
    *,
    base: str | None = None,
    folders: Sequence[str] = (),
) -> None:
    """Make a worktree; call it under the repository's lock.

    Args:
        trees: The worktrees it is one of.
        site: A place where nothing is, and of which git knows nothing.
        branch: An existing branch, or the name of a new one.
        busy: The descriptor of that lock.
        base: Branch, tag or commit that a new branch starts from; HEAD if it is None.
        folders: The folders to check out; none for the whole repository.

    Raises:
        GitError: It cannot be made; nothing of it is left then.
    """
    args = plan(trees.git, branch, site.path, base)
    _make_home(trees.home)
    # Written down first: after a crash, what is there is known to be ours and unfinished.
    trees.records.begin(site.agent, site.path, branch)
    try:
        if folders:
            add_part(trees.git, args, site.path, busy, folders)
        else:
            add(trees.git, args, site.path, busy)
        _check_made(trees, site.agent, branch)
    except GitError as error:
        raise _undone(trees, site.agent, args, error) from error
    if "-b" in args:
        trees.branches.note(branch, args[-1])
    trees.records.finish(site.agent)


def clear_wrecks(trees: Worktrees, agent: str) -> None:
    """Clear what killed calls left; the one of this agent must go, others may stay.

    Args:
        trees: The worktrees.
        agent: The agent's name.

    Raises:
        GitError: What is left of this agent's cannot be cleared.
    """
    clear_staging(trees.git, trees.bench.trash)
    for name, record in trees.records.read().items():
        if record.created_at is None:
            try:
                clear(
                    trees.git,
                    Site(name, trees.home.resolve() / name, None, None, record),
                    trees.bench.trash,
                )
            except GitError:
                if name == agent:
                    raise


def _check_made(trees: Worktrees, agent: str, branch: str) -> None:
    site = trees.survey(agent)
    if not site.linked or not site.entry or site.entry.branch != branch:
        raise GitError(f"git did not make {site.path} on branch {branch} as it was told")


def _undone(trees: Worktrees, agent: str, args: tuple[str, ...], error: GitError) -> GitError:
    """Take back what a failed attempt left, and return the error that tells of both."""
    try:
        clear_wrecks(trees, agent)
    except GitError as kept:
        return GitError(f"{error.message}; {kept.message}", hint=kept.hint or error.hint)
    if "-b" in args:
        # Only while it still is where it was made: a branch without a commit of its own.
        branch, start = args[args.index("-b") + 1], args[-1]
        trees.git.run("update-ref", "-d", f"refs/heads/{branch}", start, check=False)
    trees.records.forget(agent)
    return error


def _make_home(home: Path) -> None:
    from tutti_core.state.disk import explained, make_private

    with explained("make", home):
        make_private(home)
    if not home.is_dir():
        raise GitError(f"{home} is not a folder", hint="Is its disk mounted?")

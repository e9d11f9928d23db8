"""Adding one worktree to a repository."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.listing import linked, read_list
from tutti_core.git.names import check_room
from tutti_core.git.process import complaint, failure
from tutti_core.git.repo import Git

SECONDS = 600.0
"""How long a checkout may take: large files may come from elsewhere."""


def plan(git: Git, branch: str, path: Path, base: str | None = None) -> tuple[str, ...]:
    """Return the git command that makes a worktree on a branch.

    Args:
        git: The repository.
        branch: An existing branch, or the name of a new one.
        path: Where it goes.
        base: Branch, tag or commit that a new branch starts from; HEAD if it is None.

    Raises:
        GitError: The branch is in use elsewhere, cannot be made, or there is no commit yet.
    """
    if git.branch_exists(branch):
        check_free(git, branch, path)
        return ("worktree", "add", "--quiet", "--", str(path), branch)
    check_room(git, branch)
    start = start_of(git, base)
    if start is None:
        raise GitError(
            f"{git.root} has no commit yet, so no worktree can be made from it",
            hint="Make a first commit: git add -A && git commit -m 'first'"
            " (or git commit --allow-empty -m 'first').",
        )
    # By its id: nothing called HEAD can be meant instead, and no upstream is set.
    return ("worktree", "add", "--quiet", "-b", branch, "--", str(path), start)


def add(git: Git, args: tuple[str, ...], path: Path, busy: int) -> None:
    """Make a worktree.

    Args:
        git: The repository.
        args: What `plan` gave.
        path: Where it goes.
        busy: The descriptor of the repository's lock, which git inherits.

    Raises:
        GitError: git failed, or a hook of the repository did; part of it may be there.
    """
    answer = git.attempt(*args, timeout=SECONDS, pass_fds=(busy,))
    if not answer.code:
        return
    if answer.code < 0 or not _is_made(git, path):
        raise failure(args, answer)
    # Git runs the hook when all else is done, and hands its exit status on.
    raise GitError(
        f"the repository's post-checkout hook failed in {path}"
        f" (status {answer.code}): {complaint(answer)}",
        hint="Mend the hook; git says where it is: git rev-parse --git-path hooks/post-checkout",
    )


def add_part(
    git: Git, args: tuple[str, ...], path: Path, busy: int, folders: Sequence[str]
) -> None:
    """Make a worktree that has only some folders of the repository, and the files above them.

    Args:
        git: The repository.
        args: What `plan` gave.
        path: Where it goes.
        busy: The descriptor of the repository's lock, which git inherits.
        folders: The folders, relative to the top of the repository.

    Raises:
        GitError: git failed; part of it may be there.
    """
    add(git, (*args[:2], "--no-checkout", *args[2:]), path, busy)
    inside = Git(path)
    # Cone mode and a sparse index cost what is checked out, not what is in the repository.
    sparse = ("sparse-checkout", "set", "--cone", "--sparse-index", "--", *folders)
    for words in (sparse, ("checkout", "--quiet")):
        answer = inside.attempt(*words, timeout=SECONDS, pass_fds=(busy,))
        if answer.code:
            raise failure(words, answer)


def part_of(path: Path) -> tuple[str, ...]:
    """Return the folders that a worktree checks out; none if it has the whole repository.

    Args:
        path: The worktree.
    """
    answer = Git(path).attempt("sparse-checkout", "list")
    return () if answer.code else tuple(sorted(answer.out.splitlines()))


def start_of(git: Git, base: str | None) -> str | None:
    """Return the commit a new branch starts from; None if there is no commit at all.

    Args:
        git: The repository.
        base: Branch, tag or commit; the workspace's current commit if it is None.

    Raises:
        GitError: If there is no such commit.
    """
    if base is None:
        return git.head(git.root)
    answer = git.attempt(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"
    )
    if answer.code:
        raise GitError(
            f"there is no commit {base!r} in {git.root} for a new branch to start from",
            hint="set `base` to a branch, a tag or a commit that is there, or fetch it",
        )
    return answer.out.strip()


def _is_made(git: Git, path: Path) -> bool:
    # Where git cannot even give its list, its first complaint is the one to tell.
    with suppress(GitError):
        return any(entry.path == path and entry.locked is None for entry in linked(git))
    return False


def check_free(git: Git, branch: str, path: Path) -> None:
    """Refuse a branch that a worktree elsewhere is on.

    Args:
        git: The repository.
        branch: The branch.
        path: The worktree that may be on it.

    Raises:
        GitError: Another one is; the message names it.
    """
    for entry in read_list(git):
        if entry.branch == branch and entry.path != path:
            gone = entry.prunable is not None
            raise GitError(
                f"branch {branch} is already checked out in {entry.path}"
                + (", a worktree whose folder is gone" if gone else ""),
                hint=_way_to(entry.path, path, gone=gone),
            )


def _way_to(holder: Path, path: Path, *, gone: bool) -> str:
    """Return how a worktree can have a branch that another one is on."""
    other = shlex.quote(str(holder))
    if gone:
        return f"If it is not coming back: git worktree remove {other}"
    if holder.parent == path.parent:
        return f"Set another `branch` for one of the two, or free it: tt down --clean {holder.name}"
    return f"Set another `branch` for the agent, or free it: git -C {other} switch ..."

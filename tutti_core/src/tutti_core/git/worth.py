"""What would be lost if a worktree went: asked of git before anything is moved."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.process import failure
from tutti_core.git.repo import Git

_SECONDS = 600.0
# Speed-ups that answer from memory: good enough to look, not to throw away.
_AFRESH = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
_STATUS = ("status", "--porcelain", "-z", "--no-renames", "--ignored=traditional")
# Said each time: the user may have told git not to show new files.
_NEW, _EACH_NEW = "--untracked-files=normal", "--untracked-files=all"
_UNDERWAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a series of picks",
    "BISECT_LOG": "a bisection",
}


class Contents(NamedTuple):
    """What a worktree holds beside its commit.

    Attributes:
        changed: Paths that are modified, staged or new.
        ignored: Paths that are there and ignored; folders end in ``/``.
    """

    changed: tuple[str, ...]
    ignored: tuple[str, ...]


def contents(git: Git, path: Path) -> Contents:
    """Look into a worktree, submodules included.

    Args:
        git: Its repository.
        path: Its folder.

    Raises:
        GitError: git cannot tell.
    """
    found = _status(git, path, "--ignore-submodules=none", _NEW)
    ignored = tuple(name for code, name in found if code == "!!")
    changed = [name for code, name in found if code != "!!"]
    changed += [name for name in ignored if os.path.lexists(path / name / ".git")]
    return Contents((*changed, *_hidden(git, path)), ignored)


def held(git: Git, admin: Path, head: str | None) -> list[str]:
    """Return what only git's entry of a worktree holds, in words.

    Args:
        git: The repository.
        admin: The entry (``.git/worktrees/<id>``).
        head: The commit the worktree stands on, if any.
    """
    words = [f"{what} that is not finished" for what in underway(admin)]
    if head and _unreached(git, admin):
        words.append(f"commits that no branch reaches (HEAD {head[:12]})")
    own = submodules_of_its_own(git, admin)
    words += [f"commits of submodule {name} that were never pushed" for name in own]
    return words


def underway(admin: Path) -> list[str]:
    """Return what is not finished in a worktree, in words such as ``a rebase``."""
    return sorted({what for name, what in _UNDERWAY.items() if (admin / name).exists()})


def staged(git: Git, admin: Path, head: str | None) -> tuple[str, ...]:
    """Return the paths staged in a worktree whose folder is gone: only its index has them."""
    if not (admin / "index").exists():
        return ()
    compare = ("diff-index", "--cached", "--name-only", "-z", "HEAD", "--")
    args = (f"--git-dir={admin}", *(compare if head else ("ls-files", "-z")))
    return tuple(filter(None, git.run(*args, cwd=git.common).split("\0")))


def submodules_of_its_own(git: Git, admin: Path) -> Iterator[str]:
    """Find the submodules whose repositories hold commits that no remote branch reaches.

    Args:
        git: The repository.
        admin: Git's entry of the worktree, which holds those repositories.
    """
    for module in _modules(admin / "modules"):
        args = (f"--git-dir={module}", "rev-list", "--max-count=1", "--all", "--not", "--remotes")
        answer = git.attempt(*args, cwd=module)
        if answer.code or answer.out:
            yield str(module.relative_to(admin / "modules"))


def leftovers(git: Git, path: Path, commit: str | None) -> tuple[str, ...]:
    """Return what a half-made worktree holds that did not come from its commit.

    Files not written yet, and a file cut short, are what a killed checkout leaves; anything else
    was put there by somebody.

    Args:
        git: The repository.
        path: The folder of the worktree.
        commit: What was being checked out; None if that is not known.
    """
    with tempfile.TemporaryDirectory() as folder:
        # An index of its own: the one of the worktree may be missing, locked or half written.
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        where = (f"--git-dir={git.common}", f"--work-tree={path}")
        _done(git, path, env, *where, "read-tree", commit or "--empty")
        found = _status(git, path, "--ignore-submodules=all", _EACH_NEW, where=where, env=env)
        listed = _done(git, path, env, *where, "ls-files", "--stage", "-z").split("\0")
    names = [name for code, name in found if not _from_checkout(git, path, commit, code, name)]
    links = [line.partition("\t")[2] for line in listed if line.startswith("160000 ")]
    return (*names, *(name for name in links if _filled(path / name)))


def _status(
    git: Git, path: Path, *args: str, where: tuple[str, ...] = (), env: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    out = _done(git, path, env or {}, *_AFRESH, *where, *_STATUS, *args)
    return [(line[:2], line[3:]) for line in out.split("\0") if line]


def _done(git: Git, path: Path, env: dict[str, str], *args: str) -> str:
    answer = git.attempt(*args, cwd=path, timeout=_SECONDS, env=env)
    if answer.code:
        raise failure(args, answer)
    return answer.out


def _hidden(git: Git, path: Path) -> Iterator[str]:
    """Find files that git was told not to look at: a change in them would not show."""
    # In a sparse tree of a large repository most folders are not there, nor what is in them.
    there = cache(os.path.isdir)
    for line in git.run("ls-files", "-v", "-z", cwd=path).split("\0"):
        hidden, name = line[:1].islower() or line.startswith("S"), line[2:]
        if not hidden or not there(os.path.join(path, os.path.dirname(name))):
            continue
        if os.path.lexists(os.path.join(path, name)):
            yield name


def _unreached(git: Git, admin: Path) -> bool:
    wanted = ("HEAD", "--glob=refs/worktree/*", "--not", "--branches", "--tags", "--remotes", "--")
    args = (f"--git-dir={admin}", "rev-list", "--max-count=1", *wanted)
    return bool(git.run(*args, cwd=git.common))


def _modules(folder: Path) -> Iterator[Path]:
    for current, names, files in os.walk(folder):
        if "HEAD" in files and "objects" in names:
            yield Path(current)
            names[:] = [name for name in names if name == "modules"]


def _from_checkout(git: Git, path: Path, commit: str | None, code: str, name: str) -> bool:
    if code[1] in " D":
        return True
    whole = path / name
    if code[1] != "M" or not commit or whole.is_symlink():
        return False
    answer = git.attempt("cat-file", "--filters", f"{commit}:{name}", timeout=_SECONDS)
    return answer.code == 0 and os.fsencode(answer.out).startswith(whole.read_bytes())


def _filled(folder: Path) -> bool:
    try:
        return folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise GitError(f"{folder} cannot be looked into: {error.strerror or error}") from error

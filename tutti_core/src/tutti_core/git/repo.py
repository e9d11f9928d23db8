"""Questions to one repository, each answered by git itself within a deadline."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from tutti_core.errors import GitError
from tutti_core.git.locking import hold
from tutti_core.git.process import Answer, failure, run_git

_SECONDS = 60.0
_HEADS = "refs/heads/"


class Git:
    """Runs git for one repository.

    Attributes:
        root: The folder in which git runs unless told otherwise.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(
        self,
        *args: str,
        cwd: Path | None = None,
        timeout: float = _SECONDS,
        check: bool = True,
    ) -> str:
        """Run git and return what it printed, without the last line end.

        Args:
            args: What follows ``git``.
            cwd: The folder to run in; the repository's own by default.
            timeout: Seconds after which it is ended.
            check: Whether a failing git is an error; otherwise what it printed is returned.

        Raises:
            GitError: git is missing, did not finish, or (with ``check``) failed.
        """
        answer = self.attempt(*args, cwd=cwd, timeout=timeout)
        if check and answer.code:
            raise failure(args, answer)
        return answer.out.rstrip("\n")

    def attempt(
        self,
        *args: str,
        cwd: Path | None = None,
        timeout: float = _SECONDS,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        feed: bytes = b"",
    ) -> Answer:
        """Run git and return its status and output, failed or not.

        Args:
            args: What follows ``git``.
            cwd: The folder to run in; the repository's own by default.
            timeout: Seconds after which it is ended.
            env: Variables to set for this run only.
            pass_fds: Descriptors git inherits.
            feed: What git reads on standard input.

        Raises:
            GitError: git is missing or did not finish.
        """
        where = cwd or self.root
        return run_git(args, cwd=where, timeout=timeout, env=env, pass_fds=pass_fds, feed=feed)

    @cached_property
    def common(self) -> Path:
        """The folder that all worktrees of the repository share (``.git``), as a real path."""
        return Path(os.path.realpath(self.root / self.run("rev-parse", "--git-common-dir")))

    def top(self) -> Path:
        """Return the top folder of the worktree around the root, as a real path."""
        return Path(os.path.realpath(self.run("rev-parse", "--show-toplevel")))

    def has_commits(self) -> bool:
        """Return whether HEAD names a commit (in a new repository it does not)."""
        return self.head(self.root) is not None

    def branch_exists(self, name: str) -> bool:
        """Return whether ``refs/heads/<name>`` exists; a tag or a commit does not count."""
        return self._answers("show-ref", "--verify", "--quiet", _HEADS + name)

    def head(self, path: Path) -> str | None:
        """Return the commit that the tree at a path stands on; None before the first commit."""
        args = ("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        answer = self.attempt(*args, cwd=path)
        if answer.code not in (0, 1):
            raise failure(args, answer)
        return answer.out.strip() or None

    def current_branch(self, path: Path) -> str | None:
        """Return the branch the tree at a path is on; None when HEAD is detached."""
        args = ("symbolic-ref", "--quiet", "HEAD")
        answer = self.attempt(*args, cwd=path)
        if answer.code not in (0, 1):
            raise failure(args, answer)
        # Not --short: it prints heads/x where a tag has the same name.
        return answer.out.strip().removeprefix(_HEADS) or None

    def dirty(self, path: Path, *, new_files: bool = True) -> bool:
        """Return whether the tree at a path has changes or new files, ignored ones aside.

        Args:
            path: The folder of a worktree, or one below it; all of the worktree counts.
            new_files: Whether files that git does not know yet count.
        """
        untracked = "normal" if new_files else "no"
        return bool(
            self.run(
                "status", "--porcelain", "-z", f"--untracked-files={untracked}",
                "--ignore-submodules=none", cwd=path,
            )
        )  # fmt: skip

    def exclude(self, pattern: str) -> None:
        """Add a line to the repository's ``info/exclude``, unless it is there already.

        Args:
            pattern: An ignore pattern, such as ``/.tutti/``.

        Raises:
            GitError: The file cannot be written.
        """
        place = self.common / "info" / "exclude"
        if "\n" in pattern:
            raise GitError(f"{place} cannot hold a pattern with a line break: {pattern!r}")
        try:
            place.parent.mkdir(exist_ok=True)
            _append_once(place, os.fsencode(pattern))
        except OSError as error:
            raise GitError(f"{place} cannot be written: {error.strerror or error}") from error

    def _answers(self, *args: str) -> bool:
        answer = self.attempt(*args)
        if answer.code not in (0, 1):
            raise failure(args, answer)
        return answer.code == 0


def main_root(start: Path) -> Path | None:
    """Find the top folder of the main worktree of the repository around a folder.

    In a linked worktree (an agent's own, for instance) that is the tree it was linked from. A
    bare repository has no main worktree: there it is the worktree around the folder, or the one
    in whose ``.tutti/worktrees`` that lies.

    Args:
        start: Any folder inside the repository.

    Returns:
        A real path; None outside any worktree of any repository.

    Raises:
        GitError: git refuses to look (its owner is somebody else), or the folder is missing.
    """
    git = Git(start)
    args = ("rev-parse", "--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir")
    answer = git.attempt(*args)
    if answer.code:
        if "not a git repository" in answer.err:
            return None
        raise failure(args, answer)
    lines = answer.out.rstrip("\n").split("\n")
    if len(lines) != 3:
        raise GitError(f"{start} lies in a folder with a line break in its name")
    inside, own, common = lines
    top = Path(git.run("rev-parse", "--show-toplevel")) if inside == "true" else None
    if top and os.path.realpath(own) == os.path.realpath(start / common):
        return top
    return _main_of(Path(os.path.realpath(start / common))) or _above_trees(top)


def _main_of(common: Path) -> Path | None:
    """Return the main worktree that belongs to a common folder, where git can know it."""
    git = Git(common.parent)
    said = git.run("--git-dir", str(common), "config", "core.worktree", check=False)
    if common.name != ".git" and not said:
        return None
    answer = git.attempt("--git-dir", str(common), "rev-parse", "--show-toplevel")
    return Path(answer.out.rstrip("\n")) if answer.code == 0 else None


def _above_trees(top: Path | None) -> Path | None:
    """Leave ``<root>/.tutti/worktrees/<agent>`` for the worktree that holds the root."""
    if top is None:
        return None
    if top.parent.name == "worktrees" and top.parent.parent.name == ".tutti":
        return main_root(top.parent.parent.parent)
    return top


def _append_once(place: Path, line: bytes) -> None:
    # Appended in one write, not replaced: whatever else writes this file meanwhile loses nothing.
    fd = os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if not hold(fd, 10.0):
            raise GitError(f"{place} is locked by another process")
        text = place.read_bytes()
        if line not in {known.rstrip() for known in text.splitlines()}:
            os.write(fd, (b"" if text.endswith(b"\n") or not text else b"\n") + line + b"\n")
    finally:
        os.close(fd)

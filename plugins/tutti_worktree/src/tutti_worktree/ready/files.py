"""Brings files that git ignores from the workspace into a worktree, and replaces none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tutti_core import GitError

GIT_SECS = 60.0


def bring(root: Path, place: Path, copies: Iterable[str], links: Iterable[str]) -> list[str]:
    """Copy and link what the patterns match, as far as it is not there yet.

    Args:
        root: Absolute path of the workspace.
        place: The folder of the worktree that answers to it.
        copies: Globs of what is copied.
        links: Globs of what is linked to.

    Returns:
        What the user should know: patterns that match nothing, and what git does not ignore.

    Raises:
        GitError: If something cannot be copied or linked.
    """
    remarks: list[str] = []
    linked: list[Path] = []
    wanted = [*((one, copy) for one in copies), *((one, link) for one in links)]
    for pattern, act in wanted:
        found = list(matches(root, pattern))
        remarks += [] if found else [f"nothing here matches {pattern!r}"]
        missing = [path for path in found if not os.path.lexists(place / path)]
        left = unignored(root, missing)
        remarks += [f"{one} is not ignored by git, so it is not brought over" for one in left]
        for path in missing:
            if path not in left:
                _bring_one(act, root / path, place / path)
        linked += [path for path in found if (place / path).is_symlink()]
    hide(place, linked)
    return remarks


def matches(root: Path, pattern: str) -> Iterator[Path]:
    """Yield what a glob matches, relative to the workspace, without tutti's and git's own folders.

    Args:
        root: Absolute path of the workspace.
        pattern: The glob.
    """
    for found in sorted(root.glob(pattern.rstrip("/"))):
        path = found.relative_to(root)
        if path.parts and not {".git", ".tutti"} & set(path.parts):
            yield path


def unignored(folder: Path, paths: list[Path]) -> list[Path]:
    """Return those of some files that git does not ignore.

    Whatever it does not ignore would be committed by an agent that adds everything.

    Args:
        folder: Absolute path of the folder they are in.
        paths: The files, relative to it.
    """
    if not paths:
        return []
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    said = git(folder, "check-ignore", "-z", "--no-index", "--stdin", given=given, codes=(0, 1))
    ignored = {Path(one) for one in said.split("\0") if one}
    return [path for path in paths if path not in ignored]


def hide(place: Path, paths: list[Path]) -> None:
    """Keep links out of what git would add: a pattern such as ``node_modules/`` means no link.

    Args:
        place: The folder of the worktree that answers to the workspace.
        paths: The links, relative to it.
    """
    bare = unignored(place, paths)
    if not bare:
        return
    inside = git(place, "rev-parse", "--show-prefix").rstrip("\n")
    exclude = Path(place, git(place, "rev-parse", "--git-path", "info/exclude").rstrip("\n"))
    lines = "".join(f"/{_literal(inside + path.as_posix())}\n" for path in bare)
    exclude.parent.mkdir(exist_ok=True)
    known = exclude.read_bytes() if exclude.exists() else b"\n"
    with exclude.open("ab") as file:
        file.write((b"" if known.endswith(b"\n") else b"\n") + os.fsencode(lines))


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder; it has its name only once it is whole.

    Args:
        source: What to copy.
        target: Where to.
    """
    part = target.with_name(f".{target.name}.tutti-part")
    if source.is_dir():
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part, symlinks=True)
    else:
        shutil.copy2(source, part)
    part.rename(target)


def link(source: Path, target: Path) -> None:
    """Link to a file or a folder.

    Args:
        source: What to link to.
        target: Where the link goes.
    """
    target.symlink_to(source, target_is_directory=source.is_dir())


def git(folder: Path, *words: str, given: bytes = b"", codes: tuple[int, ...] = (0,)) -> str:
    """Return what git says in a folder.

    Args:
        folder: Where to ask.
        words: What follows ``git``.
        given: What it reads.
        codes: The exit codes that are no failure.

    Raises:
        GitError: If it fails or does not answer.
    """
    argv = ["git", *words]
    try:
        done = subprocess.run(
            argv, cwd=folder, input=given, capture_output=True, timeout=GIT_SECS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git {words[0]} failed in {folder}: {error}") from error
    if done.returncode not in codes:
        said = os.fsdecode(done.stderr).strip()
        raise GitError(f"git {words[0]} failed in {folder}: {said}")
    return os.fsdecode(done.stdout)


def _literal(path: str) -> str:
    return re.sub(r"([\\*?\[!#])", r"\\\1", path)


def _bring_one(act: object, source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy(source, target) if act is copy else link(source, target)
    except OSError as error:
        verb = "copied" if act is copy else "linked to"
        raise GitError(f"{source} cannot be {verb} in {target.parent}: {error}") from error

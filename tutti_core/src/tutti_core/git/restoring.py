"""Putting a worktree back from its snapshot: folder, index, and what was under way in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.entries import entry_of
from tutti_core.git.escaping import unescape
from tutti_core.git.objects import SECONDS, Blob, Store
from tutti_core.git.process import failure
from tutti_core.git.repo import Git

_CHUNK = 1 << 20


class Kept(NamedTuple):
    """A snapshot as it is read back.

    Attributes:
        commit: The commit it is.
        about: What it says of itself.
        entries: Its entries by path.
    """

    commit: str
    about: Mapping[str, Any]
    entries: Mapping[str, Blob]

    def below(self, top: str) -> dict[str, Blob]:
        """Return the entries of one of its folders, by the paths they had."""
        return {
            unescape(path[len(top) + 1 :]): blob
            for path, blob in self.entries.items()
            if path.startswith(f"{top}/")
        }


def read_snapshot(git: Git, commit: str) -> Kept:
    """Read a snapshot.

    Args:
        git: Its repository.
        commit: The commit it is, or its ref.

    Raises:
        GitError: It is gone, or is not a snapshot.
    """
    store = Store(git, git.common, git.root)
    answer = store.attempt("cat-file", "blob", f"{commit}:about.json")
    if answer.code:
        raise GitError(f"{commit} is no snapshot of tutti's, or its objects are gone")
    try:
        about = json.loads(answer.out)
    except ValueError as error:
        raise GitError(f"{commit} does not say what it is: {error}") from error
    return Kept(commit, about, store.list_tree(commit))


def fill(git: Git, kept: Kept, folder: Path) -> Path:
    """Write the files of a snapshot into an empty folder.

    Args:
        git: The repository.
        kept: The snapshot.
        folder: An empty folder.

    Returns:
        A file that is the index for it; whoever calls removes it.

    Raises:
        GitError: A file cannot be written.
    """
    index = git.common / f"tutti-index-{os.urandom(4).hex()}"
    try:
        _fill(Store(git, git.common, folder), kept, folder, index)
    except BaseException as error:
        index.unlink(missing_ok=True)
        if isinstance(error, OSError):
            where = error.filename or folder
            raise GitError(f"{where} cannot be written: {error.strerror}") from error
        raise
    return index


def _fill(store: Store, kept: Kept, folder: Path, index: Path) -> None:
    _write_index(store, kept, index)
    _write_same(store.git, kept, folder, index)
    _write_raw(store, kept, folder)
    _write_rest(kept, folder)


def attach(git: Git, kept: Kept, folder: Path, index: Path) -> Path:
    """Make git's entry for a filled folder what the worktree's was.

    Args:
        git: The repository.
        kept: The snapshot.
        folder: A worktree made with a detached HEAD and no files.
        index: What `fill` gave.

    Returns:
        Git's entry.

    Raises:
        GitError: Git does not know the folder.
    """
    admin = entry_of(git.common, folder)
    if admin is None:
        raise GitError(f"git does not know {folder}")
    names = kept.below("git")
    for name in kept.about["entry_folders"]:
        (admin / name).mkdir(parents=True, exist_ok=True)
    store = Store(git, git.common, folder)
    parts = store.read([blob.oid for blob in names.values()])
    for name, part in zip(names, parts, strict=True):
        place = admin / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            shutil.copyfileobj(part, file, _CHUNK)
    if index.exists():
        shutil.move(index, admin / "index")
    _mend_submodules(kept, folder, admin)
    return admin


def _write_index(store: Store, kept: Kept, index: Path) -> None:
    blob = kept.entries.get("index")
    with index.open("wb") as file:
        for part in store.read([blob.oid] if blob else []):
            shutil.copyfileobj(part, file, _CHUNK)
    if blob is None:
        index.unlink()


def _write_same(git: Git, kept: Kept, folder: Path, index: Path) -> None:
    """Let git write what it had, with the user's filters, as it did the first time."""
    apart = {*kept.about["raw"], *kept.about["gone"]}
    env = {"GIT_INDEX_FILE": str(index)}
    plain = ("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false")
    where = (f"--git-dir={git.common}", f"--work-tree={folder}", *plain)
    listed = _done(git, folder, env, b"", *where, "ls-files", "-s", "-v", "-z")
    # Of a tree whose folder was gone, or with sparse patterns, the index says what was there.
    wanted = [
        path
        for head, _, path in (line.partition("\t") for line in listed.split("\0"))
        if head[:1] != "S"
        and head
        and not head[2:].startswith("160000")
        and path not in apart
        and head.endswith(" 0")
    ]
    feed = b"".join(os.fsencode(path) + b"\0" for path in wanted)
    _done(git, folder, env, feed, *where, "checkout-index", "-f", "-u", "-z", "--stdin")
    for path, blob in kept.below("tree").items():
        if blob.mode == "160000":
            (folder / path).mkdir(parents=True, exist_ok=True)


def _done(git: Git, cwd: Path, env: Mapping[str, str], feed: bytes, *args: str) -> str:
    answer = git.attempt(*args, cwd=cwd, timeout=SECONDS, env=env, feed=feed)
    if answer.code:
        raise failure(args[2:], answer)
    return answer.out


def _write_raw(store: Store, kept: Kept, folder: Path) -> None:
    tree = kept.below("tree")
    blobs = [(path, tree[path]) for path in kept.about["raw"]]
    parts = store.read([blob.oid for _, blob in blobs])
    for (path, blob), part in zip(blobs, parts, strict=True):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if blob.mode == "120000":
            place.symlink_to(os.fsdecode(part.read()))
            continue
        with place.open("xb") as file:
            shutil.copyfileobj(part, file, _CHUNK)
        if blob.mode == "100755":
            place.chmod(place.stat().st_mode | 0o111)


def _write_rest(kept: Kept, folder: Path) -> None:
    """Make the empty folders, then give everything the permissions it had, innermost first."""
    for name in kept.about["folders"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    modes: Mapping[str, str] = kept.about["modes"]
    for path in sorted(modes, reverse=True):
        if os.path.lexists(folder / path):
            (folder / path).chmod(int(modes[path], 8))


def _mend_submodules(kept: Kept, folder: Path, admin: Path) -> None:
    """Lead submodules to their repositories, where git's entry has another name by now."""
    was = os.fsencode(f"/worktrees/{kept.about['entry']}/modules/")
    now = os.fsencode(f"/worktrees/{admin.name}/modules/")
    for path in _links(kept.about["raw"]):
        text = (folder / path).read_bytes()
        if text.startswith(b"gitdir: ") and was in text:
            (folder / path).write_bytes(text.replace(was, now))


def _links(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.endswith("/.git")]

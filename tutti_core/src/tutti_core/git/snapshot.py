"""A snapshot of a worktree: all that would go with it, in one commit under ``refs/tutti/trash``.

The commit's tree has

- ``tree/``: the folder. What differs from the index is there byte for byte, past every filter;
- ``staged/``: what is in the index and not in HEAD, by stage (0; 1 to 3 in a conflict);
- ``index``: the index itself;
- ``git/``: what git keeps of the worktree alone: HEAD and its log, a rebase or merge under way,
  refs of its own, sparse patterns, the repositories of its submodules;
- ``about.json``: what a tree of git's has no place for.

Its parents are HEAD and every commit that only this worktree knows. Nothing needs tutti to be read:
``git show refs/tutti/trash/api/TIME:tree/notes.txt``.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.about import about, is_module, message
from tutti_core.git.escaping import escape, unescape
from tutti_core.git.indexed import copy_index, empty_tree, head_of, only_staged
from tutti_core.git.lone import lone_commits, tips
from tutti_core.git.objects import Blob, Store
from tutti_core.git.repo import Git
from tutti_core.git.stock import Stock, take_stock
from tutti_core.git.walking import walk
from tutti_core.git.worth import submodules_of_its_own, underway

TRASH = "refs/tutti/trash/"
"""Where snapshots are; such refs are not fetched or pushed unless asked for by name."""

# Git's own links to the folder, its locks, and what it makes anew when it needs it.
_LEFT_OUT = frozenset({"AUTO_MERGE", "commondir", "gitdir", "index", "locked"})


class Snapshot(NamedTuple):
    """A snapshot that is safe on the disk.

    Attributes:
        ref: Its name, below ``refs/tutti/trash``.
        commit: The commit it is.
        stock: What was in the worktree.
        staged: What was only in its index.
        underway: What was not finished in it, such as ``a rebase``.
        lone: How many commits no branch, tag or remote branch had.
    """

    ref: str
    commit: str
    stock: Stock
    staged: tuple[str, ...]
    underway: tuple[str, ...]
    lone: int


def take(
    git: Git,
    agent: str,
    path: Path,
    admin: Path,
    *,
    also: Collection[str] = (),
    always: Collection[str] = (),
) -> Snapshot:
    """Take a snapshot of a worktree; neither it nor its index is touched.

    Args:
        git: Its repository.
        agent: Whose it is.
        path: Its folder; it may be gone.
        admin: Git's entry for it.
        also: Commits to keep beside those of the worktree.
        always: Paths to keep whatever their size.

    Raises:
        GitError: Something in it cannot be kept; the message names it.
    """
    vanished = not path.is_dir()
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder)
        store = Store(git, admin, draft if vanished else path)
        copy_index(store, admin, draft / "index")
        stock = take_stock(store, vanished=vanished, always=always)
        modules = _modules_count(store, stock, admin)
        entries = _all(store, stock, admin, draft, modules=modules)
        text = about(agent, path, admin, stock, modules=modules)
        entries["about.json"] = Blob("100644", store.write_texts([text])[0])
        tree = store.write_tree(entries)
        lone = lone_commits(store, admin)
        parents = dict.fromkeys((*head_of(store), *also, *tips(lone)))
        commit = store.write_commit(tree, parents, message(agent, path, stock))
        ref = _publish(store, agent, commit)
    staged = {path.split("/", 2)[2] for path in entries if path.startswith("staged/")}
    return Snapshot(
        ref, commit, stock, tuple(map(unescape, staged)), tuple(underway(admin)), len(lone)
    )


def pin(git: Git, agent: str, commits: Collection[str], why: str) -> tuple[str, str]:
    """Keep commits that would lose the last ref that has them.

    Args:
        git: The repository.
        agent: Whose they are.
        commits: The commits.
        why: One line for people.

    Returns:
        The ref that has them from now on, and the commit it is on.

    Raises:
        GitError: The ref cannot be made.
    """
    store = Store(git, git.common, git.common)
    commit = store.write_commit(empty_tree(store), dict.fromkeys(commits), f"{why}\n")
    return _publish(store, agent, commit), commit


def changed_since(stock: Stock, path: Path) -> list[str]:
    """Return what differs in a folder from when its stock was taken.

    Args:
        stock: What was in it.
        path: Where it is by now.
    """
    found = walk(path)
    return sorted(
        name for name in {*found, *stock.found} if found.get(name) != stock.found.get(name)
    )


def _all(store: Store, stock: Stock, admin: Path, draft: Path, *, modules: bool) -> dict[str, Blob]:
    entries = {f"tree/{escape(path)}": blob for path, blob in stock.same.items()}
    entries |= {f"tree/{escape(path)}": blob for path, blob in _raw(store, stock)}
    entries |= only_staged(store)
    if (draft / "index").exists():
        entries["index"] = Blob("100644", store.write_files([str(draft / "index")])[0])
    names = list(_admin_files(admin, modules=modules))
    oids = store.write_files([str(admin / name) for name in names])
    entries |= {
        f"git/{escape(name)}": Blob("100644", oid) for name, oid in zip(names, oids, strict=True)
    }
    return entries


def _raw(store: Store, stock: Stock) -> Iterator[tuple[str, Blob]]:
    files = [path for path in stock.raw if stock.found[path].plain]
    links = [path for path in stock.raw if stock.found[path].link]
    oids = store.write_files(files)
    targets = store.write_texts([os.fsencode(os.readlink(store.work / path)) for path in links])
    _refuse_moving(store, stock, (*files, *links))
    for path, oid in zip(files, oids, strict=True):
        yield path, Blob("100755" if stock.found[path].mode & 0o100 else "100644", oid)
    for path, oid in zip(links, targets, strict=True):
        yield path, Blob("120000", oid)


def _refuse_moving(store: Store, stock: Stock, paths: tuple[str, ...]) -> None:
    """Refuse files that were written to while they were read: no instant of them was kept."""
    for path in paths:
        was, now = stock.found[path], (store.work / path).lstat()
        if (now.st_mtime_ns, now.st_ctime_ns, now.st_size) != (was.modified, was.changed, was.size):
            raise GitError(
                f"{store.work / path} is being written to, so it cannot be kept",
                hint="Stop whatever works in that tree, then try again.",
            )


def _admin_files(admin: Path, *, modules: bool) -> Iterator[str]:
    """Find what git keeps of a worktree alone and could not make again."""
    for name, found in sorted(walk(admin).items()):
        apart = name in _LEFT_OUT or name.endswith(".lock") or name.startswith("sharedindex.")
        if found.plain and not apart and (modules or not is_module(name)):
            yield name


def _modules_count(store: Store, stock: Stock, admin: Path) -> bool:
    """Return whether the repositories of its submodules have what could not be fetched again."""
    fetched = all(path in stock.same for path, _ in _links(store))
    return not fetched or any(submodules_of_its_own(store.git, admin))


def _links(store: Store) -> Iterator[tuple[str, Blob]]:
    for one in store.index:
        if one.blob.mode == "160000" and (store.work / one.path / ".git").exists():
            yield one.path, one.blob


def _publish(store: Store, agent: str, commit: str) -> str:
    now = time.time_ns() // 1000
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 1_000_000))
    ref = f"{TRASH}{agent}/{stamp}.{now % 1_000_000:06d}Z"
    # Only a ref that is not there yet is made: no snapshot ever takes the place of another.
    store.run("update-ref", ref, commit, "0" * len(commit))
    return ref

"""The index of a worktree: what only it has, and a copy that means the same elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

from tutti_core.git.escaping import escape
from tutti_core.git.objects import Blob, Store

_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)


def only_staged(store: Store) -> dict[str, Blob]:
    """Return what only the index has, by stage and path.

    Args:
        store: The repository, as seen from the worktree.
    """
    found = {}
    head = "HEAD" if head_of(store) else empty_tree(store)
    listed = store.run("ls-files", "-s", "-z").split("\0")
    index = [line.partition("\t")[::2] for line in listed if line]
    args = ("diff-index", "--cached", "--name-only", "--no-renames", "-z", head, "--")
    changed = {*store.run(*args).split("\0")}
    for words, path in index:
        mode, oid, stage = words.split(" ")
        if path in changed or stage != "0":
            found[f"staged/{stage}/{escape(path)}"] = Blob(mode, oid)
    if any(blob.oid in _EMPTY for blob in found.values()):
        # What is only meant to be added has this content in the index, which git never wrote.
        store.write_texts([b""])
    return found


def empty_tree(store: Store) -> str:
    """Return the id of the tree that has nothing in it.

    Args:
        store: The repository.
    """
    return store.run("hash-object", "-w", "-t", "tree", "--stdin").strip()


def head_of(store: Store) -> tuple[str, ...]:
    """Return the commit that a worktree stands on; nothing before the first.

    Args:
        store: The repository, as seen from the worktree.
    """
    answer = store.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return (answer.out.strip(),) if answer.code == 0 else ()


def copy_index(store: Store, admin: Path, copy: Path) -> None:
    """Copy the index whole: one that is split, or remembers a monitor, means nothing elsewhere.

    Args:
        store: The repository, as seen from the worktree.
        admin: Git's entry for it.
        copy: The file to make.
    """
    if not (admin / "index").exists():
        return
    shutil.copyfile(admin / "index", copy)
    env = {"GIT_INDEX_FILE": str(copy)}
    store.run("update-index", "--no-split-index", "--force-write-index", env=env)

"""What is in a worktree, sorted by where the only copy of it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tutti_core.git.objects import Blob, Store
from tutti_core.git.walking import Found, walk
from tutti_core.undoing.entry import Unkept

ITEM_BYTES = 64 << 20
"""An ignored file, or a folder that is ignored as a whole, is not kept if it is larger."""

TOTAL_BYTES = 256 << 20
"""Nor is it kept if all that is ignored would then be larger than this, the smallest first."""

_STATUS = (
    "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all",
    "--ignored=matching", "--ignore-submodules=all",
)  # fmt: skip


class Stock(NamedTuple):
    """What is in a worktree.

    Attributes:
        found: Everything that is there, as the file system tells it.
        same: Files that are as in the index; git has them, and how it writes them.
        raw: Files and links of which the only copy is in the tree.
        gone: Files of the index that are not in the tree.
        ignored: What git ignores; folders end in ``/``.
        unkept: What is too large to keep, or cannot be kept.
    """

    found: Mapping[str, Found]
    same: Mapping[str, Blob]
    raw: tuple[str, ...]
    gone: tuple[str, ...]
    ignored: frozenset[str]
    unkept: tuple[Unkept, ...]

    @property
    def clean(self) -> bool:
        """Whether git has all that is in the tree, but for what it ignores."""
        return not self.gone and all(self.is_ignored(path) for path in self.raw)

    def is_ignored(self, path: str) -> bool:
        """Return whether git ignores a path."""
        return item_of(path, self.ignored) is not None


def take_stock(store: Store, *, vanished: bool = False, always: Collection[str] = ()) -> Stock:
    """Sort what is in a worktree by where the only copy of it is.

    Args:
        store: Its repository, seen from the worktree.
        vanished: Whether its folder is gone, so that only git's entry of it is left.
        always: Paths to keep whatever their size.

    Raises:
        GitError: Git, or the file system, cannot tell.
    """
    if vanished:
        return Stock({}, {}, (), (), frozenset(), ())
    found = walk(store.work)
    index = _index(store)
    changed, ignored = _status(store)
    links = _submodules(store, index, found)
    same = {
        path: blob
        for path, (tag, blob) in index.items()
        if tag == "H" and path not in changed and (path in links or _is_file(found.get(path)))
    }
    inside = tuple(f"{path}/" for path in links)
    rest = [path for path in found if path not in same and not path.startswith(inside)]
    raw = [path for path in rest if found[path].plain or found[path].link]
    over = dict(_too_large(found, raw, ignored, always))
    kept = [path for path in raw if item_of(path, over.keys()) is None]
    odd = [Unkept(path, 0, _kind(found[path].mode)) for path in rest if _odd(found[path])]
    gone = [
        path
        for path, (tag, blob) in index.items()
        if tag != "S" and blob.mode != "160000" and not _is_file(found.get(path))
    ]
    unkept = (*(Unkept(item, size, "ignored, and too large") for item, size in over.items()), *odd)
    return Stock(found, same, tuple(kept), tuple(gone), ignored, unkept)


def empty_folders(found: Mapping[str, Found]) -> tuple[str, ...]:
    """Return the folders in which nothing is, which a tree of git's cannot hold."""
    full = {os.path.dirname(path) for path in found}
    return tuple(path for path, each in found.items() if each.folder and path not in full)


def _index(store: Store) -> dict[str, tuple[str, Blob]]:
    """Return the index: path to tag (``H``, ``S`` for sparse, lower case if hidden) and blob."""
    return {one.path: ("M" if one.stage != "0" else one.tag, one.blob) for one in store.index}


def _status(store: Store) -> tuple[frozenset[str], frozenset[str]]:
    lines = [line for line in store.run(*_STATUS).split("\0") if line]
    ignored = frozenset(line[3:] for line in lines if line.startswith("!!"))
    changed = frozenset(line[3:] for line in lines if line[1] not in " !?")
    return changed, ignored


def _submodules(
    store: Store, index: Mapping[str, tuple[str, Blob]], found: Mapping[str, Found]
) -> frozenset[str]:
    """Return the submodules that can be had again: empty, or as they were fetched."""
    links = [path for path, (_, blob) in index.items() if blob.mode == "160000" and path in found]
    return frozenset(path for path in links if _fetched(store, path, index[path][1].oid, found))


def _fetched(store: Store, path: str, commit: str, found: Mapping[str, Found]) -> bool:
    if not found[path].folder:
        return False
    if f"{path}/.git" not in found:
        return not any(other.startswith(f"{path}/") for other in found)
    where = store.work / path
    # A worktree that was moved away cannot be reached by its submodules: then they are all kept.
    asked = (
        (commit, "rev-parse", "--verify", "HEAD"),
        ("", "status", "--porcelain", "--untracked-files=all", "--ignored"),
        ("", "rev-list", "--max-count=1", "--all", "--not", "--remotes"),
    )
    for wanted, *args in asked:
        answer = store.git.attempt(*args, cwd=where)
        if answer.code or answer.out.strip() != wanted:
            return False
    return True


def ignored_items(store: Store) -> frozenset[str]:
    """Return what git ignores in a worktree; folders that are ignored as a whole end in ``/``."""
    return _status(store)[1]


def item_of(path: str, items: Collection[str]) -> str | None:
    """Return which of some files and folders holds a path; folders end in ``/``."""
    if path in items:
        return path
    above = os.path.dirname(path)
    while above:
        if f"{above}/" in items:
            return f"{above}/"
        above = os.path.dirname(above)
    return None


def _too_large(
    found: Mapping[str, Found], raw: list[str], ignored: frozenset[str], always: Collection[str]
) -> Iterator[tuple[str, int]]:
    sizes = dict.fromkeys(ignored, 0)
    for path in raw:
        item = item_of(path, sizes.keys())
        if item is not None:
            sizes[item] += found[path].size
    spared = {item_of(path, sizes.keys()) for path in always}
    total = 0
    for size, item in sorted((size, item) for item, size in sizes.items()):
        total += size
        if (size > ITEM_BYTES or total > TOTAL_BYTES) and item not in spared:
            total -= size
            yield item, size


def _is_file(found: Found | None) -> bool:
    return found is not None and (found.plain or found.link)


def _odd(found: Found) -> bool:
    return not (found.plain or found.link or found.folder)


def _kind(mode: int) -> str:
    if stat.S_ISSOCK(mode):
        return "a socket, which only its program can make"
    if stat.S_ISFIFO(mode):
        return "a named pipe: mkfifo makes another"
    return "a device"

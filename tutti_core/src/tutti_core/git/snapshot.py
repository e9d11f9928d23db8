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

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.entries import link_of
from tutti_core.git.escaping import escape, unescape
from tutti_core.git.objects import Blob, Store
from tutti_core.git.repo import Git
from tutti_core.git.stock import Stock, empty_folders, take_stock
from tutti_core.git.walking import Found, walk
from tutti_core.git.worth import submodules_of_its_own, underway

TRASH = "refs/tutti/trash/"
"""Where snapshots are; such refs are not fetched or pushed unless asked for by name."""

_OID = re.compile(rb"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_TEXT_BYTES = 1 << 20
# Git's own links to the folder, its locks, and what it makes anew when it needs it.
_LEFT_OUT = frozenset({"AUTO_MERGE", "commondir", "gitdir", "index", "locked"})
_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
_PLAIN_MODES = (0o666, 0o777)


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
        _copy_index(store, admin, draft / "index")
        stock = take_stock(store, vanished=vanished, always=always)
        modules = _modules_count(store, stock, admin)
        entries = _all(store, stock, admin, draft, modules=modules)
        about = _about(agent, path, admin, stock, modules=modules)
        entries["about.json"] = Blob("100644", store.write_texts([about])[0])
        tree = store.write_tree(entries)
        lone = _lone(store, admin)
        parents = dict.fromkeys((*_head(store), *also, *_tips(lone)))
        commit = store.write_commit(tree, parents, _message(agent, path, stock))
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
    commit = store.write_commit(_empty_tree(store), dict.fromkeys(commits), f"{why}\n")
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
    entries |= _staged(store)
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


def _staged(store: Store) -> dict[str, Blob]:
    """Return what only the index has, by stage and path."""
    found = {}
    head = "HEAD" if _head(store) else _empty_tree(store)
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


def _empty_tree(store: Store) -> str:
    return store.run("hash-object", "-w", "-t", "tree", "--stdin").strip()


def _head(store: Store) -> tuple[str, ...]:
    answer = store.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return (answer.out.strip(),) if answer.code == 0 else ()


def _copy_index(store: Store, admin: Path, copy: Path) -> None:
    """Copy the index whole: one that is split, or remembers a monitor, means nothing elsewhere."""
    if not (admin / "index").exists():
        return
    shutil.copyfile(admin / "index", copy)
    env = {"GIT_INDEX_FILE": str(copy)}
    store.run("update-index", "--no-split-index", "--force-write-index", env=env)


def _admin_files(admin: Path, *, modules: bool) -> Iterator[str]:
    """Find what git keeps of a worktree alone and could not make again."""
    for name, found in sorted(walk(admin).items()):
        apart = name in _LEFT_OUT or name.endswith(".lock") or name.startswith("sharedindex.")
        if found.plain and not apart and (modules or not _module(name)):
            yield name


def _module(name: str) -> bool:
    return name.partition("/")[0] == "modules"


def _modules_count(store: Store, stock: Stock, admin: Path) -> bool:
    """Return whether the repositories of its submodules have what could not be fetched again."""
    fetched = all(path in stock.same for path, _ in _links(store))
    return not fetched or any(submodules_of_its_own(store.git, admin))


def _links(store: Store) -> Iterator[tuple[str, Blob]]:
    for one in store.index:
        if one.blob.mode == "160000" and (store.work / one.path / ".git").exists():
            yield one.path, one.blob


def _lone(store: Store, admin: Path) -> dict[str, list[str]]:
    """Return the commits that only this worktree knows, each with its parents."""
    known: list[str] = []
    for name, found in walk(admin).items():
        text = found.plain and (found.size <= _TEXT_BYTES or name == "logs/HEAD")
        if text and not name.startswith(("modules/", "index")):
            known += [oid.decode() for oid in _OID.findall((admin / name).read_bytes())]
    commits = store.commits_among(known)
    if not commits:
        return {}
    # An old log may name a commit of which git has removed what came before.
    whole = (
        [one for one in commits if _whole(store, one)] if _unreached(store, commits)[0] else commits
    )
    lines = _unreached(store, whole)[1].splitlines() if whole else []
    return {first: parents for first, *parents in map(str.split, lines)}


def _unreached(store: Store, commits: list[str]) -> tuple[int, str]:
    feed = "".join(f"{commit}\n" for commit in commits).encode()
    args = ("rev-list", "--parents", "--stdin", "--not", "--branches", "--tags", "--remotes")
    answer = store.attempt(*args, feed=feed)
    return answer.code, answer.out


def _whole(store: Store, commit: str) -> bool:
    return _unreached(store, [commit])[0] == 0


def _tips(lone: dict[str, list[str]]) -> list[str]:
    """Return those commits from which all the others can be reached."""
    inner = {parent for parents in lone.values() for parent in parents}
    return [commit for commit in lone if commit not in inner]


def _about(agent: str, path: Path, admin: Path, stock: Stock, *, modules: bool) -> bytes:
    umask = _umask()
    modes = {
        name: f"{found.mode & 0o7777:o}"
        for name, found in stock.found.items()
        if not found.link and _unusual(found, umask)
    }
    about: dict[str, Any] = {
        "version": 1,
        "agent": agent,
        "path": os.fspath(path),
        "entry": admin.name,
        "link": os.fspath(link_of(path) or admin),
        "raw": stock.raw,
        "gone": stock.gone,
        "ignored": sorted(stock.ignored),
        "modes": modes,
        "folders": empty_folders(stock.found),
        "entry_folders": [one for one in empty_folders(walk(admin)) if modules or not _module(one)],
        "unkept": [one._asdict() for one in stock.unkept],
    }
    # Names that are not UTF-8 are kept too: JSON has an escape for what they became.
    return (json.dumps(about, indent=1) + "\n").encode()


def _unusual(found: Found, umask: int) -> bool:
    """Return whether permissions differ from those that git, or `mkdir`, would give."""
    mode = found.mode & 0o7777
    if found.folder:
        return mode != 0o777 & ~umask
    return mode not in [plain & ~umask for plain in _PLAIN_MODES]


def _umask() -> int:
    # The one way to ask; what another thread makes meanwhile is open to its owner alone.
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _message(agent: str, path: Path, stock: Stock) -> str:
    left = [f"not kept: {one.path} ({one.size} bytes, {one.why})" for one in stock.unkept]
    shown = os.fspath(path).encode("utf-8", "backslashreplace").decode()
    lines = [f"What the worktree of {agent} held", "", f"It was {shown}.", *left]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode() + "\n"


def _publish(store: Store, agent: str, commit: str) -> str:
    now = time.time_ns() // 1000
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 1_000_000))
    ref = f"{TRASH}{agent}/{stamp}.{now % 1_000_000:06d}Z"
    # Only a ref that is not there yet is made: no snapshot ever takes the place of another.
    store.run("update-ref", ref, commit, "0" * len(commit))
    return ref

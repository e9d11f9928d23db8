"""Commits that only a worktree knows: no branch, tag or remote branch has them."""

from __future__ import annotations

import re
from pathlib import Path

from tutti_core.git.objects import Store
from tutti_core.git.walking import walk

_OID = re.compile(rb"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_TEXT_BYTES = 1 << 20


def lone_commits(store: Store, admin: Path) -> dict[str, list[str]]:
    """Return the commits that only a worktree knows, each with its parents.

    Args:
        store: Its repository, as seen from it.
        admin: Git's entry for it.
    """
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


def tips(lone: dict[str, list[str]]) -> list[str]:
    """Return those commits from which all the others can be reached.

    Args:
        lone: Commits, each with its parents.
    """
    inner = {parent for parents in lone.values() for parent in parents}
    return [commit for commit in lone if commit not in inner]

"""Writing to and reading from git's store of objects, past every filter, hook and setting."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.process import Answer, failure, run_git_into
from tutti_core.git.repo import Git

SECONDS = 1800.0
"""How long one step of a snapshot may take: a tree may hold gigabytes."""

# Nothing of the user's runs or decides here, and what is written is on the disk when git ends.
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.ignoreCase": "false",
    "core.precomposeUnicode": "false",
    "core.fsync": "committed,loose-object,reference",
    "core.commitGraph": "false",
    "gc.auto": "0",
    "commit.gpgSign": "false",
}
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "tutti"), ("EMAIL", "tutti@localhost"))
}


class Blob(NamedTuple):
    """One entry of a tree to be.

    Attributes:
        mode: Git's mode: ``100644``, ``100755``, ``120000``, ``160000``.
        oid: The object.
    """

    mode: str
    oid: str


class Line(NamedTuple):
    """One entry of an index.

    Attributes:
        tag: ``H``, ``S`` for sparse, ``M`` in a conflict; lower case if git does not look at it.
        blob: The object.
        stage: ``0``, or ``1`` to ``3`` in a conflict.
        path: The file.
    """

    tag: str
    blob: Blob
    stage: str
    path: str


class Part:
    """A stretch of a file, read as a file of its own.

    Args:
        file: The file, at the beginning of the stretch.
        size: Its length in bytes.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of it, at most so many."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data


class Store:
    """The objects of one repository, seen from one of its git folders.

    Args:
        git: The repository.
        admin: The git folder to work from, such as a worktree's entry.
        work: The folder its paths are relative to.
    """

    def __init__(self, git: Git, admin: Path, work: Path) -> None:
        self.git = git
        self.where = (f"--git-dir={admin}", f"--work-tree={work}")
        self.work = work
        self._env = settings({**_SETTINGS, **_no_filters(git)})

    def attempt(
        self, *args: str, feed: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Answer:
        """Run git in the folder, with nothing of the user's, failed or not."""
        words = (*self.where, *args)
        given = {**self._env, **(env or {})}
        return self.git.attempt(*words, cwd=self.work, timeout=SECONDS, env=given, feed=feed)

    def run(self, *args: str, feed: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run git in the folder, with nothing of the user's, and return what it printed.

        Raises:
            GitError: It failed.
        """
        answer = self.attempt(*args, feed=feed, env=env)
        if answer.code:
            raise failure(args, answer)
        return answer.out

    @cached_property
    def index(self) -> tuple[Line, ...]:
        """The index as it was when this was first asked: a large one takes its time to list."""
        return tuple(
            Line(tag, Blob(mode, oid), stage, path)
            for head, _, path in map(_parted, self.run("ls-files", "-s", "-v", "-z").split("\0"))
            if path
            for tag, mode, oid, stage in (head.split(" "),)
        )

    def write_files(self, paths: Sequence[str]) -> list[str]:
        """Write files as they are, byte for byte, and return their objects in the same order.

        Args:
            paths: Absolute, or relative to the folder; links are followed.

        Raises:
            GitError: One cannot be read, or the disk is full.
        """
        if not paths:
            return []
        feed = b"".join(_quoted(path) + b"\n" for path in paths)
        oids = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", feed=feed).split()
        if len(oids) != len(paths):
            raise GitError(f"git kept {len(oids)} of {len(paths)} files of {self.work}")
        return oids

    def write_texts(self, texts: Sequence[bytes]) -> list[str]:
        """Write texts and return their objects in the same order."""
        with tempfile.TemporaryDirectory() as folder:
            places = [Path(folder, str(number)) for number in range(len(texts))]
            for place, text in zip(places, texts, strict=True):
                place.write_bytes(text)
            return self.write_files([str(place) for place in places])

    def write_tree(self, entries: Mapping[str, Blob]) -> str:
        """Write a tree, read it back, and return it.

        Args:
            entries: What is to be in it, by path.

        Raises:
            GitError: Git cannot hold it as it is.
        """
        lines = [f"{blob.mode} {blob.oid}\t{path}\0" for path, blob in entries.items()]
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self.run(
                "update-index", "-z", "--index-info", feed=os.fsencode("".join(lines)), env=env
            )
            tree = self.run("write-tree", "--missing-ok", env=env).strip()
        there = self.list_tree(tree)
        if there != dict(entries):
            odd = sorted({*entries} ^ {*there})[:3]
            raise GitError(f"git does not keep {self.work} as it is: {', '.join(odd) or 'modes'}")
        return tree

    def list_tree(self, tree: str) -> dict[str, Blob]:
        """Return all entries of a tree, folders followed, by path."""
        found = {}
        for line in self.run("ls-tree", "-r", "-z", "--full-tree", tree).split("\0"):
            head, _, path = line.partition("\t")
            if path:
                mode, _, oid = head.split(" ")
                found[path] = Blob(mode, oid)
        return found

    def write_commit(self, tree: str, parents: Iterable[str], message: str) -> str:
        """Write a commit in tutti's own name and return it."""
        words = [word for parent in parents for word in ("-p", parent)]
        args = ("commit-tree", tree, *words)
        return self.run(*args, feed=os.fsencode(message), env=_WHO).strip()

    def commits_among(self, oids: Iterable[str]) -> list[str]:
        """Return those of some ids that are commits the repository has."""
        feed = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
        lines = self.run("cat-file", "--batch-check", feed=feed).splitlines() if feed else []
        return [line.split()[0] for line in lines if line.split()[1:2] == ["commit"]]

    def read(self, oids: Sequence[str]) -> Iterator[Part]:
        """Read objects in order; each must be read before the next one is asked for.

        Raises:
            GitError: One is missing.
        """
        if not oids:
            return
        args = ("cat-file", "--batch")
        feed = "".join(f"{oid}\n" for oid in oids).encode()
        # Where there is room for what git already holds.
        with tempfile.TemporaryFile(dir=self.git.common) as out:
            words = (*self.where, *args)
            code, err = run_git_into(
                out, words, cwd=self.work, timeout=SECONDS, env=self._env, feed=feed
            )
            if code:
                raise failure(args, Answer(code, "", err))
            out.seek(0)
            for oid in oids:
                part = Part(out, _size(out, oid))
                yield part
                part.read()
                out.read(1)


def settings(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that sets values of git's configuration, the caller's kept.

    Args:
        wanted: The values by name; a name may hold any character, which ``-c`` does not allow.
    """
    given = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdigit() else 0
    env = {"GIT_CONFIG_COUNT": str(first + len(wanted))}
    for number, (key, value) in enumerate(wanted.items(), first):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def _no_filters(git: Git) -> dict[str, str]:
    """Return the settings by which no filter of the user's runs: none may change a byte."""
    said = git.run("config", "--name-only", "-z", "--get-regexp", r"^filter\.", check=False)
    drivers = {key[len("filter.") : key.rindex(".")] for key in said.split("\0") if "." in key}
    return {
        f"filter.{driver}.{key}": "false" if key == "required" else ""
        for driver in sorted(drivers)
        for key in ("clean", "smudge", "process", "required")
    }


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition("\t")


def _quoted(path: str) -> bytes:
    """Return a path as git reads it from a line: in quotes where it would be misread."""
    raw = os.fsencode(path)
    if b"\n" not in raw and not raw.startswith(b'"'):
        return raw
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _size(out: IO[bytes], oid: str) -> int:
    words = out.readline().split()
    if len(words) != 3:
        raise GitError(f"git has lost the object {oid}", hint="git fsck says what else is missing")
    return int(words[2])

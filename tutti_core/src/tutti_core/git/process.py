"""One run of git: a clean environment, a deadline, and git's own words when it fails."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from tutti_core.errors import GitError

# What a hook, an alias or another git puts into its children's environment: each of these
# would make our git work on the caller's repository instead of the one it was asked about.
_LEAKS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
# Nobody sits in front of this git: it must fail where it would ask, and speak English.
_FIXED = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": ":"}
_ALWAYS = ("git", "--no-optional-locks", "-c", "core.quotePath=false")
_GRACE = 5.0
_TWO_WORDS = frozenset({"worktree", "stash", "submodule", "remote"})


class Answer(NamedTuple):
    """What one run of git gave.

    Attributes:
        code: Exit status; negative is the signal that ended it.
        out: Standard output, undecodable bytes kept as surrogates.
        err: Standard error.
    """

    code: int
    out: str
    err: str


def run_git(
    args: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    feed: bytes = b"",
) -> Answer:
    """Run git once, with nobody at the keyboard, and wait for it.

    Args:
        args: What follows ``git``.
        cwd: The folder it runs in.
        timeout: Seconds after which it and its children are ended.
        env: Variables to set for this run only.
        pass_fds: Descriptors it inherits, to hold a lock for as long as it lives.
        feed: What it reads on standard input.

    Returns:
        Its exit status and output, whatever the status.

    Raises:
        GitError: git is missing, the folder is missing, or the deadline passed.
    """
    with tempfile.TemporaryFile() as out:
        code, err = run_git_into(
            out, args, cwd=cwd, timeout=timeout, env=env, pass_fds=pass_fds, feed=feed
        )
        out.seek(0)
        return Answer(code, os.fsdecode(out.read()), err)


def run_git_into(
    out: IO[bytes],
    args: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    feed: bytes = b"",
) -> tuple[int, str]:
    """Run git like `run_git`, and let it write into a file, byte for byte.

    Args:
        out: A file with a descriptor; it is left where git stopped.
        args: What follows ``git``.
        cwd: The folder it runs in.
        timeout: Seconds after which it and its children are ended.
        env: Variables to set for this run only.
        pass_fds: Descriptors it inherits.
        feed: What it reads on standard input.

    Returns:
        Its exit status and standard error.

    Raises:
        GitError: git is missing, the folder is missing, or the deadline passed.
    """
    # Files, not pipes: a daemon started by a hook keeps a pipe open long after git has ended.
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as err:
        source.write(feed)
        source.seek(0)
        streams = (source.fileno(), out.fileno(), err.fileno())
        process = _start(args, cwd, environment(env), streams, pass_fds)
        code = _wait(process, args, timeout)
        err.seek(0)
        return code, err.read().decode("utf-8", "replace")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the caller's environment without what ties it to another repository."""
    kept = {key: value for key, value in os.environ.items() if key not in _LEAKS}
    return {**kept, **_FIXED, **(extra or {})}


def failure(args: Sequence[str], answer: Answer) -> GitError:
    """Return the error for a run of git that failed, in git's own words."""
    return GitError(f"{name_of(args)}: {complaint(answer)}", hint=_hint(answer.err))


def complaint(answer: Answer) -> str:
    """Return the line in which git says what is wrong."""
    lines = [line.strip() for line in answer.err.splitlines() if line.strip()]
    for line in lines:
        for mark in ("fatal: ", "error: "):
            if line.startswith(mark):
                return line[len(mark) :]
    return lines[0] if lines else f"ended with status {answer.code} and said nothing"


def name_of(args: Sequence[str]) -> str:
    """Return the command as a person would call it, such as ``git worktree add``."""
    pairs = zip(("", *args), args, strict=False)
    plain = [arg for before, arg in pairs if before != "-c" and not arg.startswith("-")]
    return " ".join(("git", *plain[: 2 if plain and plain[0] in _TWO_WORDS else 1]))


def _start(
    args: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    streams: tuple[int, int, int],
    pass_fds: Sequence[int],
) -> subprocess.Popen[bytes]:
    try:
        # A session of its own: no prompt can reach the terminal, and it can be ended whole.
        return subprocess.Popen(
            (*_ALWAYS, *args), cwd=cwd, env=dict(env), pass_fds=tuple(pass_fds),
            stdin=streams[0], stdout=streams[1], stderr=streams[2], start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise _not_started(error, cwd) from error


def _not_started(error: OSError, cwd: Path) -> GitError:
    if not cwd.is_dir():
        return GitError(f"{cwd} is not a folder, so git cannot run there")
    if isinstance(error, FileNotFoundError):
        return GitError("git is not on PATH", hint="Install git, then run this again.")
    return GitError(f"git cannot be started: {error.strerror or error}")


def _wait(process: subprocess.Popen[bytes], args: Sequence[str], timeout: float) -> int:
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        raise GitError(
            f"{name_of(args)} did not finish within {timeout:g} s and was ended",
            hint="A hook, a filter or the network may hold it: run it by hand to see.",
        ) from None
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    # Asked first: git removes what it has half made when it is told to end.
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _hint(err: str) -> str:
    for line in err.splitlines():
        if "safe.directory" in line and line.strip().startswith("git config"):
            return f"If you trust that folder: {line.strip()}"
    if "not a git repository" in err:
        return "Go into a repository, or make one: git init"
    if ".lock'" in err and "File exists" in err:
        return "Another git is at work there, or one was killed: git names the file to look at."
    return ""

"""Asks a program for its version, once per file: real CLIs take up to a second to answer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..discovery import cache_path, stamp
from ..errors import StateError
from ..state.files import JsonFile

UNASKED = object()
NUMBER = re.compile(r"\d+\.\d+(?:\.\d+)?[\w.+-]*")
ASKING = ("--version",)


class Answer(NamedTuple):
    """What a program says when it is asked for its version.

    Attributes:
        version: The version; None if there is none in the answer, or no answer.
        came: Whether it answered in time.
    """

    version: str | None
    came: bool = True


def found(command: Sequence[str], env: Mapping[str, str]) -> str | None:
    """Return the path of a command's program, or None if it is not on PATH.

    Args:
        command: Program and leading arguments.
        env: What the agent's environment has beside this process's, such as a PATH of its own.
    """
    return shutil.which(command[0], path=env.get("PATH")) if command else None


def version_of(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    timeout: float = 20.0,
    asking: Sequence[str] = ASKING,
) -> str | None:
    """Return the version a program reports, or None if it does not say.

    Args:
        command: Program and leading arguments.
        env: What the agent's environment has beside this process's.
        timeout: Seconds to wait for its answer.
        asking: Arguments with which it prints its version.
    """
    return ask(command, env, timeout=timeout, asking=asking).version


def ask(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    timeout: float,
    asking: Sequence[str] = ASKING,
) -> Answer:
    """Ask a program for its version, as `version_of`, and say whether it answered at all.

    Args:
        command: Program and leading arguments.
        env: What the agent's environment has beside this process's.
        timeout: Seconds to wait for its answer.
        asking: Arguments with which it prints its version; without any it is not asked.
    """
    path = found(command, env)
    if path is None or not asking:
        return Answer(None, came=path is not None)
    real = os.path.realpath(path)
    words = "|".join(command if tuple(asking) == ASKING else (*command, *asking))
    key = f"{words}|{real}|{stamp(real)}"
    answered = _known().get(key, UNASKED)
    if answered is UNASKED:
        answered = _ask([path, *command[1:], *asking], env, timeout)
        if answered is not UNASKED:
            _keep(key, answered)
    version = answered if isinstance(answered, str) else None
    return Answer(version, came=answered is not UNASKED)


def _kept() -> JsonFile:
    return JsonFile(Path(cache_path().parent) / "versions.json")


def _known() -> dict[str, object]:
    try:
        known = _kept().read(default={})
    except StateError:
        return {}
    return known if isinstance(known, dict) else {}


def _keep(key: str, answer: object) -> None:
    # What cannot be kept is asked again the next time.
    with suppress(StateError):
        _kept().update(lambda others: {**others, key: answer}, default={})


def _ask(command: Sequence[str], env: Mapping[str, str], timeout: float) -> object:
    """Return the version, None if there is none in the answer, `UNASKED` if there was no answer."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return UNASKED
    number = NUMBER.search(done.stdout)
    return number.group(0) if number else None

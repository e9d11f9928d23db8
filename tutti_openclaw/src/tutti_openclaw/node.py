"""The Node.js that would run OpenClaw, and whether OpenClaw can run on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from tutti_core import version_of

ANSWER_SECS = 20.0
# Where a package does not say: what 2026.9 asks for.
ASSUMED = ">=24.16.0 <25 || >=26.1.0"

_BOUND = re.compile(r"(?P<op>>=|<=|>|<|\^|~|=)?\s*v?(?P<number>\d+(?:\.\d+){0,2})")


@attrs.frozen
class Node:
    """What was found of the Node.js that a program of npm's runs on.

    Attributes:
        version: The version on PATH; None if there is none, or another one is what it runs on.
        wanted: The versions asked for, as npm writes them.
        good: Whether the program runs.
    """

    version: str | None
    wanted: str
    good: bool

    @property
    def problem(self) -> str:
        """What is wrong, in one line."""
        found = f"found {self.version}" if self.version else "found none on PATH"
        return f"OpenClaw runs on Node.js {self.wanted}; {found}"


def node_of(command: Sequence[str], env: Mapping[str, str]) -> Node | None:
    """Return what there is to say of the Node.js of a program.

    A program that brings a Node.js of its own, or finds another one, is asked whether it runs.

    Args:
        command: The program and its leading arguments.
        env: What its environment has beside this process's.

    Returns:
        None if the program itself is not there.
    """
    path = shutil.which(command[0], path=env.get("PATH")) if command else None
    if path is None:
        return None
    wanted = _wanted(Path(path).resolve()) or ASSUMED
    version = version_of(("node",), env)
    if version and allowed(version, wanted):
        return Node(version, wanted, good=True)
    runs = _runs([path, *command[1:]], env)
    return Node(None if runs else version, wanted, runs)


def allowed(version: str, wanted: str) -> bool:
    """Return whether a version is one of those asked for.

    Args:
        version: Such as ``24.16.0``.
        wanted: Such as ``>=24.16.0 <25 || >=26.1.0``.
    """
    number = _numbers(version)
    return any(
        all(_within(number, bound) for bound in _BOUND.finditer(one))
        for one in wanted.split("||")
        if _BOUND.search(one)
    )


def _within(number: tuple[int, ...], bound: re.Match[str]) -> bool:
    limit = _numbers(bound["number"])
    if bound["op"] in ("^", "~", None, "="):
        kept = 1 if bound["op"] == "^" else 2 if bound["op"] == "~" else len(limit)
        given = bound["number"].count(".") + 1
        return number >= limit and number[: min(kept, given)] == limit[: min(kept, given)]
    return {
        ">=": number >= limit,
        ">": number > limit,
        "<=": number <= limit,
        "<": number < limit,
    }[bound["op"]]


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(one) for one in re.findall(r"\d+", version)[:3]]
    return (*found, *([0] * (3 - len(found))))


def _wanted(program: Path) -> str | None:
    """Return what the package that a program belongs to asks for."""
    try:
        package = json.loads((program.parent / "package.json").read_text(encoding="utf-8"))
        wanted = package["engines"]["node"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return wanted if isinstance(wanted, str) else None


def _runs(command: Sequence[str], env: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            [*command, "--version"],
            capture_output=True,
            timeout=ANSWER_SECS,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

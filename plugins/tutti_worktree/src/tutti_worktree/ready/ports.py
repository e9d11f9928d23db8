"""Gives each agent a block of ports to itself, over all workspaces of the machine."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutti_core import JsonFile, Lock, StateError, TuttiError, carried

# Below what the system gives to outgoing connections (from 32768 on Linux, 49152 elsewhere).
FIRST, LAST = 20_000, 32_000
LOCK_SECS = 30.0


def block(root: Path, agent: str, size: int) -> int:
    """Return the first port of an agent's block: the one it had, if that is still free.

    Args:
        root: Absolute path of the workspace.
        agent: The agent's name.
        size: How many ports it needs.

    Raises:
        StateError: If no block is left.
    """
    file = ledger()
    with Lock(file.with_name("ports.lock"), timeout=LOCK_SECS, purpose=f"the ports of {agent}"):
        known, alive = _known(file), living()
        key = f"{root}\n{agent}"
        kept = {name: one for name, one in known.items() if _stands(name) or name in alive}
        others = {name: one for name, one in {**kept, **alive}.items() if name != key}
        mine = known.get(key)
        start = mine["first"] if mine and mine["size"] == size and _is_free(mine, others) else None
        first = _next(others, size) if start is None else start
        JsonFile(file).write({**kept, key: {"first": first, "size": size}})
        return first


def living() -> dict[str, dict[str, int]]:
    """Return the blocks that processes have, whatever ledger they are from, by workspace and agent.

    A workspace may have been moved, and an agent may have another home than the others.
    """
    names = ("TUTTI_ROOT", "TUTTI_AGENT", "TUTTI_PORT_BASE", "TUTTI_PORT_COUNT")
    blocks = {}
    for root, agent, first, size in (one.values() for one in carried(*names)):
        if first.isdecimal() and size.isdecimal():
            blocks[f"{root}\n{agent}"] = {"first": int(first), "size": int(size)}
    return {name: one for name, one in blocks.items() if _is_block(one)}


def ailment(size: int) -> tuple[str, str]:
    """Return what keeps agents from their ports, and what mends it; two empty texts if nothing.

    Args:
        size: How many ports one needs.
    """
    file = ledger()
    try:
        known = _known(file)
        if file.exists() and not known and file.read_bytes().strip() not in (b"", b"{}"):
            return f"{file} is damaged, so agents may get other ports", "the next tt up mends it"
        _next({**{name: one for name, one in known.items() if _stands(name)}, **living()}, size)
    except TuttiError as error:
        return error.message, error.hint
    except OSError as error:
        return f"{file} cannot be read: {error.strerror or error}", "mend its permissions"
    return "", ""


def ledger() -> Path:
    """Return the file in which the blocks of all workspaces are listed."""
    state = os.environ.get("XDG_STATE_HOME")
    home = Path(state) if state else Path("~/.local/state").expanduser()
    return home / "tutti" / "ports.json"


def _known(file: Path) -> dict[str, dict[str, int]]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    listed = found.items() if isinstance(found, dict) else ()
    return {name: one for name, one in listed if "\n" in name and _is_block(one)}


def _is_block(one: Any) -> bool:
    values = [one.get("first"), one.get("size")] if isinstance(one, dict) else []
    return len(values) == 2 and all(type(value) is int and value > 0 for value in values)


def _stands(name: str) -> bool:
    """Return whether the workspace of a block is still there."""
    return os.path.isdir(name.partition("\n")[0])


def _is_free(mine: Mapping[str, int], others: Mapping[str, Mapping[str, int]]) -> bool:
    return not _overlaps(mine["first"], mine["size"], others)


def _overlaps(first: int, size: int, others: Mapping[str, Mapping[str, int]]) -> bool:
    spans = [(one["first"], one["first"] + one["size"]) for one in others.values()]
    return any(first < end and start < first + size for start, end in spans)


def _next(others: Mapping[str, Mapping[str, int]], size: int) -> int:
    for first in range(FIRST, LAST - size, size):
        if not _overlaps(first, size, others) and all(map(_unused, range(first, first + size))):
            return first
    raise StateError(
        f"no {size} ports are left between {FIRST} and {LAST}",
        hint=f"set `ports` of [worktree] to fewer, or delete {ledger()} while no agent runs",
    )


def _unused(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

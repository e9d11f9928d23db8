"""`tt status`: the team as a table or as JSON; on the short way, so nothing heavy is imported."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config.find import find_root
from ..team.snapshot import snapshot
from ..terminal.host import TmuxHost
from .style import STATE_COLOURS, ago, legible, paint, table


def show_status(root: Path | None, *, as_json: bool) -> int:
    """Print a workspace's voices.

    Args:
        root: The workspace; found from the current folder if None.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 0, because looking always succeeds.
    """
    root = root or find_root()
    team, rows = snapshot(root, TmuxHost())
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for name, remedy in team["unowned"].items():
        print(f"warn: [{name}] has no working owner: {remedy}", file=sys.stderr)
    print(render(team["workspace"], rows))
    return 0


def render(workspace: str, rows: Sequence[Mapping[str, Any]], where: str = "") -> str:
    """Return the rows as people read them, with the next useful command.

    Args:
        workspace: What to call the workspace.
        rows: Its voices.
        where: What reaches it from the current folder, such as ``-w shop``; empty if nothing has
            to be said.
    """
    at = f" {where}" if where else ""
    if not rows:
        return f"{workspace}: no agents in tutti.toml yet\n→ add an [[agent]], then tt up{at}"
    labels = list(dict.fromkeys(fact["label"] for row in rows for fact in row["facts"]))
    heads = ["AGENT", "RUNTIME", "STATE", "SINCE", *map(str.upper, labels), "BRANCH", "SESSION"]
    cells = [_cells(row, labels) for row in rows]
    colours = {(number, 2): STATE_COLOURS[row["state"]] for number, row in enumerate(rows)}
    title = f"{paint(workspace, 'bold')}  {_count(rows)}"
    return "\n".join([title, "", table(heads, cells, colours), *_next(rows, at)])


def _cells(row: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    since = row["since"]
    facts = {fact["label"]: fact for fact in row["facts"]}
    return [
        row["agent"],
        row["runtime"] or "—",
        state_words(row),
        ago(time.time() - since) if since else "",
        *[_fact(facts[label]) if label in facts else "" for label in labels],
        row["branch"] or "",
        row["session"],
    ]


def state_words(row: Mapping[str, Any]) -> str:
    """Return a row's state as people read it, doubts included."""
    words = row["state"].replace("_", " ")
    if row["kind"]:
        words += f" ({row['kind']})"
    elif row["state"] == "exited" and row["detail"]:
        words += f" ({row['detail']})"
    return words if row["confirmed"] else f"{words}, unconfirmed"


def _fact(fact: Mapping[str, Any]) -> str:
    age = time.time() - fact["at"]
    return f"{fact['value']} ({ago(age)} ago)" if age >= 60 else str(fact["value"])


def _count(rows: Sequence[Mapping[str, Any]]) -> str:
    states = [row["state"].replace("_", " ") for row in rows]
    kinds = dict.fromkeys(states)
    return ", ".join(f"{states.count(state)} {state}" for state in kinds)


def _next(rows: Sequence[Mapping[str, Any]], at: str) -> list[str]:
    waiting = [row for row in rows if row["state"] == "waiting"]
    broken = [row for row in rows if row["state"] in ("auth_failed", "unknown")]
    exited = [row for row in rows if row["state"] == "exited"]
    lines = [
        f"→ tt attach {row['agent']}{at}   {legible(row['detail'])}" for row in waiting + broken
    ]
    lines += [f"→ tt peek {row['agent']}{at}   its process has ended" for row in exited]
    if all(row["state"] == "stopped" for row in rows):
        lines.append(f"→ tt up{at}")
    return ["", *lines] if lines else []

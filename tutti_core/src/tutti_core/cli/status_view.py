"""`tt status`: the team as a table or as JSON; on the short way, so nothing heavy is imported."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..team.names import no_agent
from ..team.reach import running_root
from ..team.snapshot import snapshot
from ..terminal.host import TmuxHost
from .style import STATE_COLOURS, ago, legible, paint, table


def show_status(root: Path | None, *, as_json: bool, names: Sequence[str] = ()) -> int:
    """Print a workspace's voices.

    Args:
        root: The workspace; found from the current folder if None.
        as_json: Whether to print JSON.
        names: The agents wanted; all of them if empty.

    Returns:
        The exit code: 0, because looking always succeeds.

    Raises:
        ConfigError: If there is no such agent.
    """
    team, rows = snapshot(root or running_root(None), TmuxHost())
    rows = _wanted(rows, names, team["workspace"])
    for remark in remarks(team):
        print(f"warn: {remark}", file=sys.stderr)
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print(render(team["workspace"], rows))
    return 0


def _wanted(
    rows: list[dict[str, Any]], names: Sequence[str], workspace: str
) -> list[dict[str, Any]]:
    known = [row["agent"] for row in rows]
    for name in names:
        if name not in known:
            raise no_agent(name, workspace, known)
    return [row for row in rows if not names or row["agent"] in names]


def remarks(team: Mapping[str, Any]) -> Iterator[str]:
    """Return what is wrong with a team's configuration, a line for each thing."""
    trouble = team.get("trouble")
    if trouble is not None:
        yield from (str(one) for one in getattr(trouble, "problems", ()) or [trouble.message])
        yield "only what runs is known, by the rules known last"
    for name, remedy in team["unowned"].items():
        yield f"[{name}] has no working owner: {remedy}"


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
    modes = ["MODE"] if any(_mode(row) not in ("", "auto") for row in rows) else []
    heads = ["AGENT", "RUNTIME", "STATE", "SINCE", *modes, *map(str.upper, labels)]
    heads += ["BRANCH", "SESSION"]
    cells = [_cells(row, labels, modes) for row in rows]
    colours = {(number, 2): STATE_COLOURS[row["state"]] for number, row in enumerate(rows)}
    title = f"{paint(workspace, 'bold')}  {_count(rows)}"
    return "\n".join(
        [title, "", table(heads, cells, colours, ("BRANCH", "SESSION")), *_next(rows, at)]
    )


def _cells(row: Mapping[str, Any], labels: Sequence[str], modes: Sequence[str]) -> list[str]:
    since = row["since"]
    facts = {fact["label"]: fact for fact in row["facts"]}
    return [
        row["agent"],
        row["runtime"] or "—",
        state_words(row),
        ago(time.time() - since) if since else "",
        *[_mode(row) for _ in modes],
        *[_fact(facts[label]) if label in facts else "" for label in labels],
        row["branch"] or "",
        row["session"],
    ]


def state_words(row: Mapping[str, Any]) -> str:
    """Return a row's state as people read it, doubts included."""
    words = str(row["state"]).replace("_", " ")
    if row["kind"]:
        words += f" ({row['kind']})"
    elif row["state"] == "exited" and row["detail"]:
        words += f" ({row['detail']})"
    words += "" if row["confirmed"] else ", unconfirmed"
    return f"{words}, not in tutti.toml" if row["configured"] is False else words


def _mode(row: Mapping[str, Any]) -> str:
    """Return how much an agent may do; what binds it is said only where nothing does."""
    return f"{row['mode'] or ''}{', bypass' if row['policy'] == 'bypass' else ''}"


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
    strays = [row["agent"] for row in rows if row["configured"] is False]
    lines += [f"→ tt down {' '.join(strays)}{at}   no longer in tutti.toml"] if strays else []
    if all(row["state"] == "stopped" for row in rows):
        lines.append(f"→ tt up{at}")
    return ["", *lines] if lines else []

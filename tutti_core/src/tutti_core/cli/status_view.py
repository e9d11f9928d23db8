"""`tt status`: the team as a table or as JSON; on the short way, so nothing heavy is imported."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..team.asking import way_of
from ..team.names import no_agent
from ..team.reach import running_root
from ..team.rousing import rouse
from ..team.snapshot import snapshot
from ..terminal.host import TmuxHost
from .style import STATE_COLOURS, ago, fits, legible, paint, table, warn


def show_status(
    root: Path | None,
    *,
    as_json: bool,
    names: Sequence[str] = (),
    movement: str | None = None,
) -> int:
    """Print a workspace's voices.

    Args:
        root: The workspace; found from the current folder if None.
        as_json: Whether to print JSON.
        names: The agents wanted; all of them if empty.
        movement: The part of the work that they have a part in, as their facts say; any if None.

    Returns:
        The exit code: 0, because looking always succeeds.

    Raises:
        ConfigError: If there is no such agent.
    """
    root, host = root or running_root(None), TmuxHost()
    team, rows = snapshot(root, host)
    rouse(root, host)
    rows = _wanted(rows, names, team["workspace"])
    if movement is not None:
        rows = [row for row in rows if movement in _movements(row)]
    for remark in remarks(team):
        warn(remark)
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif movement is not None and not rows:
        print(f"{team['workspace']}: no agent has a part in the movement {movement!r} now")
    else:
        print(render(team["workspace"], rows))
    return 0


def _movements(row: Mapping[str, Any]) -> set[str]:
    return {str(fact["value"]) for fact in row["facts"] if fact.get("key") == "movement"}


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
    context = ["CTX"] if any(row["ctx"] is not None for row in rows) else []
    modes = ["MODE"] if any(_mode(row) not in ("", "auto") for row in rows) else []
    heads = ["AGENT", "RUNTIME", "STATE", "SINCE", *context, *modes, *map(str.upper, labels)]
    heads += ["BRANCH", "SESSION"]
    cells = [_cells(row, labels, context, modes) for row in rows]
    colours = {(number, 2): STATE_COLOURS[row["state"]] for number, row in enumerate(rows)}
    title = f"{paint(workspace, 'bold')}  {_count(rows)}"
    return "\n".join([title, "", table(heads, cells, colours, SPARE), *_next(rows, at)])


def _cells(
    row: Mapping[str, Any], labels: Sequence[str], context: Sequence[str], modes: Sequence[str]
) -> list[str]:
    since = row["since"]
    facts = {fact["label"]: fact for fact in row["facts"]}
    return [
        row["agent"],
        row["runtime"] or "—",
        state_words(row),
        ago(time.time() - since) if since else "",
        *["" if row["ctx"] is None else f"{row['ctx']}% used" for _ in context],
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
    words += ", stalled" if row["stalled"] else ""
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


def until(row: Mapping[str, Any]) -> str:
    """Return in words when a limit ends, if that is known: by the clock, or as it was printed."""
    if row["resets_at"] is None:
        return f"resets {row['resets']}" if row["resets"] else ""
    left = row["resets_at"] - time.time()
    if left <= 0:
        return "its limit has ended by now"
    day = "%H:%M" if left < DAY else "%a %d %b, %H:%M"
    return f"resets {time.strftime(day, time.localtime(row['resets_at']))}, in {ago(left)}"


def _next(rows: Sequence[Mapping[str, Any]], at: str) -> list[str]:
    lines = [f"→ {line}" for row in rows for line in _steps(row, at)]
    strays = [row["agent"] for row in rows if row["configured"] is False]
    lines += [f"→ tt down {' '.join(strays)}{at}   no longer in tutti.toml"] if strays else []
    if all(row["state"] == "stopped" for row in rows):
        lines.append(f"→ tt up{at}")
    return ["", *map(fits, lines)] if lines else []


def _steps(row: Mapping[str, Any], at: str) -> Iterator[str]:
    """Yield the next useful command for an agent that needs somebody, and why it does."""
    agent, state, why = row["agent"], row["state"], legible(row["detail"])
    if state == "waiting" or row["kind"]:
        keys = [one["key"] for one in row["options"]]
        yield f"{way_of(agent, row['kind'], row['answers'], keys)}{at}   {why}"
    elif state in ("auth_failed", "unknown"):
        yield f"tt attach {agent}{at}   {why}"
    elif state == "rate_limited":
        yield f"tt peek {agent}{at}   {until(row) or why}"
    elif state == "exited":
        yield f"tt peek {agent}{at}   its process has ended"
    elif row["stalled"]:
        yield f"tt peek {agent}{at}   stalled: {legible(row['stalled'])}"


DAY = 86400
SPARE = ("RUNTIME", "BRANCH", "SESSION")
"""The columns that a narrow terminal does without, the last first."""

"""What `tt up` prints of one workspace."""

from __future__ import annotations

from typing import Any

from ..team.outcome import Outcome
from ..team.up import UpResponse
from .style import STATE_COLOURS, legible, table


def fields(done: UpResponse) -> dict[str, Any]:
    """Return what became of a workspace as JSON has it."""
    return {"results": done.results, "warnings": done.warnings}


def outcome_words(one: Outcome) -> str:
    """Return what became of an agent in a few words."""
    return legible(one.detail) or one.state or one.outcome


def rows_of(done: UpResponse) -> str:
    """Return the agents' outcomes as a table."""
    heads = ["AGENT", "RUNTIME", "OUTCOME", "STATE", "BRANCH", "SESSION"]
    rows = [_row(one) for one in done.results]
    colours = {(n, 3): STATE_COLOURS.get(one.state, "") for n, one in enumerate(done.results)}
    return table(heads, rows, colours, ("BRANCH", "SESSION"))


def remarks(done: UpResponse) -> list[str]:
    """Return each remark once, with the agents it is about."""
    about: dict[str, list[str]] = {}
    for one in done.results:
        for remark in dict.fromkeys(one.warnings):
            about.setdefault(remark, []).append(one.agent)
    return [f"{', '.join(agents)}: {remark}" for remark, agents in about.items()]


def hints(done: UpResponse) -> list[str]:
    """Return the next useful commands."""
    found = [one.hint for one in done.results if one.hint]
    running = [one.agent for one in done.results if one.ok]
    if running and not found:
        found = ["tt status", f'tt send {running[0]} "…"', f"tt attach {running[0]}"]
    return list(dict.fromkeys(found))


def _row(one: Outcome) -> list[str]:
    return [
        one.agent,
        one.runtime or "—",
        "resumed" if one.resumed and one.outcome == "launched" else one.outcome,
        one.state.replace("_", " "),
        one.branch or "",
        one.session,
    ]

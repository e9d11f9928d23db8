"""What `tt queue` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .style import ago, legible, table

if TYPE_CHECKING:
    from ..team.queueing import CancelResponse

COLOURS = {"waiting": "yellow", "typing": "green", "pasted": "green"}
LONGEST = 48


def rows_of(entries: Sequence[Mapping[str, Any]], *agents: str) -> str:
    """Return the prompts as a table, with the next useful command.

    Args:
        entries: The prompts, as `queue` gives them.
        agents: Whose they are, if not everybody's.
    """
    if not entries:
        whose = f" for {', '.join(agents)}" if agents else ""
        how = f"tt send {agents[0] if agents else 'AGENT'} PROMPT"
        return f"No prompt waits{whose}.\n→ {how} queues one for an agent that is busy"
    heads = ["ID", "AGENT", "STATE", "AGE", "PROMPT", "WHY"]
    rows = [_row(one) for one in entries]
    colours = {(n, 2): COLOURS.get(one["state"], "red") for n, one in enumerate(entries)}
    return f"{table(heads, rows, colours, ('PROMPT', 'WHY'))}\n→ tt queue cancel ID"


def cancelled_lines(done: CancelResponse) -> str:
    """Return what became of a wish to take prompts back.

    Args:
        done: What became of it.
    """
    lines = [f"cancelled  {number}" for number in done.cancelled]
    lines += [f"kept  {number}: {why}" for number, why in done.kept.items()]
    return "\n".join(lines) or "There was nothing to cancel."


def _row(one: Mapping[str, Any]) -> list[str]:
    text = legible(one["text"])
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return [str(one["entry"]), one["agent"], one["state"], ago(one["age"]), shown, _why(one)]


def _why(one: Mapping[str, Any]) -> str:
    """Return why a prompt is where it is; what was seen last is no reason any more."""
    why = legible(one["why"])
    if one["state"] != "waiting" or one["delivering"]:
        return why
    return f"nobody delivers it now; seen last: {why}" if why else "nobody delivers it now"

"""What the line of an attempt's end says besides how it ended."""

from __future__ import annotations

from typing import Any

from ..plan.resolve import Node
from ..plan.split import trait
from ..record.state import RunState
from ..templated import named_in

Line = dict[str, Any]


def provenance(node: Node, run: RunState) -> Line:
    """Return whether what a step gave is an agent's word, or made of such words.

    Args:
        node: The step.
        run: How its run is.
    """
    drawn = sorted(named_in(node.step) & run.untrusted)
    line: Line = {"drew_on": drawn} if drawn else {}
    return {**line, "untrusted": True} if drawn or trait(node.kind, "untrusted", False) else {}


def ledger_of(node: Node) -> Line:
    """Return what a step's success means for the ledger of its run.

    Args:
        node: The step.
    """
    state = node.common.on_success.ledger if node.common.on_success else None
    if not state:
        return {}
    return {"ledger": {"to": state, "actor": node.agent or "tt", "reason": node.key}}

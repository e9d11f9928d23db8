"""What the policy says of a command, kept where other tools read it."""

from __future__ import annotations

from collections.abc import Sequence

from tutti_core import Action, Context, Journal, PolicyError, Verdict

from ..record.redacting import Redactor


def allow(context: Context, action: Action) -> None:
    """Ask the guards about a command, and keep the decision.

    Args:
        context: The workspace.
        action: The command.

    Raises:
        PolicyError: If one refuses it.
    """
    verdicts = context.guard(action)
    first = verdicts[0] if verdicts else None
    _keep(context, action, verdicts)
    if first and first.decision == "refuse":
        shown = str(action.data.get("command"))[:300]
        raise PolicyError(
            f"command blocked by permissions policy: {shown!r} ({first.by}: {first.reason})",
            hint=first.remedy or "add a rule for it to the policy",
        )


def _keep(context: Context, action: Action, verdicts: Sequence[Verdict]) -> None:
    first = verdicts[0] if verdicts else None
    blocked = first is not None and first.decision == "refuse"
    line = {
        "workspace": context.name,
        "agent": action.agent,
        "runtime": None,
        "action": "workflow_command",
        "mode": "workflow",
        "policy": "configured" if verdicts else "unset",
        "enforcement": "hard" if verdicts else "none",
        "decision": "block" if blocked else "allow",
        "reason": first.reason if first else "policy not configured",
        "data": {
            **action.data,
            "matched_rule": (first.rule or None) if first else None,
            "suggested_rule": _suggested(action) if blocked else None,
        },
    }
    Journal(context.places.policy_decisions).append(Redactor.of(context).clean(line))


def _suggested(action: Action) -> str:
    """Return the rule that would allow a command: its first two words, as the contract has it."""
    return " ".join(str(action.data.get("command") or "").split()[:2])

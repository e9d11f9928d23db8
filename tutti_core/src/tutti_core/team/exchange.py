"""`send` with what may go before and after it: a start, the turn's end, what was shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..model.happening import Receipt
from ..watching.settling import fresh
from .ending import session_now
from .logs import showing
from .send import SendRequest, deliver
from .turn import Turn, Typed, await_turn
from .up import UpRequest, up

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context
    from .outcome import Outcome


class Listener:
    """Who is told of an exchange as it goes on; this one does not care."""

    def starts(self, agent: str) -> None:
        """An agent that does not run is started."""

    def started(self, outcome: Outcome) -> None:
        """It is known what became of the start."""

    def sent(self, receipt: Receipt) -> None:
        """It is known what became of the prompt."""

    def looked(self, voice: Voice, elapsed: float) -> None:
        """One waits, and has looked at the agent."""


def exchange(context: Context, request: SendRequest, listener: Listener | None = None) -> Receipt:
    """Give an agent a prompt; if asked start it before, and wait until it is through with it.

    Args:
        context: The workspace.
        request: The agent, the prompt, and what else is asked.
        listener: Told how it goes on.

    Returns:
        The receipt, with the end of the turn if that was waited for.

    Raises:
        ConfigError: If there is no such agent.
        PolicyError: If a guard refuses.
        PluginError: If a table of the configuration has no working owner.
    """
    heard = listener or Listener()
    begun = time.monotonic()
    outcome = None
    if request.auto_up and request.text.strip():
        outcome, refused = _started(context, request, heard)
        if refused is not None:
            return refused
    before = _shown(context, request)
    receipt, typed = deliver(context, request)
    if outcome is not None:
        warnings = (*outcome.warnings, *receipt.warnings)
        receipt = attrs.evolve(receipt, launched=True, warnings=warnings)
    heard.sent(receipt)
    if not (request.wait or request.output) or typed is None:
        return receipt
    if receipt.outcome != "submitted":
        return attrs.evolve(receipt, turn="unknown") if receipt.outcome == "unknown" else receipt
    left = max(1.0, request.timeout_secs - (time.monotonic() - begun))
    turn = _await(context, request, typed, left, heard)
    output = "\n".join(anew(before, _shown(context, request))[-request.output_lines :])
    return attrs.evolve(
        receipt,
        waited=True,
        turn=turn.end,
        kind=turn.kind,
        completion_source=turn.source,
        completion_detail=turn.detail,
        captured_output=output if request.output else None,
    )


def anew(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the lines of a screen that were not on it before, blank ones around them left out.

    Args:
        before: Its lines before.
        after: Its lines now.
    """
    new = fresh(before, after)
    told = [number for number, line in enumerate(new) if line.strip()]
    return new[told[0] : told[-1] + 1] if told else []


def _started(
    context: Context, request: SendRequest, heard: Listener
) -> tuple[Outcome | None, Receipt | None]:
    """Start an agent that does not run, and let it end its own first turn.

    Returns:
        What became of the start, if there was one, and a receipt if it cannot be given the prompt.
    """
    session = session_now(context, request.agent)
    if session is not None and not session.dead:
        return None, None
    heard.starts(request.agent)
    begun = time.monotonic()
    # Whoever is started only to be asked something goes on in the worktree as it is.
    wanted = UpRequest((request.agent,), without=request.without, keep_trees=True)
    (outcome,) = up(context, wanted).results
    heard.started(outcome)
    if not outcome.ok:
        why = f"it could not be started: {outcome.detail or outcome.outcome}"
        return outcome, _refusal(context, request, why, outcome.hint)
    session = session_now(context, request.agent)
    if outcome.state != "working" or session is None:
        return outcome, None
    left = max(1.0, request.timeout_secs - (time.monotonic() - begun))
    turn = _await(context, request, Typed(session, session.created, worked=True), left, heard)
    if turn.end == "done":
        return outcome, None
    why = f"it was started, and its first turn ended otherwise: {turn.end} ({turn.detail})"
    receipt = _refusal(context, request, why, f"tt attach {request.agent}")
    return outcome, attrs.evolve(receipt, launched=True)


def _refusal(context: Context, request: SendRequest, why: str, hint: str) -> Receipt:
    return Receipt("refused", context.name, request.agent, why, 0, hint)


def _await(
    context: Context, request: SendRequest, typed: Typed, secs: float, heard: Listener
) -> Turn:
    return await_turn(
        context,
        request.agent,
        typed,
        secs=secs,
        stable_secs=request.idle_stable_secs,
        told=heard.looked,
    )


def _shown(context: Context, request: SendRequest) -> list[str]:
    """Return what an agent's terminal shows, if what is new there is wanted."""
    return showing(context, session_now(context, request.agent)) if request.output else []

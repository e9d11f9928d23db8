"""`send` with what may go before and after it: a start, the turn's end, what was said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..errors import TuttiError
from ..model.happening import Receipt
from ..watching.settling import fresh
from .called import called
from .composing import looked
from .ending import session_now
from .logs import showing
from .marks import answer_to
from .rousing import ensure, rouse
from .send import SendRequest, deliver
from .turn import Turn, Typed, await_turn
from .up import UpRequest, up

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context
    from .outcome import Outcome

ANSWER_SECS = 2.0
"""How long an agent has to write down what it said, once it is through."""


class Listener:
    """Who is told of an exchange as it goes on; this one does not care."""

    def starts(self, agent: str) -> None:
        """An agent that does not run is started."""

    def started(self, outcome: Outcome) -> None:
        """It is known what became of the start."""

    def sent(self, receipt: Receipt) -> None:
        """It is known what became of the prompt, or that it is queued."""

    def looked(self, voice: Voice, elapsed: float) -> None:
        """One waits, and has looked at the agent."""

    def queued(self, agent: str, why: str, elapsed: float) -> None:
        """One waits for a prompt to be delivered."""


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
    waits = request.wait or request.output
    if receipt.outcome == "queued":
        watch(context)
        if waits:
            left = request.timeout_secs - (time.monotonic() - begun)
            receipt, typed = called(context, receipt, left, heard.queued)
            before = []
    else:
        # Another agent's may wait while nobody watches.
        rouse(context.root, context.host)
    if not waits or typed is None:
        return _waited_in_vain(receipt) if waits else receipt
    if receipt.outcome != "submitted":
        return attrs.evolve(receipt, turn="unknown") if receipt.outcome == "unknown" else receipt
    watch(context)
    left = max(1.0, request.timeout_secs - (time.monotonic() - begun))
    turn = _await(context, request, typed, left, heard)
    return attrs.evolve(
        receipt,
        waited=True,
        turn=turn.end,
        kind=turn.kind,
        completion_source=turn.source,
        completion_detail=turn.detail,
        captured_output=_said(context, request, typed, turn, before) if request.output else None,
    )


def watch(context: Context) -> None:
    """See to it that somebody watches the workspace; whoever cannot is told by the doctor.

    Args:
        context: The workspace.
    """
    try:
        ensure(context)
    except (TuttiError, OSError) as error:
        context.log.note("nobody watches", exc_info=error)


def anew(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the lines of a screen that were not on it before, blank ones around them left out.

    Args:
        before: Its lines before.
        after: Its lines now.
    """
    new = fresh(before, after)
    told = [number for number, line in enumerate(new) if line.strip()]
    return new[told[0] : told[-1] + 1] if told else []


def since_prompt(lines: Sequence[str], prompt: str) -> list[str]:
    """Return the lines of a screen from the last one that shows the beginning of a prompt on.

    Args:
        lines: The lines.
        prompt: The prompt.
    """
    first = next(filter(None, map(str.strip, prompt.splitlines())), "")[:40]
    found = [number for number, line in enumerate(lines) if first and first in line]
    return list(lines[found[-1] :]) if found else list(lines)


def _waited_in_vain(receipt: Receipt) -> Receipt:
    """Return the receipt of a prompt that was never typed as far as anybody waited."""
    if receipt.outcome == "queued":
        said = f"it is still queued: {receipt.evidence}"
        return attrs.evolve(receipt, waited=True, turn="timeout", completion_detail=said)
    return attrs.evolve(receipt, turn="unknown") if receipt.outcome == "unknown" else receipt


def _said(
    context: Context, request: SendRequest, typed: Typed, turn: Turn, before: Sequence[str]
) -> str:
    """Return an agent's answer in its own words, or else what its terminal shows anew."""
    deadline = time.monotonic() + (ANSWER_SECS if turn.end == "done" else 0)
    while True:
        voice = looked(context, request.agent)
        answer = answer_to(context, voice, typed) if voice else None
        if answer is None or answer or time.monotonic() >= deadline:
            break
        time.sleep(0.1)
    if answer:
        lines = answer.splitlines()
    else:
        after = _shown(context, request)
        lines = anew(before, after) if before else since_prompt(after, typed.text or request.text)
    return "\n".join(lines[-request.output_lines :])


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

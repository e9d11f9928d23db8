"""`send` with what may go before and after it: a start, the turn's end, what was said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..errors import TuttiError
from ..model.happening import Receipt
from .asking import MOST, name_of, way_of
from .called import called
from .ending import session_now
from .rousing import ensure, rouse
from .send import SendRequest, deliver
from .spoken import said, shown
from .turn import Turn, Typed, await_turn
from .up import UpRequest, up

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .answer import Answered
    from .context import Context
    from .outcome import Outcome

SHORT = 30
"""So much of a choice is told beside the others."""


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
    return _Exchange(context, request, listener or Listener()).run()


class _Exchange:
    def __init__(self, context: Context, request: SendRequest, heard: Listener) -> None:
        self.context, self.request, self.heard = context, request, heard
        self.begun = time.monotonic()

    def run(self) -> Receipt:
        outcome, refused = self._started() if self._may_start() else (None, None)
        if refused is not None:
            return refused
        before = shown(self.context, self.request)
        receipt, typed = deliver(self.context, self.request)
        if outcome is not None:
            warnings = (*outcome.warnings, *receipt.warnings)
            receipt = attrs.evolve(receipt, launched=True, warnings=warnings)
        self.heard.sent(receipt)
        waits = self.request.wait or self.request.output
        if receipt.outcome == "queued":
            watch(self.context)
            if waits:
                receipt, typed = called(self.context, receipt, self._left(), self.heard.queued)
                before = []
        else:
            # Another agent's may wait while nobody watches.
            rouse(self.context.root, self.context.host)
        if not waits:
            return receipt
        if typed is None or receipt.outcome != "submitted":
            return _waited_in_vain(receipt)
        watch(self.context)
        return self._through(receipt, typed, before)

    def _left(self) -> float:
        return self.request.timeout_secs - (time.monotonic() - self.begun)

    def _through(self, receipt: Receipt, typed: Typed, before: Sequence[str]) -> Receipt:
        """Wait until the agent is through with the prompt, and return the receipt with that."""
        turn, hint = self._await(typed), ""
        if turn.end == "waiting":
            turn, hint = asked(self.context, self.request.agent, turn)
        output = self.request.output
        return attrs.evolve(
            receipt,
            hint=receipt.hint or hint,
            waited=True,
            turn=turn.end,
            kind=turn.kind,
            completion_source=turn.source,
            completion_detail=turn.detail,
            captured_output=said(self.context, self.request, typed, turn, before)
            if output
            else None,
        )

    def _await(self, typed: Typed) -> Turn:
        return await_turn(
            self.context,
            self.request.agent,
            typed,
            secs=max(1.0, self._left()),
            stable_secs=self.request.idle_stable_secs,
            told=self.heard.looked,
        )

    def _may_start(self) -> bool:
        if not (self.request.auto_up and self.request.text.strip()):
            return False
        session = session_now(self.context, self.request.agent)
        return session is None or session.dead

    def _started(self) -> tuple[Outcome | None, Receipt | None]:
        """Start an agent that does not run, and let it end its own first turn.

        Returns:
            What became of the start, and a receipt if it cannot be given the prompt.
        """
        name = self.request.agent
        self.heard.starts(name)
        # Whoever is started only to be asked something goes on in the worktree as it is.
        wanted = UpRequest((name,), without=self.request.without, keep_trees=True)
        (outcome,) = up(self.context, wanted).results
        self.heard.started(outcome)
        if not outcome.ok:
            why = f"it could not be started: {outcome.detail or outcome.outcome}"
            return outcome, self._refusal(why, outcome.hint)
        session = session_now(self.context, name)
        if outcome.state != "working" or session is None:
            return outcome, None
        turn = self._await(Typed(session, session.created, worked=True))
        if turn.end == "done":
            return outcome, None
        why = f"it was started, and its first turn ended otherwise: {turn.end} ({turn.detail})"
        return outcome, attrs.evolve(self._refusal(why, f"tt attach {name}"), launched=True)

    def _refusal(self, why: str, hint: str) -> Receipt:
        return Receipt("refused", self.context.name, self.request.agent, why, 0, hint)


def watch(context: Context) -> None:
    """See to it that somebody watches the workspace; whoever cannot is told by the doctor.

    Args:
        context: The workspace.
    """
    try:
        ensure(context)
    except (TuttiError, OSError) as error:
        context.log.note("nobody watches", exc_info=error)


def _waited_in_vain(receipt: Receipt) -> Receipt:
    """Return the receipt of a prompt that was never typed as far as anybody waited."""
    if receipt.outcome == "queued":
        said = f"it is still queued: {receipt.evidence}"
        return attrs.evolve(receipt, waited=True, turn="timeout", completion_detail=said)
    return attrs.evolve(receipt, turn="unknown") if receipt.outcome == "unknown" else receipt


def asked(context: Context, agent: str, turn: Turn) -> tuple[Turn, str]:
    """Return a turn that ended with a question with what is asked, and the command to answer it.

    Args:
        context: The workspace.
        agent: The agent.
        turn: How its turn ended.
    """
    from .answer import question

    try:
        told = question(context, agent)
    except TuttiError:
        return turn, f"tt answer {agent}"
    if not told.dialog:
        return turn, told.hint
    keys = [one.key for one in told.options]
    return turn._replace(detail=_briefly(told)), way_of(agent, told.kind, told.answers, keys)


def _briefly(told: Answered) -> str:
    """Return what is asked, and what can be chosen, in one line."""
    rows = [row.strip() for row in told.shown if any(map(str.isalnum, row))]
    asks = rows[-1] if rows and told.kind == "question" else told.question
    choices = [f"{name_of(one.key, place)} {one.text}" for place, one in enumerate(told.options)]
    some = [one if len(one) <= SHORT else f"{one[:SHORT]}…" for one in choices[:MOST]]
    left = [f"and {len(choices) - MOST} more"] if len(choices) > MOST else []
    return f"{asks} [{', '.join([*some, *left])}]" if choices else asks

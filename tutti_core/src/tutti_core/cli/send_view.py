"""What `tt send` prints: how it goes on, the receipt, the end of the turn."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import RuntimeFailure
from ..model.happening import Receipt
from ..team import turn
from ..team.exchange import Listener
from ..team.send import SendRequest
from ..team.turn import Turn, WaitFailed
from .common import show_json
from .progress import Progress
from .report import report
from .style import ago, legible, paint, warn
from .up_view import outcome_words

if TYPE_CHECKING:
    from ..team.outcome import Outcome
    from ..watching.look import Voice

EXIT_CODES = {"submitted": 0, "queued": 0, "refused": 1, "unsubmitted": 3, "unknown": 4}
COLOURS = {"submitted": "green", "queued": "yellow"}


class Watching(Listener):
    """Somebody who waits for one agent, and sees on a terminal what goes on.

    Args:
        agent: The agent.
        quiet: Whether to print nothing at all.
    """

    def __init__(self, agent: str, *, quiet: bool) -> None:
        self.agent = agent
        self.progress = Progress(quiet=quiet)
        self.starting = False
        self.receipt: Receipt | None = None

    def __enter__(self) -> Watching:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line to whatever comes next."""
        self.progress.show("")

    def starts(self, agent: str) -> None:
        """Say who is started."""
        self.starting = True
        self.progress.show(f"{agent} is started")

    def started(self, outcome: Outcome) -> None:
        """Print what became of the start."""
        self.starting = False
        self.progress.show("")
        self.progress.told(outcome.agent, outcome_words(outcome), ok=outcome.ok)

    def sent(self, receipt: Receipt) -> None:
        """Keep the receipt."""
        self.receipt = receipt

    def looked(self, voice: Voice, elapsed: float) -> None:
        """Say how the agent is, and for how long one has waited."""
        reading = voice.reading
        kind = f" ({reading.kind})" if reading.kind else ""
        state = reading.state.replace("_", " ")
        self.progress.show(f"{voice.agent} {state}{kind}, {ago(elapsed)}")

    def queued(self, agent: str, why: str, elapsed: float) -> None:
        """Say what a queued prompt waits for."""
        self.progress.show(f"{agent} queued, {ago(elapsed)}: {why}")


class Watchings:
    """Somebody who waits for several agents, and sees on one line of a terminal how each is.

    Args:
        quiet: Whether to print nothing at all.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.progress = Progress(quiet=quiet)
        self.states: dict[str, str] = {}

    def __enter__(self) -> Watchings:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line to whatever comes next."""
        self.progress.show("")

    def one(self, agent: str) -> Listener:
        """Return who is told of one of the agents."""
        return _OneOfMany(self, agent)

    def interrupted(self, *, as_json: bool) -> None:
        """Say after Ctrl+C how far each came; none of them is stopped."""
        said = ", ".join(f"{name} {state}" for name, state in sorted(self.states.items()))
        told = f"interrupted: none is stopped ({said or 'nothing is known of any'})"
        self.progress.show("")
        if as_json:
            report(RuntimeFailure(told, hint="tt status"), as_json=True)
        else:
            print(f"\n{told}\n→ tt status", file=sys.stderr)

    def now(self, agent: str, state: str) -> None:
        """Say how an agent is."""
        self.states = {**self.states, agent: state}
        shown = ", ".join(f"{name} {state}" for name, state in sorted(self.states.items()))
        self.progress.show(shown)


class _OneOfMany(Listener):
    def __init__(self, all_: Watchings, agent: str) -> None:
        self._all, self._agent = all_, agent

    def starts(self, agent: str) -> None:
        self._all.now(agent, "is started")

    def started(self, outcome: Outcome) -> None:
        self._all.progress.told(outcome.agent, outcome_words(outcome), ok=outcome.ok)

    def sent(self, receipt: Receipt) -> None:
        self._all.now(self._agent, receipt.outcome)

    def looked(self, voice: Voice, elapsed: float) -> None:
        self._all.now(self._agent, voice.reading.state.replace("_", " "))

    def queued(self, agent: str, why: str, elapsed: float) -> None:
        self._all.now(agent, "queued")


def interrupted(watching: Watching, *, as_json: bool) -> None:
    """Say what goes on after Ctrl+C: waiting is over, and nothing else.

    Args:
        watching: Who waited.
        as_json: Whether to print the receipt, if there is one, and this as JSON.
    """
    agent, receipt = watching.agent, watching.receipt
    if watching.starting:
        said = f"{agent} may have been started, and was given no prompt"
    elif receipt is None:
        said = f"{agent} may have been given the prompt"
    else:
        said = f"the prompt was {receipt.outcome}, and {agent} goes on with it"
    watching.progress.show("")
    if as_json:
        if receipt is not None:
            show_json(receipt)
        report(RuntimeFailure(f"interrupted: {said}", hint=f"tt status {agent}"), as_json=True)
        return
    print(f"\ninterrupted: {said}", file=sys.stderr)
    print(f"→ tt status {agent}", file=sys.stderr)


def show(receipt: Receipt, request: SendRequest, *, many: bool = False) -> None:
    """Print a receipt, the end of the turn, and what was said.

    Args:
        receipt: The receipt.
        request: What was asked for.
        many: Whether it is one of several, whose bad ends are no error of the command's.
    """
    for warning in receipt.warnings:
        warn(warning)
    word = paint(receipt.outcome, COLOURS.get(receipt.outcome, "red"))
    print(f"{word}  {receipt.agent}: {legible(receipt.evidence)} ({receipt.ms} ms)")
    told = many or failure(receipt, request) is None
    if receipt.hint and told:
        print(f"→ {receipt.hint}")
    if receipt.turn is not None and receipt.waited and told:
        word = paint(receipt.turn.replace("_", " "), "green" if receipt.turn == "done" else "red")
        print(f"{word}  {receipt.agent}: {legible(receipt.completion_detail or '')}")
    if request.output and receipt.waited:
        lines = (receipt.captured_output or "").split("\n")
        text = "\n".join("".join(c for c in line if c.isprintable()) for line in lines)
        print(f"\n{text}" if text.strip() else "\n(no new output captured)")


def exit_code(receipt: Receipt) -> int:
    """Return the exit code that one receipt stands for.

    Args:
        receipt: The receipt.
    """
    if receipt.waited and receipt.turn is not None:
        return turn.EXIT_CODES[receipt.turn]
    return EXIT_CODES[receipt.outcome]


def failure(receipt: Receipt, request: SendRequest) -> WaitFailed | None:
    """Return the error that a turn which ended otherwise is; None if it is done, or not waited for.

    Args:
        receipt: The receipt.
        request: What was asked for.
    """
    if not receipt.waited or receipt.turn in (None, "done"):
        return None
    detail = receipt.completion_detail or ""
    ended = Turn(receipt.turn, receipt.kind, None, detail)  # type: ignore[arg-type]  # as it was
    return WaitFailed(ended, receipt.agent, request.timeout_secs, receipt.hint)

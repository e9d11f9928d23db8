"""One prompt to several agents at once, each with a receipt of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from ..errors import TuttiError, UsageError
from ..model.happening import Receipt
from .exchange import Listener, exchange
from .send import SendRequest

if TYPE_CHECKING:
    from .context import Context


def broadcast(
    context: Context,
    agents: Sequence[str],
    request: SendRequest,
    listener: Callable[[str], Listener] = lambda _: Listener(),
) -> list[Receipt]:
    """Give several agents the same prompt at once.

    Args:
        context: The workspace.
        agents: The agents; each is known.
        request: The prompt, and what else is asked; its agent does not matter.
        listener: Gives who is told how it goes on with an agent.

    Returns:
        A receipt for each agent, in their order. What keeps one from it, a guard among them, is
        that one's refusal.

    Raises:
        ConfigError: If one of them is not in the team; nobody is given anything then.
        UsageError: If there is nobody to give it to.
    """
    names = list(dict.fromkeys(agents))
    if not names:
        raise UsageError("there is no agent to give it to", hint="add an [[agent]] to tutti.toml")
    for name in names:
        context.agent(name)
    _ = context.digest, context.host, context.sinks, context.detectors  # once, before the threads
    ends = [_End(name) for name in names]

    def give(one: _End) -> None:
        asked = attrs.evolve(request, agent=one.agent)
        try:
            one.receipt = _exchanged(context, asked, listener(one.agent))
        except Exception as error:  # noqa: BLE001 -- raised again below, where it is seen
            one.broken = error

    _at_once(give, ends)
    return [one.told() for one in ends]


@attrs.define
class _End:
    """What became of the prompt to one agent."""

    agent: str
    receipt: Receipt | None = None
    broken: Exception | None = None

    def told(self) -> Receipt:
        if self.receipt is None:
            raise self.broken or RuntimeError(f"nothing became of the prompt to {self.agent}")
        return self.receipt


def _at_once(give: Callable[[_End], None], ends: Sequence[_End]) -> None:
    """Give each its prompt in a thread of its own, and wait for all of them."""
    # Whoever presses Ctrl+C waits for none of them, and each agent goes on.
    threads = [threading.Thread(target=give, args=(one,), daemon=True) for one in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _exchanged(context: Context, request: SendRequest, heard: Listener) -> Receipt:
    try:
        return exchange(context, request, heard)
    except TuttiError as error:
        return Receipt("refused", context.name, request.agent, error.message, 0, error.hint)

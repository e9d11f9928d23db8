"""`queue`: what waits for its agent or went astray, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import UsageError
from ..state.lock import Lock
from .ending import session_now
from .ends import tell
from .queue import IN_HAND, WAITING, Entry, Queue
from .rousing import rouse
from .watcher import is_awake

if TYPE_CHECKING:
    from .context import Context

GONE = "who typed it was killed; whoever delivers next finds out what became of it"


@attrs.frozen
class QueueRequest:
    """What `queue` takes.

    Attributes:
        agents: The agents wanted; all of them if empty.
    """

    agents: tuple[str, ...] = ()


@attrs.frozen
class QueueResponse:
    """What `queue` answers.

    Attributes:
        entries: The prompts, oldest first, as plain values.
    """

    entries: tuple[dict[str, Any], ...]


@attrs.frozen
class CancelRequest:
    """What `queue-cancel` takes.

    Attributes:
        entries: Numbers of prompts.
        all: Whether every prompt is meant that can be taken back.
        agents: With `all`, those of these agents only, if there are any.
    """

    entries: tuple[int, ...] = ()
    all: bool = False
    agents: tuple[str, ...] = ()


@attrs.frozen
class CancelResponse:
    """What `queue-cancel` answers.

    Attributes:
        cancelled: Numbers of the prompts that were taken back; nothing of them was or will be
            typed by tt, but for those that had gone astray.
        kept: By number why the others were not.
    """

    cancelled: tuple[int, ...] = ()
    kept: dict[str, str] = attrs.field(factory=dict)


def queue(context: Context, request: QueueRequest) -> QueueResponse:
    """List the prompts that wait, that are being typed, and that went astray.

    If nobody is there to deliver those that wait, somebody is started.

    Args:
        context: The workspace.
        request: Whose.

    Raises:
        ConfigError: If there is neither such an agent nor a prompt for one.
    """
    found = Queue(context.places).all()
    _require(context, request.agents, found)
    wanted = [one for one in found if not request.agents or one.agent in request.agents]
    delivering = rouse(context.root, context.host) or is_awake(context.root)
    told = [row(_seen(context, one), delivering=delivering) for one in wanted]
    return QueueResponse(tuple(told))


def _seen(context: Context, entry: Entry) -> Entry:
    """Return a prompt as it is: who was killed with it in hand is not typing it."""
    held = Lock(context.places.lock(f"pane-{entry.agent}")).holder() is not None
    return entry if held or entry.state not in IN_HAND else attrs.evolve(entry, why=GONE)


def _require(context: Context, agents: Sequence[str], entries: Sequence[Entry]) -> None:
    """Refuse names of nobody; of who is no longer configured a prompt may be left."""
    for name in agents:
        if name not in {one.agent for one in entries} and session_now(context, name) is None:
            context.agent(name)


def cancel(context: Context, request: CancelRequest) -> CancelResponse:
    """Take prompts back: those that wait are never typed, those that went astray are forgotten.

    Args:
        context: The workspace.
        request: Which.

    Raises:
        UsageError: If none is named.
        ConfigError: If there is neither such an agent nor a prompt for one.
    """
    if not (request.entries or request.all):
        raise UsageError("no prompt was named", hint="tt queue lists their numbers")
    _require(context, request.agents, Queue(context.places).all())
    numbers = request.entries or _numbers(context, request.agents)
    done: list[int] = []
    kept: dict[str, str] = {}
    for number in dict.fromkeys(numbers):
        taken = Queue(context.places).cancel(number)
        if taken is None:
            kept[str(number)] = _why_kept(Queue(context.places).get(number))
        else:
            tell(context, taken)
            done.append(number)
    return CancelResponse(tuple(done), kept)


def row(entry: Entry, *, delivering: bool = True) -> dict[str, Any]:
    """Return a prompt as plain values.

    Args:
        entry: The prompt.
        delivering: Whether somebody delivers what waits; else why it waits is what whoever looked
            last has seen.
    """
    return {
        "entry": entry.number,
        "agent": entry.agent,
        "state": entry.state,
        "text": entry.text,
        "why": entry.why,
        "hint": entry.hint,
        "at": entry.at,
        "age": max(0.0, time.time() - entry.at),
        "raw": entry.raw,
        "correlation_id": entry.correlation_id,
        "delivering": entry.state in IN_HAND or (entry.state == WAITING and delivering),
    }


def _numbers(context: Context, agents: Sequence[str]) -> list[int]:
    found = Queue(context.places).all()
    return [
        one.number
        for one in found
        if (not agents or one.agent in agents) and (one.state == WAITING or one.told)
    ]


def _why_kept(entry: Entry | None) -> str:
    if entry is None:
        return "there is no such prompt in the queue any more"
    if entry.state in IN_HAND:
        return f"it is being typed into {entry.agent}"
    return f"it is {entry.state} already"

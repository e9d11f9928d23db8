"""`queue`: what waits for its agent or went astray, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import UsageError
from ..state.lock import Lock
from .ends import tell
from .queue import IN_HAND, WAITING, Entry, Queue
from .rousing import rouse
from .watcher import is_awake

if TYPE_CHECKING:
    from .context import Context

NOBODY = "nobody watches, so nobody delivers it"
NOBODY_HINT = "tt up starts who does"
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
    """
    roused = rouse(context.root, context.host)
    delivers = roused or is_awake(context.root)
    found = Queue(context.places).all()
    wanted = [one for one in found if not request.agents or one.agent in request.agents]
    return QueueResponse(tuple(_told(context, one, delivers=delivers) for one in wanted))


def cancel(context: Context, request: CancelRequest) -> CancelResponse:
    """Take prompts back: those that wait are never typed, those that went astray are forgotten.

    Args:
        context: The workspace.
        request: Which.

    Raises:
        UsageError: If none is named.
    """
    if not (request.entries or request.all):
        raise UsageError("no prompt was named", hint="tt queue lists their numbers")
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


def _told(context: Context, entry: Entry, *, delivers: bool) -> dict[str, Any]:
    """Return a prompt as plain values; why it waits is known only while somebody looks."""
    if not delivers and entry.state == WAITING:
        before = f" (seen last: {entry.why})" if entry.why else ""
        return row(attrs.evolve(entry, why=NOBODY + before, hint=NOBODY_HINT))
    if entry.state in IN_HAND and not _is_held(context, entry):
        return row(attrs.evolve(entry, why=GONE, hint="" if delivers else NOBODY_HINT))
    return row(entry)


def _is_held(context: Context, entry: Entry) -> bool:
    return Lock(context.places.lock(f"pane-{entry.agent}")).holder() is not None


def row(entry: Entry) -> dict[str, Any]:
    """Return a prompt as plain values.

    Args:
        entry: The prompt.
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

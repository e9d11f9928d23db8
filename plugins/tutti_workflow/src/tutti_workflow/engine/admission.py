"""How many runs of a group go on at once: who is one too many waits, or is refused."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tutti_core import Context, Lock, PolicyError

from ..model import Workflow
from ..record.state import RunState
from .order import Seat, Told

LOOK_SECS = 0.2


@contextmanager
def admitted(
    context: Context, flow: Workflow, above: Sequence[str], run: RunState, seat: Seat
) -> Iterator[None]:
    """Hold one of the places of a workflow's group as long as a run of it goes on.

    A part of a run of the same group goes on in the place of that.

    Args:
        context: The workspace.
        flow: The workflow.
        above: The workflows that the run is within.
        run: How the run is.
        seat: Who watches, and may end it.

    Raises:
        PolicyError: If there is no place, and the workflow says `refuse`.
    """
    around = [one for one in context.arrangement.many(Workflow) if one.name in above]
    held = {_group(one) for one in around if one.concurrency != "allow"}
    if flow.concurrency == "allow" or _group(flow) in held:
        yield
        return
    place = _place(context, flow, run, seat)
    try:
        yield
    finally:
        if place is not None:
            place.release()


def _group(flow: Workflow) -> str:
    return flow.group or flow.name


def _place(context: Context, flow: Workflow, run: RunState, seat: Seat) -> Lock | None:
    """Return a place, held; None if the run is to end before there is one."""
    word = hashlib.sha256(_group(flow).encode()).hexdigest()[:16]
    paths = [context.places.lock(f"runs-{word}-{number}") for number in range(flow.max_runs)]
    places = [Lock(path, purpose=f"run {run.run_id} of {flow.name}") for path in paths]
    told = False
    while True:
        for one in places:
            if one.try_acquire():
                return one
        if flow.concurrency == "refuse":
            raise _full(flow, places)
        if seat.ends:
            return None
        if not told:
            told = True
            seat.told(Told("say", run, None, f"waits: {_holders(places)}"))
        time.sleep(LOOK_SECS)


def _full(flow: Workflow, places: Sequence[Lock]) -> PolicyError:
    return PolicyError(
        f"workflow {flow.name!r} is not run beside others of its group: {_holders(places)}",
        hint='wait until that ends; concurrency = "queue" would wait for it',
    )


def _holders(places: Sequence[Lock]) -> str:
    found = [str(holder) for one in places if (holder := one.holder())]
    return "; ".join(found) or "another has just ended"

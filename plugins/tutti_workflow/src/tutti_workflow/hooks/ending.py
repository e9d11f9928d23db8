"""The end of a run: agents it started go, and its hooks are done, each once over any crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.order import Seat, Told
from ..model import Workflow
from ..reclaim import reclaim, starts_of
from ..record.state import RunState
from ..record.store import Store
from .doing import do, interrupted
from .table import Hook

EVENT = "workflow_complete"
NEVER = f"hook_{EVENT}"
"""Runs that a hook of this event began have no such hooks: it would never end."""


def give_back(store: Store) -> None:
    """End the agents that a run started, once, unless it is a part of another.

    Args:
        store: The run, owned.
    """
    run = store.state
    if "reclaimed" in run.marks or run.header.get("parent"):
        return
    if _keeps(store):
        store.mark("reclaimed", [])
        return
    starts = starts_of(store.context, run)
    store.mark("reclaimed", reclaim(store.context, starts, run.run_id, run.header.get("movement")))


def _keeps(store: Store) -> bool:
    run = store.state
    flows = {one.name: one for one in store.context.arrangement.many(Workflow)}
    wish = flows[run.workflow].reclaim if run.workflow in flows else "always"
    return wish == "never" or (wish == "on_success" and run.status != "succeeded")


def dispatch(store: Store, seat: Seat) -> None:
    """Do the hooks of a run's end, in the order of the file.

    Args:
        store: The run, owned.
        seat: Who watches, and may end it.
    """
    run, context = store.state, store.context
    if run.origin == NEVER or (run.header.get("more") or {}).get("hook_event") == EVENT:
        return
    payload = told_of(store)
    for number, hook in enumerate(context.arrangement.many(Hook)):
        if hook.event != EVENT or not matches(hook, run):
            continue
        mine, name = {**payload, "hook": number}, f"hook-{number}"
        if name not in run.marks:
            begun = f"{name}-begun" in run.marks
            if not begun:
                store.mark(f"{name}-begun")
            folder = store.files.run(run.run_id) / "hooks" / str(number)
            done = (
                interrupted(context, hook, mine) if begun else do(context, hook, mine, folder, seat)
            )
            store.mark(name, done)
        if _failed(run.marks[name]):
            said = run.marks[name].get("message", "")
            seat.told(Told("say", run, None, f"hook {number} ({hook.event}) failed: {said}"))
            if hook.fail_mode == "closed":
                return


def _failed(told: Mapping[str, Any]) -> bool:
    return told.get("outcome") != "success"


def matches(hook: Hook, run: RunState) -> bool:
    """Return whether a hook is meant for a run that ended.

    Args:
        hook: The hook.
        run: How the run is.
    """
    well = run.status == "succeeded"
    return (
        hook.on in ("always", "success" if well else "failure")
        and hook.workflow_source in (None, run.origin)
        and hook.workflow_name in (None, run.workflow)
        and hook.agent in (None, run.header.get("agent"))
    )


def told_of(store: Store) -> dict[str, Any]:
    """Return what the hooks of a run's end are told.

    Args:
        store: The run.
    """
    run, context = store.state, store.context
    return {
        "event": EVENT,
        "workspace": context.name,
        "root": str(context.root),
        "agent": run.header.get("agent"),
        "workflow_name": run.workflow,
        "workflow_source": run.origin,
        "run_id": run.run_id,
        "status": run.status,
        "success": run.status == "succeeded",
        "failed_steps": run.failed_steps,
        "failure": run.failure,
        "outputs": dict(run.outputs),
        "movement": run.header.get("movement"),
    }

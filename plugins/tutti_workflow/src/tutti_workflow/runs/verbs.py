"""The verbs that list, show and remove runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import Context, Lock, UsageError

from ..record.files import Files
from ..record.state import RunState
from ..record.store import chosen, no_run, read, run_ids
from ..record.times import seconds_of
from .rows import row, whole

STATUSES = ("running", "succeeded", "failed", "interrupted")


@attrs.frozen
class RunsRequest:
    """What `runs` takes.

    Attributes:
        run_id: The run to show: its id, the beginning or end of it, or ``last``; all runs if empty.
        status: Only runs that are so.
        workflow: Only runs of this workflow.
        movement: Only runs that have a part in this movement.
        limit: At most so many, the last ones.
        nested: Whether runs that are part of others are listed too.
    """

    run_id: str = ""
    status: str | None = None
    workflow: str | None = None
    movement: str | None = None
    limit: int = 20
    nested: bool = False


@attrs.frozen
class RunsResponse:
    """What `runs` answers.

    Attributes:
        runs: A row for each run, the last first; or the one that was asked for, with all of it.
        more: How many others there are.
    """

    runs: tuple[Mapping[str, Any], ...]
    more: int = 0


@attrs.frozen
class PruneRequest:
    """What `prune_runs` takes.

    Attributes:
        older_than_secs: Only runs that ended longer ago, in seconds.
        keep: How many of the last runs stay in any case.
        dry_run: Whether to remove none.
    """

    older_than_secs: float = 30 * 86_400.0
    keep: int = 20
    dry_run: bool = False


@attrs.frozen
class PruneResponse:
    """What `prune_runs` answers.

    Attributes:
        removed: Ids of the runs that are gone, or would be.
        kept: How many stay.
    """

    removed: tuple[str, ...]
    kept: int


def runs(context: Context, request: RunsRequest) -> RunsResponse:
    """List runs, or show one.

    Args:
        context: The workspace.
        request: Which.
    """
    if request.run_id:
        run_id = chosen(context, request.run_id)
        state = read(context, run_id)
        if state is None:
            raise no_run(run_id)
        return RunsResponse((whole(state),))
    if request.status is not None and request.status not in STATUSES:
        raise UsageError(f"no run is {request.status!r}", hint=f"one of {', '.join(STATUSES)}")
    found = [one for one in _states(context) if _fits(one, request)]
    shown = found[: request.limit] if request.limit > 0 else found
    return RunsResponse(tuple(row(one) for one in shown), len(found) - len(shown))


def _states(context: Context) -> list[RunState]:
    """Return every run that ever began, the last first."""
    found = [read(context, run_id) for run_id in run_ids(context)]
    return [one for one in found if one is not None]


def _fits(run: RunState, request: RunsRequest) -> bool:
    moves = {run.header.get("movement"), *(one.movement for one in run.steps.values())}
    return (
        (request.nested or not run.header.get("parent"))
        and request.status in (None, run.status)
        and request.workflow in (None, run.workflow)
        and (request.movement is None or request.movement in moves)
    )


def prune(context: Context, request: PruneRequest) -> PruneResponse:
    """Remove runs that ended long ago, with every file of theirs.

    What is under way, and what can be resumed and is not old, stays.

    Args:
        context: The workspace.
        request: Which.
    """
    now, removed = time.time(), []
    ids = run_ids(context)
    for run_id in ids[max(0, request.keep) :]:
        state = read(context, run_id)
        since = seconds_of(state.updated_at) if state else _made(context, run_id)
        if (state and state.status == "running") or now - since < request.older_than_secs:
            continue
        if request.dry_run or _remove(context, run_id):
            removed.append(run_id)
    return PruneResponse(tuple(removed), len(ids) - len(removed))


def _made(context: Context, run_id: str) -> float:
    """Return when a run was made that never began."""
    try:
        return Files(context).run(run_id).stat().st_mtime
    except OSError:
        return time.time()


def _remove(context: Context, run_id: str) -> bool:
    """Remove a run, unless somebody owns it by now; return whether it is gone."""
    files = Files(context)
    lock = Lock(files.owner(run_id), purpose="removing the run")
    if not lock.try_acquire():
        return False
    try:
        for folder in (files.intents(run_id), files.outputs(run_id), files.run(run_id)):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (files.checkpoint(run_id), files.ledger(run_id)):
            file.unlink(missing_ok=True)
    finally:
        lock.release()
    return True

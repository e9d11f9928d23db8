"""The verbs that list, show and remove runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import Context, UsageError

from ..keeping import Keeping, Retention
from ..record.pruning import Limits, by_retention, sweep
from ..record.state import RunState
from ..record.store import chosen, no_run, read, run_ids
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
        resumable: Whether those go too that failed or were interrupted, and can be resumed.

        runs: Only these; every one if empty.

    If neither of the first two is said, `[state] retention` counts; without that, thirty days and
    twenty runs.
    """

    older_than_secs: float | None = None
    keep: int | None = None
    dry_run: bool = False
    resumable: bool = False
    runs: tuple[str, ...] = ()


@attrs.frozen
class PruneResponse:
    """What `prune_runs` answers.

    Attributes:
        removed: Ids of the runs that are gone, or would be.
        kept: How many stay.
        resumable: Ids of those that stay only because they can be resumed.
        emptied: Ids of those that stay without the files that their steps left.
    """

    removed: tuple[str, ...]
    kept: int
    resumable: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()


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

    Args:
        context: The workspace.
        request: Which.
    """
    retention = (context.arrangement.table(Keeping) or Keeping()).retention
    if request.older_than_secs is None and request.keep is None and retention != Retention():
        limits = by_retention(retention)
    else:
        secs = 30 * 86_400.0 if request.older_than_secs is None else request.older_than_secs
        keep = 20 if request.keep is None else request.keep
        limits = Limits(lambda place, age: place >= keep and age >= secs)
    limits = attrs.evolve(limits, resumable=request.resumable, only=request.runs)
    done = sweep(context, limits, request.dry_run)
    return PruneResponse(done.removed, done.kept, done.resumable, done.emptied)

"""Removes runs that nobody needs any more: never one that goes on, nor one that can be resumed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping

import attrs

from tutti_core import Context, Journal, Lock

from ..keeping import Retention
from .files import Files
from .store import read, run_ids
from .times import seconds_of

DAY = 86_400.0


@attrs.frozen
class Limits:
    """Which runs are to go.

    Attributes:
        goes: Says it of a run: its place, 0 for the last one, and the seconds since it ended.
        empties: Says of the seconds since it ended whether it keeps no files of its steps.
        resumable: Whether those go too that can be resumed.
        only: Ids of the runs that are looked at; every one if empty.
    """

    goes: Callable[[int, float], bool]
    empties: Callable[[float], bool] = lambda _: False
    resumable: bool = False
    only: tuple[str, ...] = ()


@attrs.define
class Swept:
    """What was removed.

    Attributes:
        removed: Ids of the runs that are gone, or would be.
        resumable: Ids of those that stay only because they can be resumed.
        emptied: Ids of those that stay without the files that their steps left.
        kept: How many stay.
    """

    removed: tuple[str, ...] = ()
    resumable: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    kept: int = 0


def by_retention(retention: Retention) -> Limits:
    """Return the limits that the file sets.

    Args:
        retention: What it says.
    """

    def goes(place: int, age: float) -> bool:
        many = retention.runs is not None and place >= retention.runs
        return many or (retention.days is not None and age >= retention.days * DAY)

    def empties(age: float) -> bool:
        return retention.output_days is not None and age >= retention.output_days * DAY

    return Limits(goes, empties)


def sweep(context: Context, limits: Limits, dry_run: bool = False) -> Swept:
    """Remove the runs that are to go; what is a part of another goes with it.

    Args:
        context: The workspace.
        limits: Which are to go.
        dry_run: Whether to remove none.
    """
    ids = run_ids(context)
    parents = {run_id: _parent(context, run_id) for run_id in ids}
    tops = [run_id for run_id in ids if parents[run_id] not in parents]
    done = Swept()
    for place, run_id in enumerate(tops):
        if limits.only and run_id not in limits.only:
            continue
        _settle(context, run_id, place, limits, dry_run, done)
    gone, emptied = set(done.removed), set(done.emptied)
    for run_id in (one for one in ids if parents[one] in parents):
        top = _top(run_id, parents)
        if top in gone and (dry_run or _remove(context, run_id)):
            done.removed += (run_id,)
        elif top in emptied and not dry_run:
            _empty(context, run_id)
    done.kept = len(ids) - len(done.removed)
    return done


def _settle(
    context: Context, run_id: str, place: int, limits: Limits, dry_run: bool, done: Swept
) -> None:
    """Remove a run if it is to go, or what its steps left."""
    run = read(context, run_id)
    if run is not None and run.status == "running":
        return
    age = time.time() - (seconds_of(run.updated_at) if run else _made(context, run_id))
    if limits.goes(place, age):
        if run is not None and run.status != "succeeded" and not limits.resumable:
            done.resumable += (run_id,)
        elif dry_run or _remove(context, run_id):
            done.removed += (run_id,)
    elif run is not None and run.status == "succeeded" and limits.empties(age):
        done.emptied += (run_id,) if _has_files(context, run_id) else ()
        if not dry_run:
            _empty(context, run_id)


def _parent(context: Context, run_id: str) -> str:
    """Return the id of the run that a run is a part of; empty if it is none."""
    begun = next(Journal(Files(context).journal(run_id)).read(limit=1), {})
    return str(begun.get("parent") or "").partition(":")[0]


def _top(run_id: str, parents: Mapping[str, str]) -> str:
    while parents.get(run_id) in parents:
        run_id = parents[run_id]
    return run_id


def _made(context: Context, run_id: str) -> float:
    """Return when a run was made that never began."""
    try:
        return Files(context).run(run_id).stat().st_mtime
    except OSError:
        return time.time()


def _has_files(context: Context, run_id: str) -> bool:
    files = Files(context)
    return any(one.exists() for one in (files.run(run_id) / "steps", files.outputs(run_id)))


def _empty(context: Context, run_id: str) -> None:
    """Remove what the steps of a run left, and all that they printed."""
    files = Files(context)
    for folder in (files.run(run_id) / "steps", files.outputs(run_id)):
        shutil.rmtree(folder, ignore_errors=True)


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

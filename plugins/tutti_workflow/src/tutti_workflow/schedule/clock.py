"""What is due in a workspace: read from its file and from when each workflow was seen to last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone, tzinfo
from typing import Any, NamedTuple

from tutti_core import Context, JsonFile, Lock

from ..model import Workflow
from ..record.files import Files
from ..record.store import run_ids
from .cron import Due, due, upcoming, zone
from .table import Schedule

LOOKED = 200
ORIGIN = "observe_cycle"
"""What the contract calls a run that was begun by its schedule."""
LATE_SECS = 90.0
"""How late a time may be noticed that was not missed."""


class Timed(NamedTuple):
    """A workflow with a schedule.

    Attributes:
        workflow: Its name.
        expression: Its five fields.
        zone: The zone they are meant in.
        last: When it was seen to last; None if never.
        next: When it comes next; None if it does not.
        due: What has come since; None if nothing has.
        pid: The process that runs it now; 0 if none does.
        movement: The part of the work that it belongs to.
        result: The last of its runs that began by itself: ``run_id``, ``status``, ``finished_at``.
    """

    workflow: str
    expression: str
    zone: tzinfo
    last: datetime | None
    next: datetime | None
    due: Due | None
    pid: int = 0
    movement: str | None = None
    result: Mapping[str, Any] | None = None


def settings_of(context: Context) -> Schedule:
    """Return `[schedule]`.

    Args:
        context: The workspace.
    """
    return context.arrangement.table(Schedule) or Schedule()


def last_runs(context: Context) -> JsonFile:
    """Return the contract's file of when each workflow was seen to last.

    Args:
        context: The workspace.
    """
    return JsonFile(context.places.state / "scheduler-last-runs.json")


def lock_of(context: Context, workflow: str) -> Lock:
    """Return the lock that is held while a workflow runs by its schedule.

    Args:
        context: The workspace.
        workflow: Its name.
    """
    from urllib.parse import quote

    name = f"schedule-{quote(workflow, safe='')[:150]}"
    return Lock(context.places.lock(name), timeout=0.0, purpose=f"running {workflow} at its time")


def timed(context: Context, now: datetime) -> list[Timed]:
    """Return the workflows with a schedule, and how it is with each.

    Args:
        context: The workspace.
        now: The instant.
    """
    settings = settings_of(context)
    where, stamps = zone(settings.timezone), stamps_of(context)
    found = [one for one in context.arrangement.many(Workflow) if one.schedule]
    return [_timed(context, one, stamps, now, where, settings) for one in found]


def zone_name(where: tzinfo) -> str:
    """Return what a time zone is called; ``local`` for the machine's own."""
    return getattr(where, "key", None) or "local"


def last_results(context: Context, wanted: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return how the last run of each workflow ended that began by itself.

    Args:
        context: The workspace.
        wanted: Names of workflows; only the last `LOOKED` runs of all are looked at.
    """
    found: dict[str, Mapping[str, Any]] = {}
    files = Files(context)
    for run_id in run_ids(context)[:LOOKED]:
        run = JsonFile(files.record(run_id)).read()
        if not isinstance(run, Mapping) or run.get("origin") != ORIGIN:
            continue
        name = str(run.get("workflow_name"))
        if name in wanted and name not in found and not run.get("parent"):
            found[name] = {key: run.get(key) for key in ("run_id", "status", "finished_at")}
        if len(found) == len(wanted):
            break
    return found


def stamps_of(context: Context) -> dict[str, datetime]:
    """Return when each workflow was seen to last, by its name.

    Args:
        context: The workspace.
    """
    kept = last_runs(context).read({})
    pairs = kept.items() if isinstance(kept, dict) else ()
    begins = f"{context.name}/"
    mine = {key.removeprefix(begins): value for key, value in pairs if key.startswith(begins)}
    read = {name: instant_of(value) for name, value in mine.items()}
    return {name: at for name, at in read.items() if at is not None}


def stamp(context: Context, stamps: Mapping[str, datetime]) -> None:
    """Keep when workflows were seen to last.

    Args:
        context: The workspace.
        stamps: Instants by the workflows' names.
    """

    def change(kept: Any) -> Any:
        told = kept if isinstance(kept, dict) else {}
        return told | {f"{context.name}/{name}": text_of(at) for name, at in stamps.items()}

    last_runs(context).update(change, default={})


def text_of(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def instant_of(value: object) -> datetime | None:
    """Return an instant from RFC 3339; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def _timed(
    context: Context,
    flow: Workflow,
    stamps: Mapping[str, datetime],
    now: datetime,
    where: tzinfo,
    settings: Schedule,
) -> Timed:
    expression, last = str(flow.schedule), stamps.get(flow.name)
    come = due(expression, last, now, where) if last else None
    if come and not settings.catch_up and (now - come.at).total_seconds() > LATE_SECS:
        come = None
    holder = lock_of(context, flow.name).holder()
    after = upcoming(expression, now, where)
    pid = holder.pid if holder else 0
    return Timed(flow.name, expression, where, last, after, come, pid, flow.movement)

"""The doctor's checks of disk, orphans and trees; they look and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tutti_core import Finding, Worktrees, natural
from tutti_core.errors import TuttiError

from .gc.look import look
from .gc.sizes import disk_used, human
from .ready.ports import ailment
from .ready.settings import settings_of

if TYPE_CHECKING:
    from tutti_core import Context

LARGE = 5 << 30
MONTH = 30 * 86400.0


def disk(context: Context) -> Iterator[Finding]:
    """Say how much room tutti's own folder takes."""
    home = context.places.home
    parts = {name: disk_used(home / name) for name in ("worktrees", "trash", "undo", "logs")}
    total = disk_used(home)
    said = ", ".join(f"{name} {human(size)}" for name, size in parts.items() if size)
    detail = f".tutti takes {human(total)}" + (f": {said}" if said else "")
    if total > LARGE:
        yield Finding("disk", "warn", detail, "tt gc --dry-run")
    else:
        yield Finding("disk", "pass", detail)


def ports(context: Context) -> Iterator[Finding]:
    """Say whether agents can have ports of their own."""
    sizes = [settings_of(context.arrangement, one).ports for one in context.arrangement.agent]
    size = max(sizes, default=0)
    if not size:
        yield Finding("ports", "skip", "no agent is given any")
        return
    found, advice = ailment(size)
    yield Finding("ports", "warn" if found else "pass", found or f"{size} for each agent", advice)


def orphans(context: Context) -> Iterator[Finding]:
    """Say what is there that nobody needs."""
    try:
        items = [one for one in look(context, MONTH) if one.goes]
    except TuttiError as error:
        yield Finding("orphans", "warn", error.message, error.hint)
        return
    # A branch of a team that is at rest is merged before it has begun.
    items = [one for one in items if one.kind != "branch"]
    if not items:
        yield Finding("orphans", "pass", "nothing is left over")
        return
    named = ", ".join(f"{one.kind} {one.name}" for one in items[:3])
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    room = human(sum(one.size for one in items))
    yield Finding("orphans", "warn", f"nobody needs {named}{more} ({room})", "tt gc --dry-run")


def trees(context: Context) -> Iterator[Finding]:
    """Say which worktrees are not well, and what mends each."""
    made = Worktrees(context.root, context.places.worktrees)
    try:
        names = sorted(made.records.read(), key=natural)
        sites = [made.survey(name) for name in names]
    except TuttiError as error:
        yield Finding("worktrees", "skip", error.message)
        return
    ill = [
        Finding(f"worktree/{site.agent}", "warn", *made.ailment(site.agent))
        for site in sites
        if not site.whole or (site.entry and (site.entry.locked is not None))
    ]
    damaged = [
        Finding("undo", "warn", f"{path} is no undo entry", "look at it, then move it away")
        for path in made.undo.damaged()
    ]
    yield from [*ill, *damaged] or [Finding("worktrees", "pass", f"{len(names)} of tutti's")]

"""Looking at what tutti made: what nobody needs, and why the rest is needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tutti_core import Git, Undo, UndoEntry, Worktrees, natural, tip
from tutti_core.errors import TuttiError

from .items import Item
from .sizes import disk_used

if TYPE_CHECKING:
    from tutti_core import Context

HOUR = 3600.0

_TRASH = "refs/tutti/trash/"


def look(context: Context, older_than: float) -> Iterator[Item]:
    """Return all that tutti made and keeps, each with whether it is to go; changes nothing.

    Args:
        context: The workspace.
        older_than: Seconds for which something was kept before it may go.
    """
    trees = Worktrees(context.root, context.places.worktrees)
    before = time.time() - older_than
    running = {one.agent: one.dead for one in context.host.list(str(context.root))}
    yield from _sessions(running)
    if _in_git(trees.git):
        yield from _trees(context, trees, running, before)
        yield from _branches(trees)
        yield from _lone_refs(context, trees.git, before)
    yield from _entries(Undo(context.root), before)
    yield from _trash(context, before)
    yield from _logs(context, running, before)


def runs(context: Context) -> Iterator[Item]:
    """Return the runs of workflows that are to go, where there are any: as their owner says.

    Args:
        context: The workspace.
    """
    verb = context.plugins.verbs().get("prune_runs") if _known(context) else None
    if verb is not None:
        for run_id in verb.run(context, verb.request(dry_run=True)).removed:
            size = disk_used(context.places.state / "runs" / run_id)
            yield Item("run", run_id, size, True, "it ended long ago")


def _in_git(git: Git) -> bool:
    try:
        return git.has_commits()
    except TuttiError:
        return False


def _known(context: Context) -> bool:
    return context.trouble is None


def _configured(context: Context) -> set[str]:
    return {agent.name for agent in context.arrangement.agent}


def _sessions(running: dict[str, bool]) -> Iterator[Item]:
    for agent, dead in running.items():
        if dead:
            yield Item("session", agent, 0, True, "its process has ended")


def _trees(
    context: Context, trees: Worktrees, running: dict[str, bool], before: float
) -> Iterator[Item]:
    for agent in sorted(trees.records.read(), key=natural):
        why = needed(context, trees, agent, running, before)
        orphan = agent not in _configured(context)
        what = "of no agent of tutti.toml, and merged" if orphan else "merged, and not used"
        yield Item("tree", agent, disk_used(trees.home / agent), not why, why or what)


def needed(
    context: Context, trees: Worktrees, agent: str, running: dict[str, bool], before: float
) -> str:
    """Return why a worktree stays; nothing if nobody needs it.

    Args:
        context: The workspace.
        trees: Its worktrees.
        agent: Whose it is.
        running: Who has a session, and whether it is dead.
        before: Seconds since 1970; who used a tree later may go on in it.
    """
    if agent in running and not running[agent]:
        return "its agent runs"
    if not _known(context):
        return "tutti.toml cannot be read, so nobody knows whose it is"
    used = _last_use(context, trees, agent)
    if agent in _configured(context) and used > before:
        return f"its agent may go on in it; used {_days(used)} ago"
    try:
        return _holds(trees, agent)
    except TuttiError as error:
        return error.message


def _holds(trees: Worktrees, agent: str) -> str:
    site = trees.survey(agent)
    if not site.taken and not site.entry:
        return ""
    if not site.whole and (site.taken or not site.record or not site.record.created_at):
        return trees.ailment(agent)[0]
    worth = trees.worth(agent)
    head = site.entry.head if site.entry else None
    ahead = _ahead(trees.git, head) if head else 0
    own = [f"{ahead} commits that your own tree does not have"] if ahead else []
    return "; ".join([*worth, *own])


def _last_use(context: Context, trees: Worktrees, agent: str) -> float:
    admin = trees.survey(agent).admin
    places = [trees.home / agent, context.places.agent(agent)]
    places += [admin / "index", admin / "HEAD"] if admin else []
    return max((path.stat().st_mtime for path in places if path.exists()), default=0.0)


def _ahead(git: Git, commit: str) -> int:
    return int(git.run("rev-list", "--count", f"HEAD..{commit}"))


def _branches(trees: Worktrees) -> Iterator[Item]:
    said = trees.git.run("worktree", "list", "--porcelain")
    used = {line.removeprefix("branch refs/heads/") for line in said.splitlines()}
    for branch in sorted(trees.branches.read(), key=natural):
        commit = tip(trees.git, f"refs/heads/{branch}")
        if commit is None:
            continue
        ahead = _ahead(trees.git, commit)
        reason = f"{ahead} commits that your own tree does not have" if ahead else ""
        reason = "a worktree is on it" if branch in used else reason
        yield Item("branch", branch, 0, not reason, reason or "merged")


def _entries(undo: Undo, before: float) -> Iterator[Item]:
    for entry in undo.entries():
        old = _when(entry) < before and entry.state != "begun"
        size = sum(disk_used(undo.folder / one.where) for one in entry.files if one.where)
        reason = f"{_days(_when(entry))} old"
        if entry.state == "begun":
            reason = "it never told of its end: look at it with tt undo show"
        yield Item("undo", entry.id, size, old, reason)


def _lone_refs(context: Context, git: Git, before: float) -> Iterator[Item]:
    """Find snapshots of which no entry tells: tt was killed between the two."""
    told = {entry.trash for entry in Undo(context.root).entries()}
    form = "--format=%(refname) %(committerdate:unix)"
    for line in git.run("for-each-ref", form, _TRASH).splitlines():
        ref, _, stamp = line.rpartition(" ")
        if ref not in told:
            old = int(stamp or 0) < before
            yield Item("trash", ref, 0, old, f"of no undo entry, {_days(float(stamp or 0))} old")


def _trash(context: Context, before: float) -> Iterator[Item]:
    for path in sorted((context.places.home / "trash").glob("*")):
        since = path.lstat().st_ctime
        sealed = path.name.endswith(".done")
        reason = "on its way out" if sealed else f"left by a killed tt, {_days(since)} old"
        name = str(path.relative_to(context.root))
        # Somebody may be putting a tree together there this very moment.
        old = since < min(before, time.time() - HOUR)
        yield Item("trash", name, disk_used(path), sealed or old, reason)


def _logs(context: Context, running: dict[str, bool], before: float) -> Iterator[Item]:
    needed = _configured(context) | set(running) | {"tt"}
    for path in sorted(context.places.logs.glob("*")):
        agent = path.name.partition(".")[0]
        if agent in needed or not path.is_file() or not _known(context):
            continue
        since = path.stat().st_mtime
        name = str(path.relative_to(context.root))
        reason = f"of no agent of tutti.toml, {_days(since)} old"
        yield Item("log", name, disk_used(path), since < before, reason)


def _when(entry: UndoEntry) -> float:
    try:
        return datetime.fromisoformat(entry.time.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return time.time()


def _days(since: float) -> str:
    days = int((time.time() - since) // 86400)
    return f"{days} day" + ("" if days == 1 else "s")


def place(context: Context, name: str) -> Path:
    """Return the path of an item that is a file or a folder."""
    return context.root / name

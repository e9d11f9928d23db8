"""Looks what is due and has it run, each workflow in a process of its own: none delays another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from tutti_core import Context, Event, Lock, TuttiError

from .clock import Timed, stamp, timed
from .firing import begun, pending

EVERY_SECS = 15.0


def start_process(context: Context, workflow: str) -> None:
    """Have a workflow run in a process that nobody waits for.

    Args:
        context: The workspace.
        workflow: Its name.
    """
    log = context.places.state / "schedule" / "said.txt"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "tutti_workflow.schedule", workflow, str(context.root)]
    # Who began this process, an agent or a hook, has nothing to do with what is run at its time.
    mine = {
        name: one
        for name, one in os.environ.items()
        if name != "TUTTI_AGENT" and not name.startswith("TUTTI_HOOK_")
    }
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=context.root,
            env=mine,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _children.append(process)


_children: list[subprocess.Popen[bytes]] = []
"""Those that were started, so that their ends are taken note of; a process has no other place."""


class Scheduler:
    """The schedule of one workspace.

    Args:
        context: The workspace.
        start: Has a workflow run, and does not wait for it.
    """

    def __init__(
        self, context: Context, start: Callable[[Context, str], None] = start_process
    ) -> None:
        self._context, self._start = context, start
        self._read = self._marks()
        self._told = ""

    def tick(self, now: datetime | None = None) -> list[str]:
        """Look once.

        Args:
            now: The instant; the clock's by default.

        Returns:
            The workflows that were started. Whatever is wrong with one keeps no other from it.
        """
        _children[:] = [one for one in _children if one.poll() is None]
        lock = Lock(self._context.places.lock("schedule"), purpose="the schedule")
        if not lock.try_acquire():
            return []
        try:
            return self._looked(now or datetime.now(timezone.utc))
        finally:
            lock.release()

    def _looked(self, now: datetime) -> list[str]:
        try:
            context = self._fresh()
            found = timed(context, now)
        except TuttiError as error:
            self._complain(error)
            return []
        started = [one.workflow for one in found if self._see_to(context, one, now)]
        self._told = ""
        return started

    def _see_to(self, context: Context, one: Timed, now: datetime) -> bool:
        """Start a workflow if its time has come; return whether it was started."""
        try:
            if one.last is None:  # from here on; what was before nobody has asked for
                stamp(context, {one.workflow: now})
            left = (pending(context).read({}) or {}).get(one.workflow)
            lost = isinstance(left, dict) and not one.pid and not begun(context, left)
            if one.due is not None and one.pid:
                data = {**_about(one), "due": one.due.at.isoformat(), "pid": one.pid}
                context.emit("schedule.skipped", data={**data, "why": "an earlier run goes on"})
                stamp(context, {one.workflow: now})
            elif one.due is not None or lost:
                self._start(context, one.workflow)
                return True
        except (TuttiError, OSError) as error:
            data = {**_about(one), "message": str(error)}
            context.emit("schedule.failed", data=data)
        return False

    def _fresh(self) -> Context:
        """Return the workspace as its file has it now."""
        marks = self._marks()
        if marks != self._read:
            self._context = Context.open(self._context.root, self._context.plugins)
            self._read = marks
        return self._context

    def _marks(self) -> tuple[int, int]:
        try:
            status = (self._context.root / "tutti.toml").stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_size

    def _complain(self, error: TuttiError) -> None:
        if error.message != self._told:  # once, not every time it is looked
            self._told = error.message
            data = {"workflow": None, "message": error.message, "hint": error.hint}
            self._context.emit("schedule.failed", data=data)


def _about(one: Timed) -> dict[str, Any]:
    return {"workflow": one.workflow, "movement": one.movement}


class ScheduleService:
    """The schedule as a service of the workspace's watcher.

    Args:
        context: The workspace.
    """

    name = "schedule"
    events: tuple[str, ...] = ()
    every = EVERY_SECS

    def __init__(self, context: Context) -> None:
        self._scheduler = Scheduler(context)

    def handle(self, context: Context, event: Event | None) -> None:
        """Look what is due."""
        if event is None:
            self._scheduler.tick()

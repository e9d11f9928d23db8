"""A run as the command line has it: shown while it goes on, ended by Ctrl+C, told at its end."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tutti_core import TuttiError

from ..engine.order import Seat
from ..engine.signals import ending
from .live import Live

T = TypeVar("T")


class RunFailed(TuttiError):
    """A run ended, and not well; with the category of what failed first."""

    category = "tool"


def perform(action: Callable[[Seat], T], *, quiet: bool) -> tuple[T, str]:
    """Do something that runs a workflow, and show it.

    Args:
        action: What to do.
        quiet: Whether to show nothing.

    Returns:
        What it gave, and the name of the signal that ended it; empty if none did.
    """
    flag, heard = threading.Event(), []

    def stop(name: str) -> None:
        heard.append(name)
        flag.set()

    with Live(quiet=quiet) as live, ending(stop):
        done = action(Seat(live.told, flag.is_set))
    return done, heard[0] if heard else ""


def refuse(result: Mapping[str, Any], heard: str = "") -> int:
    """Return the exit code of a run, or raise what says why it did not end well.

    Args:
        result: Its result, in the contract's shape.
        heard: Name of the signal that ended it.

    Raises:
        RunFailed: If it failed, or was interrupted otherwise; or if a hook did that must not.
    """
    name, run_id = result["workflow_name"], result["run_id"]
    if result["success"]:
        _refuse_hooks(result)
        return 0
    if result["status"] == "interrupted":
        said = f"run {run_id} of workflow {name!r} was interrupted"
        error = RunFailed(said, hint=f"tt run --resume {run_id}")
        error.exit_code = 128 + signal.Signals[heard].value if heard else 1
        raise error
    failure = result["failure"] or {}
    why = f": {failure['message']}" if failure.get("message") else ""
    ways = f"tt runs show {run_id} tells it all; tt run --resume {run_id} goes on"
    advice = failure.get("hint")
    error = RunFailed(
        f"workflow {name!r} failed (failed steps: {result['failed_steps']}){why}",
        hint=f"{advice}; then: {ways}" if advice else ways,
    )
    error.category = failure.get("category") or "tool"
    raise error


def _refuse_hooks(result: Mapping[str, Any]) -> None:
    for told in result["hooks"]:
        if told.get("fail_mode") == "closed" and told.get("outcome") != "success":
            raise RunFailed(
                f"workflow {result['workflow_name']!r} succeeded, but then hook "
                f"{told['hook']} of the file failed: {told.get('message')}",
                hint=f"tt runs show {result['run_id']}; the run itself is done",
            )


def is_shown_live() -> bool:
    """Return whether a run is shown as a table, which takes the lines of its programs along."""
    return Live().live


def is_asked() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()

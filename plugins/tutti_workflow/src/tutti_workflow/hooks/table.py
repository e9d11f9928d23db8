"""`[[hook]]`: what happens by itself once a workflow has ended, or something befell an agent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import attrs

from tutti_core import Arrangement, Plugins, Table

from ..model import FailMode, Workflow

Occasion = Literal["workflow_complete", "agent_stop", "agent_waiting", "agent_exited"]
Source = Literal[
    "run",
    "verify",
    "observe_cycle",
    "hook_agent_stop",
    "hook_agent_waiting",
    "hook_agent_exited",
    "hook_workflow_complete",
]
Problem = tuple[str, str]


@attrs.frozen
class Hook:
    """`[[hook]]`: one thing that happens by itself; exactly one of `workflow`, `run` and `argv`.

    Attributes:
        event: When: `workflow_complete`, `agent_stop`, `agent_waiting` or `agent_exited`.
        on: With `workflow_complete`, whether after a `success`, a `failure` or `always`.
        agent: Only for this agent; with `workflow_complete`, only for runs with `--agent` of it.
        workflow_source: Only for runs that were begun so, such as `verify`.
        workflow_name: Only for this workflow.
        workflow: The workflow that is run.
        run: The shell text that is run in the workspace.
        argv: The program that is run there, with its arguments; no shell reads them.
        timeout_secs: Seconds a command may take.
        fail_mode: `closed` leaves out the hooks after it if it fails, and lets `tt run` fail.
    """

    event: Occasion
    on: Literal["success", "failure", "always"] = "always"
    agent: str | None = None
    workflow_source: Source | None = None
    workflow_name: str | None = None
    workflow: str | None = None
    run: str | None = None
    argv: tuple[str, ...] | None = None
    timeout_secs: float = 900.0
    fail_mode: FailMode = "open"


def hook_table() -> Table:
    """Return the declaration of `[[hook]]`."""
    return Table("hook", Hook, many=True, check=problems, across=problems_across)


def problems(found: Iterable[Hook]) -> Iterator[Problem]:
    """Yield what is wrong with the hooks taken by themselves.

    Args:
        found: All of them.
    """
    for place, hook in enumerate(found):
        for path, message in _of_one(hook):
            yield f"[{place}]{path}", message


def problems_across(arrangement: Arrangement, _: Plugins) -> Iterator[Problem]:
    """Yield what of other tables the hooks name and is not there.

    Args:
        arrangement: The team.
    """
    flows = [one.name for one in arrangement.many(Workflow)]
    agents = [one.name for one in arrangement.agent]
    for place, hook in enumerate(arrangement.many(Hook)):
        for key in ("workflow", "workflow_name"):
            name = getattr(hook, key)
            if name is not None and name not in flows:
                known = ", ".join(flows) or "there is none"
                yield f"hook[{place}].{key}", f"there is no workflow {name!r} (here: {known})"
        if hook.agent is not None and hook.agent not in agents:
            known = ", ".join(agents) or "there is none"
            yield f"hook[{place}].agent", f"no agent is named {hook.agent!r} (here: {known})"


def _of_one(hook: Hook) -> Iterator[Problem]:
    given = [key for key in ("workflow", "run", "argv") if getattr(hook, key) is not None]
    if len(given) != 1:
        yield "", "give exactly one of workflow, run and argv"
    if hook.run is not None and not hook.run.strip():
        yield ".run", "is blank"
    if hook.argv is not None and not (hook.argv and hook.argv[0].strip()):
        yield ".argv", "needs a program"
    if not 0 < hook.timeout_secs <= 30 * 86_400:
        yield ".timeout_secs", "must be more than 0 and at most thirty days (2592000)"
    if hook.event != "workflow_complete":
        for key in ("workflow_source", "workflow_name"):
            if getattr(hook, key) is not None:
                yield f".{key}", 'goes with event = "workflow_complete" only'
        if hook.on != "always":
            yield ".on", 'goes with event = "workflow_complete" only'
    elif hook.workflow_source == "hook_workflow_complete":
        yield ".workflow_source", "never comes: such runs have no hooks, or it would never end"

"""Makes the worktree of an agent that is about to start ready, and undoes that before it goes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import attrs

from tutti_core import (
    Action,
    Context,
    LaunchRequest,
    RuntimeFailure,
    TuttiError,
    end_marked,
)

from .commands import GRACE_SECS, marks, run_all
from .files import bring
from .ports import block
from .settings import Ready, settings_of
from .state import Setups, mark_of


def make_ready(workspace: Context, launch: LaunchRequest) -> LaunchRequest:
    """Bring files, give ports, run `setup`.

    Args:
        workspace: The workspace.
        launch: What is to be started in a worktree.

    Raises:
        TuttiError: If the worktree cannot be made ready.
    """
    settings = settings_of(launch.arrangement, launch.agent)
    launch = attrs.evolve(launch, remarks=(*launch.remarks, *_end_orphans(workspace, launch)))
    ports = ports_of(workspace.root, launch.agent.name, settings.ports)
    launch = attrs.evolve(launch, env={**ports, **launch.env})
    remarks = bring(workspace.root, launch.cwd, settings.copy, settings.link)
    launch = attrs.evolve(launch, remarks=(*launch.remarks, *remarks))
    if settings.setup:
        _set_up(workspace, launch, settings)
    else:
        Setups(workspace.root).settle(launch.agent.name)
    return launch


def leave(workspace: Context, agent: str, worktree: Path) -> None:
    """Run `teardown` in a worktree that is about to be taken away.

    Args:
        workspace: The workspace.
        agent: The agent's name.
        worktree: Absolute path of the worktree.

    Raises:
        TuttiError: If it fails.
    """
    team = workspace.arrangement
    settings = settings_of(team, team.named(agent))
    if settings.teardown:
        _allow(workspace, agent, settings.teardown)
        ports = ports_of(workspace.root, agent, settings.ports)
        env = {**ports, **environment(workspace, agent, "teardown")}
        log, over = Setups(workspace.root).log(agent, "teardown"), workspace.stop.is_set
        run_all(settings.teardown, worktree, env, log, settings.teardown_secs, stopped=over)


def ports_of(root: Path, agent: str, size: int) -> Mapping[str, str]:
    """Return the variables that tell an agent its ports.

    Args:
        root: Absolute path of the workspace.
        agent: The agent's name.
        size: How many it gets.
    """
    if not size:
        return {}
    return {"TUTTI_PORT_BASE": str(block(root, agent, size)), "TUTTI_PORT_COUNT": str(size)}


def environment(workspace: Context, agent: str, task: str) -> dict[str, str]:
    """Return what commands in an agent's worktree are told of where they are.

    Args:
        workspace: The workspace.
        agent: The agent's name.
        task: ``setup`` or ``teardown``.
    """
    known = {"ROOT": str(workspace.root), "WORKSPACE": workspace.name, "AGENT": agent, "TASK": task}
    return {f"TUTTI_{key}": value for key, value in known.items()}


def _end_orphans(workspace: Context, launch: LaunchRequest) -> tuple[str, ...]:
    """End a set-up whose tt was killed; return what the user should know of it."""
    agent = launch.agent.name
    # Whoever starts an agent holds it: one that still is said to run is nobody's.
    if not Setups(workspace.root).is_running(agent):
        return ()
    ended = end_marked(marks(environment(workspace, agent, "setup")), grace=GRACE_SECS)
    if ended.left:
        still = ", ".join(map(str, ended.left))
        raise RuntimeFailure(
            f"an earlier setup of {agent} was cut short, and still runs: {still}",
            hint="see what keeps those processes, and end them",
        )
    gone = len(ended.terminated) + len(ended.killed)
    return (f"ended what was left of a setup that was cut short ({gone} processes)",) * bool(gone)


def _set_up(workspace: Context, launch: LaunchRequest, settings: Ready) -> None:
    agent, setups = launch.agent.name, Setups(workspace.root)
    mark = mark_of(launch.worktree or launch.cwd, settings.setup)
    if setups.is_done(agent, mark):
        return
    _allow(workspace, agent, settings.setup)
    step = ""

    def told(command: str) -> None:
        nonlocal step
        step = command
        setups.note(agent, mark, "running", step)

    env = {**launch.env, **environment(workspace, agent, "setup")}
    log, over = setups.log(agent, "setup"), partial(workspace.is_withdrawn, agent)
    try:
        run_all(settings.setup, launch.cwd, env, log, settings.setup_secs, told, over)
    except TuttiError as error:
        stopped = over()
        setups.note(agent, mark, "stopped" if stopped else "failed", step)
        hint = f"tt up {agent}" if stopped else error.hint
        raise RuntimeFailure(f"setup of {agent}: {error.message}", hint=hint) from error
    setups.note(agent, mark, "done")
    workspace.emit("worktree.ready", agent, {"commands": list(settings.setup), "log": str(log)})


def _allow(workspace: Context, agent: str, commands: tuple[str, ...]) -> None:
    for command in commands:
        workspace.permit(Action("command", workspace.name, agent, {"command": command}))

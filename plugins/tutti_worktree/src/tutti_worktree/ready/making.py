"""Makes the worktree of an agent that is about to start ready, and undoes that before it goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from tutti_core import Action, Context, LaunchRequest, PolicyError, RuntimeFailure, TuttiError

from .commands import run_all
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
    ports = ports_of(workspace.root, launch.agent.name, settings.ports)
    launch = attrs.evolve(launch, env={**ports, **launch.env})
    remarks = bring(workspace.root, launch.cwd, settings.copy, settings.link)
    launch = attrs.evolve(launch, remarks=(*launch.remarks, *remarks))
    if settings.setup:
        _set_up(workspace, launch, settings)
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
    known = workspace.arrangement.named(agent)
    settings = settings_of(workspace.arrangement, known) if known else Ready()
    if settings.teardown:
        _allow(workspace, agent, settings.teardown)
        env = {**environment(workspace, agent), **ports_of(workspace.root, agent, settings.ports)}
        log = Setups(workspace.root).log(agent, "teardown")
        run_all(settings.teardown, worktree, env, log, settings.teardown_secs)


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


def environment(workspace: Context, agent: str) -> dict[str, str]:
    """Return what commands in an agent's worktree are told of where they are.

    Args:
        workspace: The workspace.
        agent: The agent's name.
    """
    known = {"ROOT": str(workspace.root), "WORKSPACE": workspace.name, "AGENT": agent}
    return {f"TUTTI_{key}": value for key, value in known.items()}


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

    env = {**launch.env, **environment(workspace, agent)}
    log = setups.log(agent, "setup")
    try:
        run_all(settings.setup, launch.cwd, env, log, settings.setup_secs, told)
    except TuttiError as error:
        setups.note(agent, mark, "failed", step)
        raise RuntimeFailure(f"setup of {agent}: {error.message}", hint=error.hint) from error
    setups.note(agent, mark, "done")
    workspace.emit("worktree.ready", agent, {"commands": list(settings.setup), "log": str(log)})


def _allow(workspace: Context, agent: str, commands: tuple[str, ...]) -> None:
    for command in commands:
        verdicts = workspace.guard(Action("command", workspace.name, agent, {"command": command}))
        if verdicts and verdicts[0].decision == "refuse":
            first = verdicts[0]
            raise PolicyError(f"{first.by}: {first.reason}", hint=first.remedy)

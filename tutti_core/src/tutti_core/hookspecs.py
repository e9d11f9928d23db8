"""The contract: every hook a plugin may implement, in the order of a team's life.

A plugin is a module named by an entry point of the group ``tutti``; it implements hooks with
``tutti_core.hookimpl`` and may leave out arguments it does not need. Hooks are called plugin by
plugin, the core's own first, then by name; a hook that raises sets its plugin aside and names it.
Hook wrappers are refused, because one broken wrapper would take every other plugin with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .markers import hookspec

if TYPE_CHECKING:
    from .model.contract import (
        Check,
        Command,
        Detector,
        Keys,
        Runtime,
        Service,
        SessionHost,
        Sink,
        StepType,
        Table,
        Template,
        Verb,
    )
    from .model.happening import Action, Verdict
    from .model.launch import LaunchRequest, Refusal
    from .model.reading import Reading
    from .team.context import Context


# Before anything runs: what there is.


@hookspec
def tutti_commands() -> Iterable[Command]:
    """Name the commands a plugin adds to ``tt``, by reference.

    Called when the list of plugins is built; the answer is cached until a plugin changes, so a
    command is listed and found without importing what it runs.

    Returns:
        The commands. A name given twice is refused when it is used, naming both distributions.
    """
    return ()


@hookspec
def tutti_tables() -> Iterable[Table | Keys]:
    """Name the TOML tables, or single keys in the core's tables, that a plugin owns.

    Called before a configuration file is read; ``tt status`` goes by what was read until a file or
    a plugin changes. A table whose owner is not at work makes acting commands refuse.

    Returns:
        A `Table` for a table of one's own, `Keys` for keys in another's. Two owners of one name are
        refused, naming both distributions.
    """
    return ()


@hookspec
def tutti_templates() -> Iterable[Template]:
    """Offer teams to begin with.

    Called by ``tt init``, which takes the best match for the project.

    Returns:
        The templates.
    """
    return ()


@hookspec
def tutti_runtimes(
    tables: Mapping[str, Any], settings: Mapping[str, Any], root: Path | None
) -> Iterable[Runtime]:
    """Give the kinds of agents a plugin knows.

    Called when a configuration is read, and by whoever deals with agents; ``tt status`` goes by
    what was given, until a file or a plugin changes.

    Args:
        tables: The workspace's TOML tables as read, before conversion; empty outside a workspace.
        settings: The global file's, as read.
        root: Absolute path of the workspace, or None outside one.

    Returns:
        The runtimes. A name given twice is refused, naming both distributions.
    """
    return ()


@hookspec
def tutti_hosts() -> Iterable[SessionHost]:
    """Give the places where sessions can live.

    Called by whoever deals with sessions, ``tt status`` apart. Only tmux, the core's own, is used:
    nothing chooses another yet.

    Returns:
        The hosts.
    """
    return ()


@hookspec
def tutti_verbs() -> Iterable[Verb]:
    """Give named operations, for other plugins and whatever else is to call them by name.

    Called when a plugin asks for the verbs (`Plugins.verbs`). The core's own commands call what is
    behind its verbs, not the verbs.

    Returns:
        The verbs. A name given twice is refused, naming both distributions.
    """
    return ()


@hookspec
def tutti_steps() -> Iterable[StepType]:
    """Give kinds of workflow steps.

    Called, with `tutti-workflow` installed, when a configuration with a workflow is read, and by
    whatever runs one.

    Returns:
        The step types, each with the attrs class of its keys.
    """
    return ()


# A team is started.


@hookspec
def tutti_prepare_launch(launch: LaunchRequest) -> LaunchRequest | Refusal | None:
    """Amend a launch before the runtime is asked for its command line, or refuse it.

    Called once per attempt, plugin after plugin; each sees what the one before it made. ``tt
    doctor`` asks too, and starts nothing: it must not have effects. An exception refuses the
    launch, and so does a plugin with this hook that is set aside: a policy must not vanish by
    accident.

    Args:
        launch: What is to be started.

    Returns:
        The amended request, a refusal, or None to leave it as it is.
    """
    return None


@hookspec
def tutti_ready_tree(workspace: Context, launch: LaunchRequest) -> LaunchRequest | Refusal | None:
    """Make a worktree ready to work in, and amend the launch once more, or refuse it.

    Called at each start of an agent that has a worktree, once that is there and before the runtime
    is asked for its command line; under the agent's lock, so that it may take its time. An
    exception refuses the launch.

    Args:
        workspace: The workspace.
        launch: What is to be started; `worktree` and `cwd` say where.

    Returns:
        The amended request, a refusal, or None to leave it as it is.
    """
    return None


@hookspec
def tutti_leave_tree(workspace: Context, agent: str, worktree: Path) -> None:
    """Do what has to be done in a worktree before it is taken away.

    Called under the agent's lock, when nothing of the agent runs any more. An exception keeps the
    worktree.

    Args:
        workspace: The workspace.
        agent: The agent's name.
        worktree: Absolute path of its worktree.

    Returns:
        Nothing.
    """


@hookspec
def tutti_guard(action: Action) -> Verdict | None:
    """Speak on an action before it begins.

    Called before ``launch`` and ``send``; ``run``, ``command`` and ``land`` are the names of what
    is to come. It must not have effects: a dry run is to ask as well. The strictest verdict counts;
    an exception counts as a refusal, and so does a plugin with this hook that is set aside.

    Args:
        action: What is about to be done.

    Returns:
        A verdict, or None to have no say.
    """
    return None


@hookspec
def tutti_launch_failed(launch: LaunchRequest, reading: Reading) -> LaunchRequest | None:
    """Offer another launch after one that failed, such as the next profile.

    Called by ``tt up`` when an agent has a session and did not become ready. The first offer is
    taken; the core bounds the tries.

    Args:
        launch: What was started.
        reading: What became of it.

    Returns:
        Another request, or None.
    """
    return None


# A team is watched.


@hookspec
def tutti_detectors() -> Iterable[Detector]:
    """Give detectors beside the rule files of the runtimes.

    Called by whoever reads agents' states.

    Returns:
        The detectors.
    """
    return ()


@hookspec
def tutti_rules() -> Mapping[str, str]:
    """Give rule files for agents that no plugin starts.

    Called by whoever reads saved screens of a runtime that nobody gives.

    Returns:
        Rule files, TOML text, by the name of the runtime. Of two for one name the first counts.
    """
    return {}


@hookspec
def tutti_sinks(workspace: Context) -> Iterable[Sink]:
    """Give receivers of events.

    Called once by each command that acts, before its first event. Each sink has a thread of its
    own, so that a slow one delays nothing. One that raises is reported once and left out until that
    command ends; the journal has the event already.

    Args:
        workspace: The workspace.

    Returns:
        The sinks.
    """
    return ()


@hookspec
def tutti_services(workspace: Context) -> Iterable[Service]:
    """Give background work for the workspace's one watcher.

    Called when the watcher starts, and again when the configuration has changed. Each service runs
    on a thread of its own and has a place in the journal that moves on after its effect: killed in
    between, it is handed the event again, and so it is when it raised. A new one begins with what
    comes. None runs while the configuration cannot be read.

    Args:
        workspace: The workspace.

    Returns:
        The services.
    """
    return ()


@hookspec
def tutti_checks(workspace: Context) -> Iterable[Check]:
    """Give checks to the doctor.

    Called by ``tt doctor``; checks look and never change anything.

    Args:
        workspace: The workspace.

    Returns:
        The checks.
    """
    return ()

"""Every runtime there is, and what is known of it on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from tutti_core import (
    Agent,
    Arrangement,
    LaunchRequest,
    Plugins,
    Runtime,
    Workspace,
    load_arrangement,
    load_global,
    no_runtime,
    root_of,
    version_of,
)
from tutti_core.errors import ConfigError

from .runtime import Declared

VERSION_SECS = 5.0
MODES: Mapping[str, Mapping[str, str]] = {
    "safe": {"mode": "safe"},
    "constrained": {"mode": "auto", "policy": "constrained"},
    "bypass": {"mode": "unattended", "policy": "bypass"},
}


class Known(NamedTuple):
    """The runtimes that a workspace, or whoever is outside of one, can use.

    Attributes:
        plugins: The plugins of this process.
        arrangement: The workspace's; outside of one that of a workspace with nothing in it.
        runtimes: The runtimes by name.
        owners: For each the distribution that gives it, or the file that declares it.
    """

    plugins: Plugins
    arrangement: Arrangement
    runtimes: Mapping[str, Runtime]
    owners: Mapping[str, str]

    def named(self, name: str) -> Runtime:
        """Return the runtime of that name.

        Raises:
            ConfigError: If there is none.
        """
        if name not in self.runtimes:
            raise no_runtime(name, self.runtimes, self.plugins)
        return self.runtimes[name]


def known(workspace: str | None) -> Known:
    """Return the runtimes of a workspace; outside of one those that need none.

    An agent whose runtime is missing is no obstacle: that is when one asks for a list.

    Args:
        workspace: As given on the command line; None for the current folder.

    Raises:
        ConfigError: If a file is wrong, or the workspace named is not there.
    """
    plugins = Plugins.installed()
    team = _team(workspace, plugins)
    given = (team.source, team.settings.source, team.root if team.source else None)
    runtimes = plugins.runtimes(*given)
    owners = plugins.runtime_sources(*given)
    return Known(plugins, team, runtimes, {**owners, **_files(runtimes)})


def _team(workspace: str | None, plugins: Plugins) -> Arrangement:
    try:
        root = root_of(workspace)
    except ConfigError:
        if workspace is not None:
            raise
        from pathlib import Path

        return Arrangement(Path.cwd(), Workspace("none"), settings=load_global(plugins))
    return load_arrangement(root, plugins, check_runtimes=False)


def _files(runtimes: Mapping[str, Runtime]) -> dict[str, str]:
    declared = {name: one for name, one in runtimes.items() if isinstance(one, Declared)}
    return {name: one.file.name for name, one in declared.items()}


def row(found: Known, runtime: Runtime) -> dict[str, Any]:
    """Return what is known of a runtime, JSON values only."""
    words = runtime.words if isinstance(runtime, Declared) else (runtime.program,)
    there = shutil.which(words[0]) is not None
    return {
        "name": runtime.name,
        "title": runtime.title,
        "from": found.owners[runtime.name],
        "program": runtime.program,
        "found": there,
        "version": _version(words, runtime) if there else None,
        "capabilities": attrs.asdict(runtime.capabilities),
    }


def _version(words: Sequence[str], runtime: Runtime) -> str | None:
    asking = runtime.capabilities.version
    return version_of(words, {}, timeout=VERSION_SECS, asking=asking)


def launches(found: Known, runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Return for each mode how an agent would be started, JSON values only.

    What differs from agent to agent is shown as a word in angle brackets.
    """
    return {name: _launch(found, runtime, mode) for name, mode in MODES.items()}


def _launch(found: Known, runtime: Runtime, mode: Mapping[str, str]) -> dict[str, Any]:
    root, able = found.arrangement.root, runtime.capabilities
    request = LaunchRequest(
        agent=Agent("<agent>"),
        arrangement=found.arrangement,
        cwd=root,
        command=(runtime.program,),
        rules=("<rule>",),
        prompt="<prompt>",
        memory="<memory>" if able.memory else None,
        conversation="<conversation>" if able.resume == "chosen" else None,
        files=root / ".tutti" / "state" / "runtime-settings" / "<agent>",
    )
    launch = runtime.launch(attrs.evolve(request, **mode))  # type: ignore[arg-type]  # words of MODES
    return {
        "argv": list(launch.argv),
        "enforcement": launch.enforcement,
        "paste": launch.paste,
        "files": [str(path) for path in launch.files],
        "env": dict(launch.env),
        "unset": list(launch.unset),
        "warnings": list(launch.warnings),
    }

"""The arrangement as reading commands need it: plain values, kept until something changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import discovery
from ..config.cache import read_compiled, stamp_of, write_compiled
from .places import Places

if TYPE_CHECKING:
    from ..model.arrangement import Arrangement
    from ..plugins import Plugins


def compiled(root: Path) -> dict[str, Any]:
    """Return a workspace's arrangement in its compiled form, compiling it if need be.

    Args:
        root: Absolute path of the workspace.

    Returns:
        ``workspace``, ``agents`` (a list of plain values), ``rules`` by runtime, ``unowned`` and
        ``detectors`` (names of detectors beside the rules).

    Raises:
        ConfigError: If a configuration file is wrong.
    """
    kept = discovery.read_cache()
    key = discovery.plugins_key(kept) if kept else ""
    found = read_compiled(root, key) if key else None
    if found is not None:
        return found
    return _compile(root)


def _compile(root: Path) -> dict[str, Any]:
    from ..plugins import Plugins
    from .loading import load_arrangement

    stamp = stamp_of(root)
    plugins = Plugins.installed()
    # A runtime that is missing must not keep anybody from looking at the others.
    arrangement = load_arrangement(root, plugins, check_runtimes=False)
    data = digest(arrangement, plugins)
    kept = discovery.read_cache()
    # Looking must not leave a folder in a project that nothing keeps out of its commits yet.
    if kept is not None and not plugins.broken and Places(root).home.is_dir():
        write_compiled(root, discovery.plugins_key(kept), data, stamp=stamp)
    return data


def digest(arrangement: Arrangement, plugins: Plugins) -> dict[str, Any]:
    """Return an arrangement in its compiled form.

    Args:
        arrangement: The checked arrangement.
        plugins: The plugins, for the runtimes' rules and for detectors.
    """
    from ..detection.rulefile import compile_rules

    agents = [_agent(arrangement, agent) for agent in arrangement.agent]
    used = {agent["runtime"] for agent in agents}
    known = plugins.runtimes(arrangement.source)
    runtimes = {name: one for name, one in known.items() if name in used}
    return {
        "workspace": arrangement.workspace.name,
        "agents": agents,
        "rules": {name: compile_rules(one.rules(), name) for name, one in runtimes.items()},
        "unowned": dict(arrangement.unowned),
        "detectors": sorted(plugins.detectors()),
    }


def _agent(arrangement: Arrangement, agent: Any) -> dict[str, Any]:
    return {
        "name": agent.name,
        "runtime": arrangement.runtime_of(agent) or "",
        "worktree": arrangement.worktree_of(agent),
        "branch": arrangement.branch_of(agent),
        "depends_on": list(agent.depends_on),
    }

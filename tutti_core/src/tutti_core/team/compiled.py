"""The arrangement as reading commands need it: plain values, kept until something changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import discovery
from ..config.cache import read_compiled, read_last, stamp_of, stamp_of_file, write_compiled
from ..errors import TuttiError
from .places import Places
from .rules import files_over, rules_of

if TYPE_CHECKING:
    from ..detection.layers import Layered
    from ..model.arrangement import Arrangement
    from ..model.contract import Runtime
    from ..plugins import Plugins


def compiled(root: Path) -> dict[str, Any]:
    """Return a workspace's arrangement in its compiled form, compiling it if need be.

    Args:
        root: Absolute path of the workspace.

    Returns:
        ``workspace``, ``agents`` (a list of plain values), ``rules`` by runtime, ``unowned``,
        ``left_out`` (what people put over the rules and cannot be used, by runtime), ``detectors``
        (names of detectors beside the rules), ``files`` (what the rules were read from, with
        stamps) and ``stalled_after_secs``.

    Raises:
        ConfigError: If a configuration file is wrong.
    """
    kept = discovery.read_cache()
    key = discovery.plugins_key(kept) if kept else ""
    found = read_compiled(root, key) if key else None
    if found is not None and _current(found["files"]):
        return found
    return _compile(root)


def salvaged(root: Path, name: str, plugins: Plugins | None = None) -> dict[str, Any]:
    """Return a team in its compiled form whose configuration cannot be used: no agents, but rules.

    The rules are those that were known last, as what runs may need what its files declared.

    Args:
        root: Absolute path of the workspace.
        name: The workspace's name.
        plugins: The plugins to use; the installed ones by default.
    """
    team = read_last(root)
    if team is None:
        from ..model.arrangement import Arrangement, Workspace
        from ..plugins import Plugins

        team = digest(Arrangement(root, Workspace(name)), plugins or Plugins.installed())
    return {**team, "workspace": name, "agents": [], "unowned": {}}


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
    from .loading import runtimes_of

    agents = [_agent(arrangement, agent) for agent in arrangement.agent]
    known = runtimes_of(arrangement, plugins)
    files = [path for one in known.values() for path in getattr(one, "sources", ())]
    files += [path for name in known for path in files_over(name, arrangement.root)]
    stamps = {str(path): stamp_of_file(Path(path)) for path in files}
    found = _rules(known, {one["runtime"] for one in agents}, arrangement.root)
    return {
        "workspace": arrangement.workspace.name,
        "agents": agents,
        # Before the rules are read: a change during that counts as one after it.
        "files": stamps,
        "rules": {name: one.rules for name, one in found.items()},
        "left_out": {name: list(one.left_out) for name, one in found.items() if one.left_out},
        "unowned": dict(arrangement.unowned),
        "detectors": sorted(plugins.detectors()),
        "stalled_after_secs": arrangement.launch.stalled_after_secs,
    }


def _current(files: dict[str, Any]) -> bool:
    return all(stamp_of_file(Path(path)) == stamp for path, stamp in files.items())


def _rules(known: Mapping[str, Runtime], used: Collection[str], root: Path) -> dict[str, Layered]:
    """Return every runtime's rules: what runs may have been started before the file changed.

    Raises:
        TuttiError: If those of a runtime in use cannot be used.
    """
    rules = {}
    for name, runtime in known.items():
        try:
            rules[name] = rules_of(runtime, root)
        except TuttiError:
            if name in used:
                raise
    return rules


def _agent(arrangement: Arrangement, agent: Any) -> dict[str, Any]:
    return {
        "name": agent.name,
        "runtime": arrangement.runtime_of(agent) or "",
        "worktree": arrangement.worktree_of(agent),
        "branch": arrangement.branch_of(agent),
        "depends_on": list(agent.depends_on),
    }

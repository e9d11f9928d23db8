"""`init`: a team is begun in a folder, so that the very next `tt up` works."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..config import unknown
from ..config.edit import add_missing_table
from ..config.find import find_root, global_path
from ..config.registering import register_workspace
from ..config.slug import is_slug, propose
from ..errors import ConfigError, GitError, TuttiError
from ..model.arrangement import Agent
from ..model.contract import Table, Template
from ..model.launch import LaunchRequest
from .choosing import NONE, on_this_machine, runtime_for, template_for
from .loading import load_arrangement, load_global, schema_of

if TYPE_CHECKING:
    from ..model.arrangement import Arrangement
    from ..plugins import Plugins

SAFE = """
[launch]
mode = "safe" # Agents ask a person. "auto" takes a policy, such as tutti-permissions has.
"""
RUNTIME = "{{runtime}}"


@attrs.frozen
class Begun:
    """What `init` did.

    Attributes:
        path: The file it wrote.
        template: The template it used.
        version: That template's version.
        description: What it says of itself.
        roles: What its roles run on.
        runtime: The runtime it chose.
        mode: How much the agents may do unasked; `safe` where no plugin has a policy.
        found: Runtimes whose program is on this machine.
        starters: Tables it added to the global file.
        global_file: The global file.
        workspace: The name the workspace is registered by.
        repository: Whether the folder is in a git repository that has a commit.
        inside: The workspace that the folder belonged to before, which goes on above it; None
            outside of one.
    """

    path: Path
    template: str
    version: str
    description: str
    roles: Mapping[str, str]
    runtime: str
    mode: str
    found: tuple[str, ...]
    starters: tuple[str, ...]
    global_file: Path
    workspace: str
    repository: bool
    inside: Path | None


def begin(
    folder: Path,
    plugins: Plugins,
    *,
    template: str | None = None,
    name: str | None = None,
    runtime: str | None = None,
) -> Begun:
    """Begin a team in a folder.

    Args:
        folder: The project's folder.
        plugins: Who gives templates, runtimes and starters.
        template: Name of a template, or path of one; the best match by default.
        name: The workspace's name; the folder's by default, made a slug.
        runtime: The runtime to use; the first found on this machine by default.

    Raises:
        ConfigError: If there is a `tutti.toml` already, or a name is not known.
    """
    path = folder / "tutti.toml"
    if path.exists():
        raise _there(path)
    _outside_worktrees(folder)
    chosen = template_for(plugins.templates(), folder, template)
    known = plugins.runtimes(settings=load_global(plugins).source)
    there = on_this_machine(known)
    picked = runtime_for(known, there, runtime, schema_of(plugins))
    body = _filled(chosen, _name(folder, name), picked)
    arrangement = _checked(body, chosen.name, plugins)
    unguided = _is_unguided(arrangement, plugins)
    _write(path, body + SAFE if unguided else body)
    starters = _noted(path, arrangement.workspace.name, plugins)
    begun = _begun(path, chosen, arrangement, tuple(there), starters)
    mode = "safe" if unguided else begun.mode
    return attrs.evolve(begun, runtime=begun.runtime or picked, mode=mode)


def _begun(
    path: Path,
    chosen: Template,
    arrangement: Arrangement,
    there: tuple[str, ...],
    starters: tuple[str, ...],
) -> Begun:
    return Begun(
        path=path,
        template=chosen.name,
        version=chosen.version,
        description=chosen.description,
        roles=chosen.roles,
        runtime=arrangement.defaults.runtime or "",
        mode=arrangement.launch.mode,
        found=there,
        starters=starters,
        global_file=global_path(),
        workspace=arrangement.workspace.name,
        repository=_repository(path.parent),
        inside=_around(path.parent),
    )


def _there(path: Path) -> ConfigError:
    return ConfigError(f"{path} is there already", hint="edit it, or rename it first")


def _repository(folder: Path) -> bool:
    from ..git.repo import Git, main_root

    try:
        top = main_root(folder)
        return top is not None and Git(top).has_commits()
    except GitError:
        return False


def _around(folder: Path) -> Path | None:
    """Return the workspace above a folder, if it is in one."""
    try:
        return find_root(folder.resolve().parent)
    except ConfigError:
        return None


def _outside_worktrees(folder: Path) -> None:
    """Refuse a team inside an agent's worktree: the agent belongs to one already."""
    here = folder.resolve()
    for above in (here, *here.parents):
        if above.name == "worktrees" and above.parent.name == ".tutti":
            raise ConfigError(
                f"{here} is in the worktree of an agent", hint=f"work in {above.parent.parent}"
            )


def _filled(template: Template, name: str, runtime: str) -> str:
    body = template.body.replace("{{project_name}}", name)
    if runtime == NONE and RUNTIME in body:
        raise ConfigError(
            "no runtime is installed, and a team needs one", hint=unknown.any_of_ours()
        )
    body = body.replace(RUNTIME, runtime)
    return f"# template: {template.name} {template.version}\n{body}"


def _name(folder: Path, wanted: str | None) -> str:
    name = wanted or propose(folder.resolve().name)
    if not is_slug(name):
        raise ConfigError(f"{name!r} cannot be a workspace's name", hint=f"use {propose(name)!r}")
    return name


def _checked(body: str, template: str, plugins: Plugins) -> Arrangement:
    """Return what a file would say, before it is there: a template may come from anywhere."""
    with tempfile.TemporaryDirectory(prefix="tutti-") as folder:
        trial = Path(folder).resolve()
        (trial / "tutti.toml").write_text(body, encoding="utf-8")
        try:
            return load_arrangement(trial, plugins)
        except ConfigError as error:
            raise ConfigError(
                f"template {template!r} does not make a valid tutti.toml: {error.message}",
                hint=error.hint,
            ) from error


def _is_unguided(arrangement: Arrangement, plugins: Plugins) -> bool:
    """Return whether neither the file nor any plugin says how agents are to be launched."""
    if "launch" in arrangement.source:
        return False
    agent = next(iter(arrangement.agent), Agent("voice"))
    answer = plugins.prepare(LaunchRequest(agent, arrangement, arrangement.root, ()))
    # One that refuses has a policy in mind; what it lacks is told when it is needed.
    return isinstance(answer, LaunchRequest) and answer.rules is None


def _write(path: Path, body: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(body)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}") from error


def _noted(path: Path, name: str, plugins: Plugins) -> tuple[str, ...]:
    """Note the workspace in the global file; if that fails, init can be run again."""
    try:
        register_workspace(name, path.parent.resolve())
        return _starters(plugins)
    except TuttiError:
        path.unlink()
        raise


def _starters(plugins: Plugins) -> tuple[str, ...]:
    tables = [one for _, one in plugins.tables() if isinstance(one, Table) and one.starter]
    added = [one.name for one in tables if add_missing_table(one.name, one.starter)]
    return tuple(added)

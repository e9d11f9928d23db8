"""`init`: a team is begun in a folder, so that the very next `tt up` works."""

from __future__ import annotations

import shutil
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
from ..model.contract import Runtime, Table, Template
from ..model.launch import LaunchRequest
from .loading import load_arrangement, load_global, schema_of
from .templates import read_template

if TYPE_CHECKING:
    from ..config.schema import Schema
    from ..model.arrangement import Arrangement
    from ..plugins import Plugins

NONE = ""
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
    chosen = _template(plugins.templates(), folder, template)
    known = plugins.runtimes(settings=load_global(plugins).source)
    there = _on_this_machine(known)
    picked = _runtime(known, there, runtime, schema_of(plugins))
    body = _filled(chosen, _name(folder, name), picked)
    arrangement = _checked(body, chosen.name, plugins)
    unguided = _is_unguided(arrangement, plugins)
    _write(path, body + SAFE if unguided else body)
    return Begun(
        path=path,
        template=chosen.name,
        version=chosen.version,
        description=chosen.description,
        roles=chosen.roles,
        runtime=arrangement.defaults.runtime or picked,
        mode="safe" if unguided else arrangement.launch.mode,
        found=tuple(there),
        starters=_noted(path, arrangement.workspace.name, plugins),
        global_file=global_path(),
        workspace=arrangement.workspace.name,
        repository=_repository(folder),
        inside=_around(folder),
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


def _template(templates: Mapping[str, Template], folder: Path, wanted: str | None) -> Template:
    if wanted is None:
        ranked = sorted(templates.values(), key=lambda one: (-_score(one, folder), one.name))
        fits = [one for one in ranked if _score(one, folder)]
        return fits[0] if fits else templates["minimal"]
    if wanted in templates:
        return templates[wanted]
    if "/" in wanted or wanted.endswith(".toml"):
        return _from_file(Path(wanted).expanduser())
    known = ", ".join(sorted(templates))
    raise ConfigError(f"no template {wanted!r} (there are: {known})", hint="or give a path")


def _from_file(path: Path) -> Template:
    try:
        return read_template(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the template: {error}") from error


def _score(template: Template, folder: Path) -> int:
    """Return how well a template fits: the files it looks for that are there, 0 if it does not."""
    hits = [name for name in template.detect if (folder / name).exists()]
    needed = [name for name in template.detect_all if (folder / name).exists()]
    missing = len(needed) < len(template.detect_all) or (template.detect and not hits)
    return 0 if missing else len(hits) + len(needed)


def _on_this_machine(known: Mapping[str, Runtime]) -> list[str]:
    there = [name for name, one in known.items() if shutil.which(one.program)]
    return sorted(there, key=lambda name: (name == "demo", name))


def _runtime(
    known: Mapping[str, Runtime], there: list[str], wanted: str | None, schema: Schema
) -> str:
    """Return the runtime to use: the one wanted, else one that is on this machine, else any."""
    if wanted is None:
        return next(iter(there or sorted(known)), NONE)
    if wanted not in known:
        raise unknown.no_runtime(wanted, known, schema)
    return wanted


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

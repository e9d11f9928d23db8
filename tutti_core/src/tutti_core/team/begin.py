"""`init`: a team is begun in a folder, so that the very next `tt up` works."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ..config.edit import add_missing_table, register_workspace
from ..config.find import global_path
from ..config.slug import is_slug, propose
from ..errors import ConfigError, GitError
from ..model.contract import Runtime, Table, Template
from .loading import load_arrangement

if TYPE_CHECKING:
    from ..plugins import Plugins


# The line of a template's file that parts what it says of itself from what it makes.
BELOW = "# ── config below ──"


@attrs.frozen
class Begun:
    """What `init` did.

    Attributes:
        path: The file it wrote.
        template: The template it used.
        version: That template's version.
        runtime: The runtime it chose.
        found: Runtimes whose program is on this machine.
        starters: Tables it added to the global file.
        global_file: The global file.
        workspace: The name the workspace is registered by.
        repository: Whether the folder is in a git repository that has a commit.
    """

    path: Path
    template: str
    version: str
    runtime: str
    found: tuple[str, ...]
    starters: tuple[str, ...]
    global_file: Path
    workspace: str
    repository: bool


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
        raise ConfigError(f"{path} is there already", hint="edit it, or rename it first")
    _outside_worktrees(folder)
    chosen = _template(plugins.templates(), folder, template)
    known = plugins.runtimes()
    there = _on_this_machine(known)
    body = _filled(chosen, _name(folder, name), _runtime(known, there, runtime))
    _write_checked(path, body, chosen.name, plugins)
    starters = _starters(plugins)
    arrangement = load_arrangement(folder.resolve(), plugins)
    register_workspace(arrangement.workspace.name, folder.resolve())
    used = arrangement.defaults.runtime or _runtime(known, there, runtime)
    return Begun(
        path=path,
        template=chosen.name,
        version=chosen.version,
        runtime=used,
        found=tuple(there),
        starters=starters,
        global_file=global_path(),
        workspace=arrangement.workspace.name,
        repository=_repository(folder),
    )


def _repository(folder: Path) -> bool:
    from ..git.repo import Git, main_root

    try:
        top = main_root(folder)
        return top is not None and Git(top).has_commits()
    except GitError:
        return False


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
    """Read a template: a `[template]` table, a line that says so, and the body; or a body alone."""
    import tomli

    try:
        text = path.read_text(encoding="utf-8")
        head, line, body = text.partition(f"\n{BELOW}\n")
        about = tomli.loads(head)["template"] if line else {}
        return Template(
            name=about.get("name", path.stem),
            version=about.get("version", "0"),
            description=about.get("description", f"from {path}"),
            body=body if line else text,
        )
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the template: {error}") from error
    except (tomli.TOMLDecodeError, KeyError, AttributeError) as error:
        hint = f"above the line {BELOW!r} it needs a [template] table with name and version"
        raise ConfigError(f"{path} is no template: {error}", hint=hint) from error


def _score(template: Template, folder: Path) -> int:
    """Return how well a template fits: the files it looks for that are there, 0 if it does not."""
    hits = [name for name in template.detect if (folder / name).exists()]
    needed = [name for name in template.detect_all if (folder / name).exists()]
    missing = len(needed) < len(template.detect_all) or (template.detect and not hits)
    return 0 if missing else len(hits) + len(needed)


def _on_this_machine(known: Mapping[str, Runtime]) -> list[str]:
    there = [name for name, one in known.items() if shutil.which(one.program)]
    return sorted(there, key=lambda name: (name == "demo", name))


def _runtime(known: Mapping[str, Runtime], there: list[str], wanted: str | None) -> str:
    if wanted is not None and wanted not in known:
        names = ", ".join(sorted(known)) or "none"
        raise ConfigError(f"no runtime {wanted!r} (there are: {names})", hint="tt plugins list")
    return wanted or next(iter(there or sorted(known)), "claude-code")


def _name(folder: Path, wanted: str | None) -> str:
    name = wanted or propose(folder.resolve().name)
    if not is_slug(name):
        raise ConfigError(f"{name!r} cannot be a workspace's name", hint=f"use {propose(name)!r}")
    return name


def _filled(template: Template, name: str, runtime: str) -> str:
    body = template.body.replace("{{project_name}}", name).replace("{{runtime}}", runtime)
    return f"# template: {template.name} {template.version}\n{body}"


def _write_checked(path: Path, body: str, template: str, plugins: Plugins) -> None:
    """Write the file, and take it back if it does not load: a template may come from anywhere."""
    try:
        path.write_text(body, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        load_arrangement(path.parent.resolve(), plugins)
    except ConfigError as error:
        path.unlink()
        raise ConfigError(
            f"template {template!r} does not make a valid tutti.toml: {error.message}",
            hint=error.hint,
        ) from error


def _starters(plugins: Plugins) -> tuple[str, ...]:
    tables = [one for _, one in plugins.tables() if isinstance(one, Table) and one.starter]
    added = [one.name for one in tables if add_missing_table(one.name, one.starter)]
    return tuple(added)

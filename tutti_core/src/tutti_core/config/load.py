"""Loads what a workspace and its user have written, checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from tutti_core.errors import ConfigError
from tutti_core.model.arrangement import Arrangement, GlobalSettings

from . import find
from .check import check_global, check_profile_of, check_workspace
from .document import Document, read
from .problems import ConfigProblems, Fault, Problem
from .schema import Schema
from .take import Taken, take

Tables = Mapping[str, Any]
Runtimes = Collection[str] | Callable[[Tables, Tables], Collection[str] | None]
Across = Callable[[Arrangement], Iterable[Fault]]


def load(
    root: Path,
    schema: Schema,
    *,
    runtimes: Runtimes | None = None,
    across: Across | None = None,
) -> Arrangement:
    """Load a workspace's `tutti.toml` and the global file beside it.

    Args:
        root: Absolute path of the workspace.
        schema: The tables that may be used.
        runtimes: The names of the runtimes there are, or a function that is given the values of
            `tutti.toml` and of the global file and returns them; None, given or returned, if they
            are not to be checked.
        across: Looks at what was loaded as a whole, once nothing else is wrong, and yields what is
            wrong in `tutti.toml`.

    Returns:
        The team.

    Raises:
        ConfigProblems: With everything that is wrong in either file.
        ConfigError: If there is no `tutti.toml`, or a file cannot be read.
        PluginError: If a plugin's own check fails.
    """
    ours, theirs = _workspace_file(root), _global_file()
    names = runtimes(ours.data, theirs.data) if callable(runtimes) else runtimes
    taken, settings = take(ours, schema, "workspace"), take(theirs, schema, "global")
    problems = [
        *_workspace_problems(ours, theirs, taken, names, schema),
        *_global_problems(theirs, settings),
    ]
    if problems:
        raise ConfigProblems(problems)
    own = _settled(settings, theirs)
    unowned = {**settings.unowned, **taken.unowned}
    arrangement = _arranged(root, taken, own, unowned)
    if across and (found := ours.place(across(arrangement))):
        raise ConfigProblems(found)
    return arrangement


def load_settings(schema: Schema) -> GlobalSettings:
    """Load the global file alone.

    Args:
        schema: The tables that may be used.

    Returns:
        What it says; all defaults if it is not there.

    Raises:
        ConfigProblems: With everything that is wrong in it.
        ConfigError: If it cannot be read.
        PluginError: If a plugin's own check fails.
    """
    theirs = _global_file()
    settings = take(theirs, schema, "global")
    problems = _global_problems(theirs, settings)
    if problems:
        raise ConfigProblems(problems)
    return _settled(settings, theirs)


def _workspace_file(root: Path) -> Document:
    document = read(root / find.FILE, find.FILE)
    if document is None:
        raise ConfigError(f"no {find.FILE} in {find.shown(root)}", hint="run `tt init` there")
    return document


def _global_file() -> Document:
    path = find.global_path()
    file = find.shown(path)
    return read(path, file) or Document(file, {}, {})


def _workspace_problems(
    ours: Document,
    theirs: Document,
    taken: Taken,
    names: Collection[str] | None,
    schema: Schema,
) -> list[Problem]:
    if ours.problems:
        return [*ours.problems]
    faults = [*taken.faults, *check_workspace(ours.data, names, schema)]
    if not theirs.problems:
        faults += check_profile_of(ours.data, theirs.data, theirs.file)
    return ours.place(faults)


def _global_problems(theirs: Document, settings: Taken) -> list[Problem]:
    return [*theirs.problems, *theirs.place([*settings.faults, *check_global(theirs.data)])]


def _settled(settings: Taken, theirs: Document) -> GlobalSettings:
    return GlobalSettings(**settings.values, tables=settings.tables, source=theirs.data)


def _arranged(
    root: Path, taken: Taken, own: GlobalSettings, unowned: Mapping[str, str]
) -> Arrangement:
    values = {"resilience": own.resilience, **taken.values}
    return Arrangement(root, **values, settings=own, tables=taken.tables, unowned=unowned)

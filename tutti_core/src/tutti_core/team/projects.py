"""Begins plugins: a project of an author's own, from texts that come with the core."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..config import known
from ..errors import ConfigError, PluginError, StateError
from ..version import VERSION

if TYPE_CHECKING:
    from importlib.abc import Traversable

    from ..plugins import Plugins

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LONGEST = 32
SUMMARIES: Mapping[str, str] = {
    "runtime": "{title} as a voice in tutti.",
    "detector": "Sees when an agent asks a question that nobody told tutti of.",
    "step": "A workflow step that adds a line to a file, once.",
    "sink": "Writes down when which agent did what.",
    "verb": "Says which agents wait for somebody.",
}
"""Each kind of plugin that can be begun, with what it is before its author changes it."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "step": ("attrs>=25.4",),
    "verb": ("attrs>=25.4", "click>=8.1"),
}
SUFFIX = ".txt"
"""What the texts end with, so that nothing takes them for modules of the core."""

OURS = frozenset(
    {
        *("tutti-core", "tutti-all", "tutti-testing", "tutti-permissions", *known.LATER),
        *known.RUNTIMES.values(),
        *known.COMMANDS.values(),
    }
)


class Project(NamedTuple):
    """A plugin's project as it was begun.

    Attributes:
        kind: What it gives: a key of `SUMMARIES`.
        name: The plugin's short name.
        distribution: The name it is installed by.
        package: The name it is imported by.
        folder: Absolute path of its folder.
        files: Its files, below the folder.
    """

    kind: str
    name: str
    distribution: str
    package: str
    folder: Path
    files: tuple[str, ...]


def begin_project(kind: str, name: str, plugins: Plugins, folder: Path | None = None) -> Project:
    """Make a plugin's project, all of it or nothing.

    Args:
        kind: What it gives: a key of `SUMMARIES`.
        name: Its short name, with or without ``tutti-`` before it.
        plugins: The plugins that are there, whose names are taken.
        folder: The folder to make; by default ``tutti-NAME`` in the current one.

    Raises:
        ConfigError: If the name cannot be used, or the folder is there already.
        PluginError: If the name is taken.
        StateError: If the folder cannot be made.
    """
    short = checked_name(name)
    _refuse_taken(kind, short, plugins)
    target = Path.cwd() / (folder or f"tutti-{short}")
    texts = dict(rendered(kind, short))
    _write(target, texts)
    return Project(
        kind, short, f"tutti-{short}", _package(short), target.resolve(), tuple(sorted(texts))
    )


def checked_name(name: str) -> str:
    """Return a plugin's short name, without ``tutti-`` before it.

    Raises:
        ConfigError: If it cannot be one.
    """
    if name.lower() == "tutti":
        raise ConfigError(
            "'tutti' is another project's name on the package index",
            hint="choose a name of your own; the distribution will be tutti-NAME",
        )
    short = re.sub(r"^tutti[-_]", "", name)
    if NAME.fullmatch(short) and len(short) <= LONGEST:
        return short
    wanted = f"a plugin's name is small letters and digits, with '-' between, up to {LONGEST}"
    like = re.sub(r"[^a-z0-9]+", "-", short.lower()).strip("-")[:LONGEST].rstrip("-")
    hint = f"tt plugins new KIND {like}" if NAME.fullmatch(like) else "begin it with a letter"
    raise ConfigError(f"{name!r} cannot name a plugin: {wanted}", hint=hint)


def rendered(kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield each file of a project: its path below the folder, and its text.

    Args:
        kind: What the plugin gives.
        name: Its short name, checked.
    """
    words = _words(kind, name)
    home = files("tutti_core") / "projects"
    for folder in (home / "common", home / kind):
        for path, text in _texts(folder):
            told = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found[1]], text)
            place = path.removesuffix(SUFFIX).replace("PACKAGE", words["package"])
            yield ".gitignore" if place == "gitignore" else place, told


def _words(kind: str, name: str) -> dict[str, str]:
    title = " ".join(part.capitalize() for part in name.split("-"))
    needs = (f"tutti-core~={VERSION}", *NEEDS.get(kind, ()))
    return {
        "name": name,
        "word": name.replace("-", "_"),
        "title": title,
        "distribution": f"tutti-{name}",
        "package": _package(name),
        "summary": SUMMARIES[kind].format(title=title),
        # With the kind behind it no word is one of Python's own, such as None.
        "thing": title.removesuffix(kind.capitalize()).replace(" ", "") + kind.capitalize(),
        "needs": ", ".join(f'"{need}"' for need in sorted(needs)),
    }


def _package(name: str) -> str:
    return f"tutti_{name.replace('-', '_')}"


def _texts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _texts(one, f"{above}{one.name}/")
        elif one.name.endswith(SUFFIX):
            yield f"{above}{one.name}", one.read_text("utf-8")


def _refuse_taken(kind: str, name: str, plugins: Plugins) -> None:
    taken = dict.fromkeys(OURS, "tutti itself")
    taken |= {one.distribution: f"{one.distribution} {one.version}" for one in plugins.entries}
    taken |= {f"tutti-{one.name}": f"{one.distribution} {one.version}" for one in plugins.entries}
    owner = taken.get(f"tutti-{name}") or _given(kind, plugins).get(name)
    if owner:
        raise PluginError(
            f"the name {name!r} is taken: it belongs to {owner}",
            hint="choose another name; tt plugins lists what is installed",
        )


def _given(kind: str, plugins: Plugins) -> dict[str, str]:
    """Return what there is of a kind by name, each with who gives it."""
    if kind == "runtime":
        return {**known.RUNTIMES, **plugins.runtime_sources()}
    if kind == "detector":
        return dict.fromkeys(plugins.detectors(), "another plugin")
    if kind == "step":
        return {step.replace("_", "-"): owner for step, owner in known.STEPS.items()}
    if kind == "verb":
        own = {command.name: owner for owner, command in plugins.commands()}
        return {**known.COMMANDS, **dict.fromkeys(plugins.verbs(), "another plugin"), **own}
    return {}


def _write(target: Path, texts: Mapping[str, str]) -> None:
    """Write everything beside the target, and only then give it its name."""
    if os.path.lexists(target):
        raise ConfigError(f"{target} is there already", hint="--to DIR makes another folder")
    if not target.parent.is_dir():
        raise ConfigError(f"{target.parent} is not a folder", hint=f"mkdir -p {target.parent}")
    try:
        making = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise StateError(f"{target} cannot be made: {error}") from error
    try:
        for name, text in texts.items():
            path = making / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (making / "new").rename(target)
    except OSError as error:
        raise StateError(f"{target} cannot be made: {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)

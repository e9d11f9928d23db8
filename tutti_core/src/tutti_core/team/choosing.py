"""What `init` begins with where nobody says: the template that fits, a runtime that is there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import unknown
from ..errors import ConfigError
from .templates import read_template

if TYPE_CHECKING:
    from ..config.schema import Schema
    from ..model.contract import Runtime, Template

NONE = ""


def template_for(templates: Mapping[str, Template], folder: Path, wanted: str | None) -> Template:
    """Return the template to use: the one wanted, else the one that fits a folder best.

    Args:
        templates: The templates there are.
        folder: The project's folder.
        wanted: The name of one, or a path; None for the best.

    Raises:
        ConfigError: If there is none of that name, or it cannot be read.
    """
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


def on_this_machine(known: Mapping[str, Runtime]) -> list[str]:
    """Return the runtimes whose program is on this machine, the demo last.

    Args:
        known: The runtimes there are.
    """
    there = [name for name, one in known.items() if shutil.which(one.program)]
    return sorted(there, key=lambda name: (name == "demo", name))


def runtime_for(
    known: Mapping[str, Runtime], there: list[str], wanted: str | None, schema: Schema
) -> str:
    """Return the runtime to use: the one wanted, else one that is on this machine, else any.

    Args:
        known: The runtimes there are.
        there: Those whose program is on this machine.
        wanted: The name of one; None for the best.
        schema: Says which distribution would give one that there is not.

    Raises:
        ConfigError: If there is none of that name.
    """
    if wanted is None:
        return next(iter(there or sorted(known)), NONE)
    if wanted not in known:
        raise unknown.no_runtime(wanted, known, schema)
    return wanted

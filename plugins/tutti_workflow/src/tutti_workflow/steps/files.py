"""Files that a prompt brings along, and files that its agent is to leave."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tutti_core import Attempt, ConfigError, Context, RuntimeFailure

from .outputs import changed, fingerprints, matches, pattern_of, read_text
from .places import tree_of, within

ARTIFACTS = ".tutti/artifacts"
SLUG_PROGRAM = "~/.claude/skills/gstack/bin/gstack-slug"
SLUG_SECS = 10.0


@attrs.frozen
class Injected:
    """A file that is brought into an agent's tree.

    Attributes:
        src: The file; relative to the workspace.
        dest: Where it comes to lie, relative to where the agent works.
    """

    src: str
    dest: str | None = None


def inject(
    context: Context, agent: str, files: Sequence[str | Injected], *, outside: bool = False
) -> list[str]:
    """Copy files to where an agent works.

    Args:
        context: The workspace.
        agent: The agent.
        files: The files; what lies elsewhere than in the workspace comes into `.tutti/artifacts`.
        outside: Whether files may come from elsewhere.

    Returns:
        Where they are, as the agent sees them.

    Raises:
        TuttiError: If one is not there, or a path leads out of where it has to be.
    """
    tree = tree_of(context, agent)
    placed = []
    for one in files:
        given = one if isinstance(one, Injected) else Injected(one)
        source = within(context.root, given.src, "inject_files", anywhere=outside)
        if not source.is_file():
            hint = "a file of an earlier step is named {{output.NAME.path}}"
            raise RuntimeFailure(f"inject_files source does not exist: {source}", hint=hint)
        target = within(tree, given.dest or _below(context, given.src), "dest")
        if source != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        placed.append(str(target.relative_to(tree.resolve())))
    return placed


def _below(context: Context, src: str) -> str:
    """Return where a file comes to lie if nobody says it: as in the workspace, else aside."""
    path = Path(src)
    if path.is_absolute():
        inside = path.is_relative_to(context.root)
        relative = path.relative_to(context.root) if inside else None
        if relative is None or relative.parts[:1] == (".tutti",):
            return f"{ARTIFACTS}/{path.name}"
        return str(relative)
    return f"{ARTIFACTS}/{path.name}" if path.parts[:1] == (".tutti",) else src


def slug_of(context: Context) -> str:
    """Return what the tool for slugs calls the workspace.

    Args:
        context: The workspace.

    Raises:
        ConfigError: If it is not installed, or says nothing.
    """
    import subprocess

    program = Path(SLUG_PROGRAM).expanduser()
    hint = f"{{slug}} needs {SLUG_PROGRAM}; use {{workspace}} or {{agent}} instead"
    try:
        done = subprocess.run(
            [str(program)],
            cwd=context.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SLUG_SECS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"{{slug}} cannot be filled in: {error}", hint=hint) from error
    for line in done.stdout.splitlines():
        if line.startswith("SLUG=") and line[5:].strip():
            return line[5:].strip().strip("'\"")
    raise ConfigError(f"{{slug}} cannot be filled in: {program} said nothing", hint=hint)


class Artifact:
    """The artifact that an agent is to leave.

    Args:
        context: The workspace.
        agent: The agent.
        glob: The pattern it is found by.
        name: What later steps call it.
    """

    def __init__(self, context: Context, agent: str, glob: str, name: str) -> None:
        names = {"workspace": context.name, "agent": agent}
        if "{slug}" in glob:
            names["slug"] = slug_of(context)
        self.name = name
        self.pattern = pattern_of(glob, names)
        self.top = tree_of(context, agent)

    def there(self) -> list[Path]:
        """Return the files that are there."""
        return matches(self.pattern, self.top)

    def before(self) -> dict[str, str]:
        """Return what tells later writings of them from these."""
        return fingerprints(self.there())

    def left(self, before: Mapping[str, str]) -> list[Path]:
        """Return the files that were written since, the last one first.

        Args:
            before: What `before` returned.
        """
        return changed(before, self.there())

    def keep(self, found: Sequence[Path], folder: Path) -> dict[str, Any]:
        """Copy the artifact into an attempt's folder, and return it as a result's ``outputs``.

        Args:
            found: The files, at least one; the first is it.
            folder: The folder.

        Raises:
            OutputError: If it is no text.
        """
        text = read_text(found[0], f"artifact {self.name}")
        copy = folder / f"{self.name}.raw"
        copy.write_text(text, encoding="utf-8", newline="")
        return {self.name: {"path": str(copy), "value": text}}


def kept_sources(found: Sequence[Path], attempt: Attempt, name: str) -> list[str]:
    """Return the files an artifact was chosen from, after saying so if there were several."""
    if len(found) > 1:
        attempt.say(f"artifact {name}: {len(found)} files are new; taken is {found[0]}")
    return [str(one) for one in found]

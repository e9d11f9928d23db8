"""The files that an agent is to write: how they were before, whether they are there, and taken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from .exchange import LOOK_SECS, Exchange
from .files import Artifact, kept_sources
from .outputs import OutputError, fingerprint, read_json
from .places import step_folder, tree_of, within

STEADY_SECS = 1.0
"""How long a file must stay as it is to be taken for whole, while its writer may be at work."""


class Gathering:
    """What the agent of a step is to leave.

    Args:
        it: The attempt.

    Attributes:
        artifact: The artifact, if the step says one.
        before: How the files were before the prompt, by their paths.
    """

    def __init__(self, it: Exchange) -> None:
        self.it, step = it, it.step
        self.artifact: Artifact | None = None
        if step.artifact_glob and step.artifact_name:
            self.artifact = Artifact(it.context, step.agent, step.artifact_glob, step.artifact_name)
        self.before: dict[str, str] = {}

    @property
    def output(self) -> Path:
        """The file that is to hold the agent's JSON."""
        tree = tree_of(self.it.context, self.it.agent)
        given = str(self.it.step.output_json)
        return within(tree, given, "output_json", anywhere=self.it.step.allow_outside)

    def look(self) -> Mapping[str, str]:
        """Keep how the files are now, and return it."""
        self.before = self.artifact.before() if self.artifact else {}
        if self.it.step.output_json is not None:
            self.before[str(self.output)] = fingerprint(self.output)
        return self.before

    def changed(self) -> bool:
        """Return whether any of the files is another than before."""
        return any(fingerprint(Path(path)) != was for path, was in self.before.items())

    def is_there(self) -> bool:
        """Return whether all is there that the agent is to leave."""
        if self.it.step.output_json is not None and not self.is_whole(self.output):
            return False
        return self.artifact is None or any(map(_rests, self.artifact.left(self.before)))

    def is_whole(self, path: Path) -> bool:
        """Return whether a file was written since the prompt, and is one JSON value.

        Args:
            path: The file.
        """
        if self.before.get(str(path)) == fingerprint(path) or not _rests(path):
            return False
        try:
            read_json(path)
        except OutputError:
            return False
        return True

    def settles(self, path: Path) -> bool:
        """Give what was written just now the moment it needs, and return whether it is whole.

        Args:
            path: The file.
        """
        end = time.monotonic() + STEADY_SECS + LOOK_SECS
        while fingerprint(path) != self.before.get(str(path)) and time.monotonic() < end:
            if self.is_whole(path):
                return True
            self.it.rest()
        return self.is_whole(path)

    def wrong(self, path: Path) -> str:
        """Say what is wrong with a file that is not whole.

        Args:
            path: The file.
        """
        if not path.exists():
            return f"output_json {path} was not written"
        if self.before.get(str(path)) == fingerprint(path):
            return f"output_json {path} was not written anew"
        try:
            read_json(path)
        except OutputError as error:
            return error.message
        return f"output_json {path} is still being written"

    def take(self, path: Path) -> None:
        """Put the agent's JSON into what comes of the step.

        Args:
            path: The file; it is whole.
        """
        self.it.done |= {"output": read_json(path), "output_source": str(path)}

    def keep(self, artifact: Artifact) -> None:
        """Put the artifact into what comes of the step.

        Args:
            artifact: The artifact.

        Raises:
            StepFailed: If there is nothing new.
        """
        found = artifact.left(self.before)
        end = time.monotonic() + min(self.it.left, 2.0)
        while not found and time.monotonic() < end:
            self.it.rest()
            found = artifact.left(self.before)
        if not found:
            self.it.attempt.check()
            what = f"artifact {artifact.name!r} not found: nothing new matches {artifact.pattern}"
            raise self.it.failed(what, f"tt peek {self.it.agent}", "tool")
        folder = step_folder(self.it.context, self.it.attempt)
        self.it.done["outputs"] = artifact.keep(found, folder)
        self.it.done["artifact_sources"] = kept_sources(found, self.it.attempt, artifact.name)


def _rests(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= STEADY_SECS
    except OSError:
        return False

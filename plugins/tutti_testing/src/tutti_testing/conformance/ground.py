"""A workspace for a suite to work in: its own home, its own environment, its own tmux server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tutti_core import Context, Plugins

from ..stage import Stage, environment

MOMENT = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T00:00:00Z")
"""When everything is committed, so that two workspaces can be compared."""

TEAM = '[workspace]\nname = "work"\n'


class Ground(NamedTuple):
    """A fresh workspace.

    Attributes:
        folder: Absolute path of the folder that holds the workspace and its home.
        stage: The workspace, as a person at a terminal has it.
        context: The same, as a plugin is given it.
    """

    folder: Path
    stage: Stage
    context: Context

    def sessions(self) -> frozenset[str]:
        """Return the names of the sessions that run."""
        return frozenset(one.name for one in self.context.host.list())


@contextmanager
def ground(folder: Path, team: str = TEAM) -> Iterator[Ground]:
    """Give a fresh workspace; whatever was started in it is ended afterwards.

    Args:
        folder: An empty folder.
        team: Its `tutti.toml`.
    """
    folder = folder.resolve()
    home = folder / "home"
    home.mkdir()
    with short_folder() as sockets:
        env = environment(home, sockets, **MOMENT)
        stage = Stage(folder / "project", home, env).repository().team(team)
        with surroundings(env):
            try:
                yield Ground(folder, stage, Context.open(stage.root))
            finally:
                if any(sockets.iterdir()):  # a tmux server was started
                    stage.close()


def core_alone() -> Plugins:
    """Return the core without any other plugin, not even the one under test, as it is installed."""
    return Plugins([one for one in Plugins.installed().entries if one.name == "core"])


@contextmanager
def short_folder() -> Iterator[Path]:
    """Give a folder with a short path: a socket's path may have 100 characters or so."""
    folder = Path(tempfile.mkdtemp(prefix="tt-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def surroundings(env: Mapping[str, str]) -> Iterator[None]:
    """Make an environment this process's own for a while.

    Args:
        env: All of its variables.
    """
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

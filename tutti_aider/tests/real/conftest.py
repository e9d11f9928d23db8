"""A stage with real Aider in it, and a scripted model behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.homes import aider_home, installed
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

PLACE = "aider-0.86.2/bin"


class AiderStage(Stage):
    """A workspace whose agents are real Aider."""

    def aiders(self, mode: str, *names: str, more: str = "") -> AiderStage:
        """Write a team of agents, each with what else is to be said of it."""
        agents = [f'[[agent]]\nname = "{name}"\n{more}\n' for name in names]
        head = '[workspace]\nname = "real"\n[defaults]\nruntime = "aider"\n'
        self.team("\n".join([head, f'[launch]\nmode = "{mode}"\nready_secs = 100\n', *agents]))
        return self


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[AiderStage]:
    """Give a workspace in which Aider knows its model and a name to commit by."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    env = environment(home, short_folder, **aider_home(home, model.url))
    env["PATH"] = f"{installed(PLACE)}{os.pathsep}{env['PATH']}"
    made = AiderStage(root, home, env)
    made.repository()
    yield made
    made.close()

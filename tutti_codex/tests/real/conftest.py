"""A stage with real Codex in it, and a scripted model behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.homes import codex_home, gated, installed
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

PLACE = "codex-0.169.0/node_modules/.bin"


class CodexStage(Stage):
    """A workspace whose agents are real Codex."""

    gate: Path

    def distrust(self) -> None:
        """Forget that the workspace is trusted."""
        file = self.home / ".codex" / "config.toml"
        file.write_text(file.read_text().partition("\n[projects.")[0])

    def codexes(self, mode: str, *names: str, prompt: str = "") -> CodexStage:
        """Write a team of agents."""
        first = f'prompt = """\n{prompt}"""\n' if prompt else ""
        agents = [f'[[agent]]\nname = "{name}"\n{first}' for name in names]
        head = '[workspace]\nname = "real"\n[defaults]\nruntime = "codex"\n'
        self.team("\n".join([head, f'[launch]\nmode = "{mode}"\nready_secs = 100\n', *agents]))
        return self


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[CodexStage]:
    """Give a workspace in which Codex asks nothing before its first prompt."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    env = environment(home, short_folder, **codex_home(home, model.url, [root]))
    gate = tmp_path / "gate"
    gate.touch()
    folder = gated(tmp_path / "bin", {"codex": installed(PLACE) / "codex"}, gate)
    env["PATH"] = f"{folder}{os.pathsep}{env['PATH']}"
    made = CodexStage(root, home, env)
    made.gate = gate
    made.repository()
    yield made
    made.close()

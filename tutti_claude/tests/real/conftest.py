"""A stage with real Claude Code in it, and a scripted model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.homes import claude_home, gated, installed
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

VERSIONS = {"newest": "2.1.330", "recent": "2.1.197", "old": "1.0.128"}


class ClaudeStage(Stage):
    """A workspace whose agents are real Claude Code, one version each."""

    bins: dict[str, Path]
    gate: Path

    def open_gate(self) -> None:
        """Let every Claude Code that waits, and every later one, start."""
        self.gate.touch()

    def claudes(self, mode: str, *names: str, prompt: str = "", **env: str) -> ClaudeStage:
        """Write a team of agents by the names of `VERSIONS`, each with a PATH of its own."""
        first = f'prompt = """\n{prompt}"""\n' if prompt else ""
        more = "".join(f'{key} = "{value}"\n' for key, value in env.items())
        agents = [
            f'[[agent]]\nname = "{name}"\n{first}[agent.env]\n'
            f'PATH = "{self.bins[name]}:/usr/local/bin:/usr/bin:/bin"\n{more}'
            for name in names
        ]
        head = '[workspace]\nname = "real"\n[defaults]\nruntime = "claude-code"\n'
        self.team("\n".join([head, f'[launch]\nmode = "{mode}"\nready_secs = 100\n', *agents]))
        return self


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[ClaudeStage]:
    """Give a workspace in which Claude Code asks nothing before its first prompt."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    trees = [root, *(root / ".tutti" / "worktrees" / name for name in VERSIONS)]
    env = environment(home, short_folder, **claude_home(home, model.url, trees))
    made = ClaudeStage(root, home, env)
    made.gate = tmp_path / "gate"
    places = {name: f"claude-{version}/node_modules/.bin" for name, version in VERSIONS.items()}
    made.bins = {
        name: gated(tmp_path / "bin" / name, {"claude": installed(place) / "claude"}, made.gate)
        for name, place in places.items()
    }
    made.repository()
    yield made
    made.close()

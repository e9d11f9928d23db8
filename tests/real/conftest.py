"""A stage for one team of several real agent CLIs, and a scripted model behind all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.homes import aider_home, claude_home, codex_home, gated, installed
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

# Agent, runtime, command, where it is installed: the newest of each.
TEAM = (
    ("claude", "claude-code", "claude", "claude-2.1.330/node_modules/.bin"),
    ("codex", "codex", "codex", "codex-0.169.0/node_modules/.bin"),
    ("aider", "aider", "aider", "aider-0.86.2/bin"),
)


class MixedStage(Stage):
    """A workspace with one agent of each runtime."""

    gate: Path

    def open_gate(self) -> None:
        """Let every CLI that waits, and every later one, start."""
        self.gate.touch()

    def everybody(self, mode: str) -> MixedStage:
        """Write the team."""
        agents = [f'[[agent]]\nname = "{name}"\nruntime = "{run}"\n' for name, run, _, _ in TEAM]
        head = f'[workspace]\nname = "mixed"\n[launch]\nmode = "{mode}"\nready_secs = 100\n'
        self.team("\n".join([head, *agents]))
        return self


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[MixedStage]:
    """Give a workspace in which no CLI asks anything before its first prompt."""
    home, root, gate = tmp_path / "home", tmp_path / "project", tmp_path / "gate"
    home.mkdir()
    needs = {
        **claude_home(home, model.url, [root, root / ".tutti" / "worktrees" / "claude"]),
        **codex_home(home, model.url, [root]),
        **aider_home(home, model.url),
    }
    env = environment(home, short_folder, **needs)
    commands = {command: installed(place) / command for _, _, command, place in TEAM}
    env["PATH"] = f"{gated(tmp_path / 'bin', commands, gate)}{os.pathsep}{env['PATH']}"
    made = MixedStage(root, home, env)
    made.gate = gate
    made.repository()
    yield made
    made.close()

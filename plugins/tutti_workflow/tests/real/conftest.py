"""A stage on which a workflow meets real agent CLIs, and a scripted model behind them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.homes import claude_home, codex_home, installed
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

# Where the newest of each is installed.
CLIS = ("claude-2.1.330/node_modules/.bin", "codex-0.169.0/node_modules/.bin")


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[Stage]:
    """Give a workspace in which no CLI asks anything before its first prompt."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    trees = [root, root / ".tutti" / "worktrees" / "maker"]
    claude = claude_home(home, model.url, trees, bypassPermissionsModeAccepted=True)
    env = environment(home, short_folder, **claude, **codex_home(home, model.url, [root]))
    env["PATH"] = os.pathsep.join([*(str(installed(place)) for place in CLIS), env["PATH"]])
    made = Stage(root, home, env)
    made.repository()
    yield made
    made.close()

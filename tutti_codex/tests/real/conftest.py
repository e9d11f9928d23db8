"""A stage with real Codex in it, and a scripted model behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tutti_testing import Stage
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

VERSION = "0.169.0"

SETTINGS = """\
model = "scripted"
model_provider = "scripted"

[model_providers.scripted]
name = "Scripted"
base_url = "{url}/v1"
env_key = "SCRIPTED_KEY"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false
"""
TRUSTED = '\n[projects."{root}"]\ntrust_level = "trusted"\n'


def installed(version: str) -> Path:
    """Return the folder of the program of one version."""
    cache = Path(os.environ["TUTTI_REAL_CLIS"])
    return cache / f"codex-{version}" / "node_modules" / ".bin"


class CodexStage(Stage):
    """A workspace whose agents are real Codex."""

    def record(self, agent: str) -> dict[str, Any]:
        """Return what is recorded of an agent."""
        path = self.root / ".tutti" / "state" / f"{agent}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would."""
        socket = self.env["TUTTI_TMUX_SOCKET"]
        pane = self.record(agent)["pane"]
        self.run("tmux", "-L", socket, "send-keys", "-t", pane, *keys).well()

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
    (home / ".codex").mkdir(parents=True)
    settings = SETTINGS.format(url=model.url) + TRUSTED.format(root=root)
    (home / ".codex" / "config.toml").write_text(settings)
    env = environment(home, short_folder, SCRIPTED_KEY="sk-not-a-key")
    env["PATH"] = f"{installed(VERSION)}{os.pathsep}{env['PATH']}"
    made = CodexStage(root, home, env)
    made.repository()
    yield made
    made.close()

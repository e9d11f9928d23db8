"""A stage with real OpenClaw in it, and a scripted model behind it."""

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

VERSION = "2026.9.6"
NODE = "26.10.0"


def installed(package: str) -> Path:
    """Return the folder of the programs of a package."""
    return Path(os.environ["TUTTI_REAL_CLIS"]) / package / "node_modules" / ".bin"


def configured(url: str) -> dict[str, Any]:
    """Return a user's own configuration, with a provider and a model."""
    model = {
        "id": "scripted",
        "name": "Scripted",
        "reasoning": False,
        "input": ["text"],
        "contextWindow": 128000,
        "maxTokens": 8192,
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    }
    provider = {
        "baseUrl": f"{url}/v1",
        "apiKey": "sk-not-a-key",
        "api": "openai-completions",
        "models": [model],
    }
    return {
        "models": {"mode": "merge", "providers": {"scripted": provider}},
        "agents": {"defaults": {"model": {"primary": "scripted/scripted"}}},
        "telemetry": {"enabled": False},
    }


class OpenClawStage(Stage):
    """A workspace whose agents are real OpenClaw."""

    @property
    def own(self) -> Path:
        """The user's own folder of OpenClaw's."""
        return self.home / ".openclaw"

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would."""
        record = json.loads((self.root / ".tutti" / "state" / f"{agent}.json").read_text())
        socket = self.env["TUTTI_TMUX_SOCKET"]
        self.run("tmux", "-L", socket, "send-keys", "-t", record["pane"], *keys).well()

    def claws(self, mode: str, *names: str, prompt: str = "", policy: str = "") -> OpenClawStage:
        """Write a team of agents."""
        first = f'prompt = """\n{prompt}"""\n' if prompt else ""
        agents = [f'[[agent]]\nname = "{name}"\n{first}' for name in names]
        head = '[workspace]\nname = "real"\n[defaults]\nruntime = "openclaw"\n'
        bound = f'policy = "{policy}"\n' if policy else ""
        launch = f'[launch]\nmode = "{mode}"\n{bound}ready_secs = 120\n'
        self.team("\n".join([head, launch, *agents]))
        return self


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[OpenClawStage]:
    """Give a workspace, and a home in which OpenClaw has been set up."""
    home, root = tmp_path / "home", tmp_path / "project"
    (home / ".openclaw").mkdir(parents=True)
    (home / ".openclaw" / "openclaw.json").write_text(json.dumps(configured(model.url)))
    env = environment(home, short_folder)
    programs = [installed(f"openclaw-{VERSION}"), installed(f"node-{NODE}")]
    env["PATH"] = os.pathsep.join([*map(str, programs), env["PATH"]])
    made = OpenClawStage(root, home, env)
    made.repository()
    yield made
    made.close()

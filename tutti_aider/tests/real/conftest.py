"""A stage with real Aider in it, and a scripted model behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

VERSION = "0.86.2"
# What Aider is not told about a model it looks up in the network.
MODEL = {
    "max_input_tokens": 128_000,
    "max_output_tokens": 8192,
    "input_cost_per_token": 0.000001,
    "output_cost_per_token": 0.000002,
    "litellm_provider": "openai",
    "mode": "chat",
}


def installed(version: str) -> Path:
    """Return the folder of the program of one version."""
    return Path(os.environ["TUTTI_REAL_CLIS"]) / f"aider-{version}" / "bin"


class AiderStage(Stage):
    """A workspace whose agents are real Aider."""

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would."""
        record = json.loads((self.root / ".tutti" / "state" / f"{agent}.json").read_text())
        socket = self.env["TUTTI_TMUX_SOCKET"]
        self.run("tmux", "-L", socket, "send-keys", "-t", record["pane"], *keys).well()

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
    (home / ".gitconfig").write_text("[user]\nname = Tester\nemail = tester@tutti.invalid\n")
    known = json.dumps({"openai/scripted": MODEL})
    (home / ".aider.model.metadata.json").write_text(known)
    env = environment(
        home,
        short_folder,
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        AIDER_MODEL="openai/scripted",
        OPENAI_API_BASE=f"{model.url}/v1",
        OPENAI_API_KEY="sk-not-a-key",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    )
    env["PATH"] = f"{installed(VERSION)}{os.pathsep}{env['PATH']}"
    made = AiderStage(root, home, env)
    made.repository()
    yield made
    made.close()

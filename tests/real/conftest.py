"""A stage for one team of several real agent CLIs, and a scripted model behind all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutti_testing import Stage
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

KEY = "sk-ant-api03-not-a-key-00000000000000000000"
# Agent, runtime, command, where it is installed: the newest of each.
TEAM = (
    ("claude", "claude-code", "claude", "claude-2.1.330/node_modules/.bin"),
    ("codex", "codex", "codex", "codex-0.169.0/node_modules/.bin"),
    ("aider", "aider", "aider", "aider-0.86.2/bin"),
)
CODEX = """\
model = "scripted"
model_provider = "scripted"

[model_providers.scripted]
name = "Scripted"
base_url = "{url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false

[projects."{root}"]
trust_level = "trusted"
"""


class MixedStage(Stage):
    """A workspace with one agent of each runtime."""

    gate: Path

    def open_gate(self) -> None:
        """Let every CLI that waits, and every later one, start."""
        self.gate.touch()

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would."""
        record = json.loads((self.root / ".tutti" / "state" / f"{agent}.json").read_text())
        socket = self.env["TUTTI_TMUX_SOCKET"]
        self.run("tmux", "-L", socket, "send-keys", "-t", record["pane"], *keys).well()

    def everybody(self, mode: str) -> MixedStage:
        """Write the team."""
        agents = [f'[[agent]]\nname = "{name}"\nruntime = "{run}"\n' for name, run, _, _ in TEAM]
        head = f'[workspace]\nname = "mixed"\n[launch]\nmode = "{mode}"\nready_secs = 100\n'
        self.team("\n".join([head, *agents]))
        return self


def gated(folder: Path, gate: Path) -> Path:
    """Make a folder of commands that wait for a file before they are the real ones.

    So "starting" lasts until a test has seen it.
    """
    folder.mkdir()
    for _, _, command, place in TEAM:
        real = Path(os.environ["TUTTI_REAL_CLIS"]) / place / command
        wait = f'while [ ! -e "{gate}" ]; do sleep 0.1; done'
        script = folder / command
        script.write_text(
            f'#!/bin/sh\ncase "$1" in --version) ;; *) {wait} ;; esac\nexec {real} "$@"\n'
        )
        script.chmod(0o755)
    return folder


def furnish(home: Path, root: Path, url: str) -> None:
    """Give each CLI what it would ask for at its first start."""
    trees = [root, root / ".tutti" / "worktrees" / "claude"]
    trusted = {str(one): {"hasTrustDialogAccepted": True, "allowedTools": []} for one in trees}
    claude = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "fullscreenUpsellSeenCount": 99,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": trusted,
    }
    (home / ".claude.json").write_text(json.dumps(claude))
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(CODEX.format(url=url, root=root))
    model = {"max_input_tokens": 128_000, "litellm_provider": "openai", "mode": "chat"}
    (home / ".aider.model.metadata.json").write_text(json.dumps({"openai/scripted": model}))
    (home / ".gitconfig").write_text("[user]\nname = Tester\nemail = tester@tutti.invalid\n")


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[MixedStage]:
    """Give a workspace in which no CLI asks anything before its first prompt."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    furnish(home, root, model.url)
    env = environment(
        home,
        short_folder,
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        AIDER_MODEL="openai/scripted",
        OPENAI_API_BASE=f"{model.url}/v1",
        OPENAI_API_KEY="sk-not-a-key",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    )
    gate = tmp_path / "gate"
    env["PATH"] = f"{gated(tmp_path / 'bin', gate)}{os.pathsep}{env['PATH']}"
    made = MixedStage(root, home, env)
    made.gate = gate
    made.repository()
    yield made
    made.close()

"""A stage with real Claude Code in it, and a scripted model behind it."""

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

KEY = "sk-ant-api03-not-a-key-00000000000000000000"
VERSIONS = {"newest": "2.1.330", "recent": "2.1.197", "old": "1.0.128"}


def installed(version: str) -> Path:
    """Return the folder of the program of one version."""
    cache = Path(os.environ["TUTTI_REAL_CLIS"])
    return cache / f"claude-{version}" / "node_modules" / ".bin"


def wrapped(folder: Path, version: str, gate: Path) -> Path:
    """Make a folder with a `claude` that waits for a file before it is the real one.

    So "starting" lasts until a test has seen it.
    """
    folder.mkdir(parents=True)
    script = folder / "claude"
    real = installed(version) / "claude"
    wait = f'while [ ! -e "{gate}" ]; do sleep 0.1; done'
    script.write_text(
        f'#!/bin/sh\ncase "$1" in --version) ;; *) {wait} ;; esac\nexec {real} "$@"\n'
    )
    script.chmod(0o755)
    return folder


class ClaudeStage(Stage):
    """A workspace whose agents are real Claude Code, one version each."""

    bins: dict[str, Path]
    gate: Path

    def open_gate(self) -> None:
        """Let every Claude Code that waits, and every later one, start."""
        self.gate.touch()

    def record(self, agent: str) -> dict[str, Any]:
        """Return what was recorded of an agent's launch."""
        path = self.root / ".tutti" / "state" / f"{agent}.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would."""
        socket, pane = self.env["TUTTI_TMUX_SOCKET"], self.record(agent)["pane"]
        self.run("tmux", "-L", socket, "send-keys", "-t", pane, *keys).well()

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
    seed = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "fullscreenUpsellSeenCount": 99,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {
            str(tree): {"hasTrustDialogAccepted": True, "allowedTools": []} for tree in trees
        },
    }
    (home / ".claude.json").write_text(json.dumps(seed))
    env = environment(
        home,
        short_folder,
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        CLAUDE_CODE_MAX_RETRIES="1",
        DISABLE_AUTOUPDATER="1",
        DISABLE_TELEMETRY="1",
        DISABLE_ERROR_REPORTING="1",
    )
    made = ClaudeStage(root, home, env)
    made.gate = tmp_path / "gate"
    made.bins = {
        name: wrapped(tmp_path / "bin" / name, version, made.gate)
        for name, version in VERSIONS.items()
    }
    made.repository()
    yield made
    made.close()

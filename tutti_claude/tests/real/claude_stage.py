"""A stage with real Claude Code in it, and a scripted model behind it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tutti_testing import Stage
from tutti_testing.stage import environment

KEY = "sk-ant-api03-not-a-key-00000000000000000000"
VERSIONS = {"newest": "2.1.330", "recent": "2.1.197", "old": "1.0.128"}


def installed(version: str) -> Path:
    """Return the folder of the program of one version."""
    cache = Path(os.environ["TUTTI_REAL_CLIS"])
    return cache / f"claude-{version}" / "node_modules" / ".bin"


def wrapped(folder: Path, version: str, delay: float = 0.0) -> Path:
    """Make a folder with a `claude` that waits a moment before it is the real one.

    The wait makes "starting" long enough to be seen.
    """
    folder.mkdir(parents=True)
    script = folder / "claude"
    real = installed(version) / "claude"
    script.write_text(
        f'#!/bin/sh\ncase "$1" in --version) ;; *) sleep {delay} ;; esac\nexec {real} "$@"\n'
    )
    script.chmod(0o755)
    return folder


def stage_of(folder: Path, sockets: Path, url: str, agents: tuple[str, ...]) -> Stage:
    """Make a workspace whose Claude Code asks nothing before its first prompt.

    Args:
        folder: An empty folder.
        sockets: A folder with a short path.
        url: The scripted model server.
        agents: The agents whose worktrees are trusted in advance.
    """
    home, root = folder / "home", folder / "project"
    home.mkdir()
    trees = [root, *(root / ".tutti" / "worktrees" / name for name in agents)]
    seed = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(tree): {"hasTrustDialogAccepted": True} for tree in trees},
    }
    (home / ".claude.json").write_text(json.dumps(seed))
    env = environment(
        home,
        sockets,
        ANTHROPIC_BASE_URL=url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        CLAUDE_CODE_MAX_RETRIES="1",
        DISABLE_AUTOUPDATER="1",
        DISABLE_TELEMETRY="1",
        DISABLE_ERROR_REPORTING="1",
    )
    return Stage(root, home, env).repository()


def press(stage: Stage, agent: str, *keys: str) -> None:
    """Press keys in an agent's pane, as a person would."""
    record = json.loads((stage.root / ".tutti" / "state" / f"{agent}.json").read_text())
    socket = stage.env["TUTTI_TMUX_SOCKET"]
    stage.run("tmux", "-L", socket, "send-keys", "-t", record["pane"], *keys).well()

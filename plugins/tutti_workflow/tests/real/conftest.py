"""A stage on which a workflow meets real agent CLIs, and a scripted model behind them."""

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
# Where the newest of each is installed.
CLIS = ("claude-2.1.330/node_modules/.bin", "codex-0.169.0/node_modules/.bin")
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


def furnish(home: Path, root: Path, url: str) -> None:
    """Give each CLI what it would ask for at its first start."""
    trees = [root, root / ".tutti" / "worktrees" / "maker"]
    trusted = {str(one): {"hasTrustDialogAccepted": True, "allowedTools": []} for one in trees}
    claude = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "fullscreenUpsellSeenCount": 99,
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": trusted,
    }
    (home / ".claude.json").write_text(json.dumps(claude))
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(CODEX.format(url=url, root=root))


@pytest.fixture
def stage(tmp_path: Path, short_folder: Path, model: ModelServer) -> Iterator[Stage]:
    """Give a workspace in which no CLI asks anything before its first prompt."""
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    furnish(home, root, model.url)
    env = environment(
        home,
        short_folder,
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        OPENAI_API_KEY="sk-not-a-key",
    )
    clis = [str(Path(os.environ["TUTTI_REAL_CLIS"]) / one) for one in CLIS]
    env["PATH"] = os.pathsep.join([*clis, env["PATH"]])
    made = Stage(root, home, env)
    made.repository()
    yield made
    made.close()

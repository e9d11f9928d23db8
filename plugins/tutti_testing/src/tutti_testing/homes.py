"""Homes in which real agent CLIs start without asking, and meet a scripted model."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

ANTHROPIC_KEY = "sk-ant-api03-not-a-key-00000000000000000000"
OPENAI_KEY = "sk-not-a-key"
# What Aider is not told about a model it looks up in the network.
AIDER_MODEL = {
    "max_input_tokens": 128_000,
    "max_output_tokens": 8192,
    "input_cost_per_token": 0.000001,
    "output_cost_per_token": 0.000002,
    "litellm_provider": "openai",
    "mode": "chat",
}
CODEX_SETTINGS = """\
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
"""
CODEX_TRUST = '\n[projects."{folder}"]\ntrust_level = "trusted"\n'


def claude_home(home: Path, url: str, trusted: Collection[Path], **more: Any) -> dict[str, str]:
    """Furnish a home for Claude Code.

    Args:
        home: The home folder.
        url: The model server.
        trusted: Folders that it is not to ask about.
        more: Further keys of its own file.

    Returns:
        The variables it needs.
    """
    trusts = {"hasTrustDialogAccepted": True, "allowedTools": []}
    settings = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "fullscreenUpsellSeenCount": 99,
        "customApiKeyResponses": {"approved": [ANTHROPIC_KEY[-20:]], "rejected": []},
        "projects": {str(folder): trusts for folder in trusted},
        **more,
    }
    (home / ".claude.json").write_text(json.dumps(settings), encoding="utf-8")
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }


def codex_home(home: Path, url: str, trusted: Collection[Path]) -> dict[str, str]:
    """Furnish a home for Codex.

    Args:
        home: The home folder.
        url: The model server.
        trusted: Folders that it is not to ask about.

    Returns:
        The variables it needs.
    """
    trusts = [CODEX_TRUST.format(folder=folder) for folder in trusted]
    file = home / ".codex" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CODEX_SETTINGS.format(url=url) + "".join(trusts), encoding="utf-8")
    return {"OPENAI_API_KEY": OPENAI_KEY}


def aider_home(home: Path, url: str) -> dict[str, str]:
    """Furnish a home for Aider, with a name to commit by.

    Args:
        home: The home folder.
        url: The model server.

    Returns:
        The variables it needs.
    """
    name = "[user]\nname = Tester\nemail = tester@tutti.invalid\n"
    (home / ".gitconfig").write_text(name, encoding="utf-8")
    known = json.dumps({"openai/scripted": AIDER_MODEL})
    (home / ".aider.model.metadata.json").write_text(known, encoding="utf-8")
    return {
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "AIDER_MODEL": "openai/scripted",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": OPENAI_KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def installed(place: str) -> Path:
    """Return the folder of commands of a CLI that `scripts/real` has installed.

    Args:
        place: Where it is among those, such as ``codex-0.169.0/node_modules/.bin``.
    """
    return Path(os.environ["TUTTI_REAL_CLIS"]) / place


def gated(folder: Path, commands: Mapping[str, Path], gate: Path) -> Path:
    """Make a folder of commands that wait for a file before they are the real ones.

    So "starting" lasts until a test has seen it. What they say of their version they say at once.

    Args:
        folder: The folder to make.
        commands: The real programs, by the names they get.
        gate: The file.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True)
    wait = f'while [ ! -e "{gate}" ]; do sleep 0.1; done'
    for name, real in commands.items():
        script = folder / name
        script.write_text(
            f'#!/bin/sh\ncase "$1" in --version) ;; *) {wait} ;; esac\nexec {real} "$@"\n'
        )
        script.chmod(0o755)
    return folder

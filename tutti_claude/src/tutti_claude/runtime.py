"""How Claude Code is started: the exact command line for each mode and policy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import attrs

from tutti_core import Capabilities, Launch, LaunchRequest

from .policy import settings

DONT_ASK_SINCE = (2, 0, 77)
ASKS = (
    "this version of Claude Code cannot refuse without asking: what the policy does not list, "
    "it will ask for"
)


CAN = Capabilities(
    prompt="argument",
    resume="chosen",
    constrain="hard",
    bypass=True,
    memory=True,
    commands=r"\s*[/!]|\s*(?:exit|quit|:q!?|:wq!?)\s*$",
    disarm="Prompt: ",
)


@attrs.frozen
class ClaudeCode:
    """Anthropic's Claude Code, 1.0 and newer.

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command.
        capabilities: What it can do.
    """

    name: str = "claude-code"
    title: str = "Claude Code"
    program: str = "claude"
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it in a mode that is always said explicitly: its own default changes by version."""
        held = _settings_file(request)
        argv = [*request.command, "--permission-mode", _mode(request)]
        argv += ["--settings", str(next(iter(held)))] if held else []
        argv += ["--resume" if request.resume else "--session-id", str(request.conversation)]
        argv += ["--append-system-prompt", request.memory] if request.memory else []
        argv += ["--", request.prompt] if request.prompt else []
        home = config_home(request.env)
        return Launch(
            argv=tuple(argv),
            files=held,
            unset=("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"),
            conversation=request.conversation,
            live_status=str(home / "sessions" / "{pid}.json"),
            transcript=str(transcript_path(home, request.cwd, str(request.conversation))),
            enforcement="hard" if held else "bypass" if request.bypassed else "prompt",
            warnings=(ASKS,) if held and not refuses(request.version) else (),
        )

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_claude") / "rules.toml").read_text(encoding="utf-8")


def refuses(version: str | None) -> bool:
    """Return whether a version can refuse what is not allowed without asking.

    Args:
        version: Such as ``2.1.197``; None is taken for a new one.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", version or "")[:3])
    return not numbers or numbers >= DONT_ASK_SINCE


def config_home(env: Mapping[str, str]) -> Path:
    """Return Claude Code's own folder, for the environment an agent gets.

    Args:
        env: What the launch adds to this process's environment.
    """
    merged = {**os.environ, **env}
    chosen = merged.get("CLAUDE_CONFIG_DIR")
    return Path(chosen) if chosen else Path(merged.get("HOME", "~")).expanduser() / ".claude"


def transcript_path(home: Path, cwd: Path, conversation: str) -> Path:
    """Return where the transcript of a conversation lies.

    Args:
        home: Claude Code's own folder.
        cwd: The folder it was started in.
        conversation: The conversation's id.
    """
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(cwd))
    return home / "projects" / slug / f"{conversation}.jsonl"


def _mode(request: LaunchRequest) -> str:
    if request.bypassed:
        return "bypassPermissions"
    return "dontAsk" if request.constrained and refuses(request.version) else "default"


def _settings_file(request: LaunchRequest) -> Mapping[Path, str]:
    if not request.constrained:
        return {}
    path = request.files / "claude-settings.json"
    return {path: json.dumps(settings(request.rules or ()), indent=2) + "\n"}

"""How Claude Code is started: the exact command line for each mode and policy."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Literal

import attrs

from tutti_core import Capabilities, Kept, Launch, LaunchRequest, Past

from .hooks import hooks
from .policy import settings
from .transcripts import config_home, is_spoken, transcript_path, transcripts
from .versions import is_since

SETTINGS = "claude-settings.json"
DONT_ASK_SINCE = (2, 0, 77)
KEEPS_SINCE = (2,)
ASKS = (
    "this version of Claude Code cannot refuse without asking: what the policy does not list, "
    "it will ask for"
)
FORGETS = (
    "this version of Claude Code goes on in another file: taken up more than once, a conversation "
    "begins for it where it was taken up last"
)

CAN = Capabilities(
    prompt="argument",
    resume="chosen",
    constrain="hard",
    bypass=True,
    memory=True,
    commands=r"\s*[/!]|\s*(?:exit|quit|:q!?|:wq!?)\s*$",
    disarm="Prompt: ",
    interrupt=("Escape",),
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
        settings_file = request.files / SETTINGS
        argv = [*request.command, "--permission-mode", _mode(request)]
        argv += ["--settings", str(settings_file)]
        argv += ["--resume" if request.resume else "--session-id", str(request.conversation)]
        argv += ["--append-system-prompt", request.memory] if request.memory else []
        argv += ["--", request.prompt] if request.prompt else []
        home = config_home(request.env)
        transcript = str(transcript_path(home, request.cwd, str(request.conversation)))
        return Launch(
            argv=tuple(argv),
            files={settings_file: _settings(request)},
            unset=("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"),
            conversation=request.conversation,
            live_status=str(home / "sessions" / "{pid}.json"),
            transcript=transcript,
            enforcement=_enforcement(request),
            warnings=_warnings(request),
            feeds={"hooks": str(request.spool), "transcript": transcript},
        )

    def recall(self, past: Past) -> Kept:
        """Return the conversation that was spoken in last, of those that can be the agent's."""
        home = config_home(past.env)
        spoken = (one for one, path in transcripts(home, past) if is_spoken(path))
        found = next(spoken, None)
        return Kept(found) if found else Kept(why=f"{home / 'projects'} keeps none of it")

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_claude") / "rules.toml").read_text(encoding="utf-8")


def refuses(version: str | None) -> bool:
    """Return whether a version can refuse what is not allowed without asking.

    Args:
        version: Such as ``2.1.197``; None is taken for a new one.
    """
    return is_since(DONT_ASK_SINCE, version)


def _warnings(request: LaunchRequest) -> tuple[str, ...]:
    asks = request.constrained and not refuses(request.version)
    forgets = request.resume and not is_since(KEEPS_SINCE, request.version)
    return tuple(text for text, is_so in ((ASKS, asks), (FORGETS, forgets)) if is_so)


def _mode(request: LaunchRequest) -> str:
    if request.bypassed:
        return "bypassPermissions"
    return "dontAsk" if request.constrained and refuses(request.version) else "default"


def _enforcement(request: LaunchRequest) -> Literal["hard", "bypass", "prompt"]:
    if request.constrained:
        return "hard"
    return "bypass" if request.bypassed else "prompt"


def _settings(request: LaunchRequest) -> str:
    held = settings(request.rules or ()) if request.constrained else {}
    return json.dumps({**held, "hooks": hooks(request.spool, request.version)}, indent=2) + "\n"

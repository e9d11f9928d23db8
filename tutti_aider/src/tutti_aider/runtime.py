"""How Aider is started: the exact command line for each mode and policy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal

import attrs

from tutti_core import Capabilities, Kept, Launch, LaunchRequest, Past

from .histories import answer, history, is_spoken

UNHELD = (
    "Aider cannot be held to a list of commands: it runs none of its own accord, and it edits and "
    "commits files without asking, whatever the policy lists"
)

# What its screen is read by: lines between turns, and prompts that Enter sends.
DRAWN = ("--pretty", "--fancy-input", "--no-multiline")
# Each of these would ask somebody who is not there, look for updates, or change a file of theirs.
QUIET = (
    "--no-check-update",
    "--no-show-release-notes",
    "--no-show-model-warnings",
    "--no-analytics",
    "--no-gitignore",
    "--disable-playwright",
)
# Its commands would be run by nobody's leave, and links in a prompt fetched.
CONSTRAINED = ("--yes-always", "--no-suggest-shell-commands", "--no-detect-urls")
# What makes it plain, makes it agree to everything, or makes it leave after one answer.
UNSET = ("NO_COLOR", "AIDER_YES_ALWAYS", "AIDER_MESSAGE", "AIDER_MESSAGE_FILE")

CAN = Capabilities(
    prompt="paste",
    resume="chosen",
    constrain="none",
    bypass=True,
    memory=True,
    # A brace and a name alone begin a prompt that only the same name and a brace would end.
    commands=r"[/!]|\{[^\W_]*[\r\n]*\Z",
    disarm=" ",
    interrupt=("C-c",),
)


@attrs.frozen
class Aider:
    """Aider, which edits by what its model says and commits by itself.

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command.
        capabilities: What it can do.
    """

    name: str = "aider"
    title: str = "Aider"
    program: str = "aider"
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it without a prompt: given one on its command line it would leave after it."""
        said = history(request.files, str(request.conversation))
        memory = request.files / "aider.memory.md"
        argv = [*request.command, *DRAWN, *QUIET, *_mode(request)]
        argv += ["--chat-history-file", str(said)]
        # Always said: a setting of the user's would have a new conversation look for an old one.
        argv += ["--restore-chat-history" if request.resume else "--no-restore-chat-history"]
        argv += ["--input-history-file", str(request.files / "aider.input.history")]
        argv += ["--read", str(memory)] if request.memory else []
        return Launch(
            argv=tuple(argv),
            env={**_name(request.env), **_browser(request)},
            unset=UNSET,
            files={memory: f"{request.memory}\n"} if request.memory else {},
            paste=request.prompt,
            conversation=request.conversation,
            transcript=str(said),
            enforcement=_enforcement(request),
            warnings=(UNHELD,) if request.constrained else (),
            leaves=(".aider.tags.cache.v*/",),
        )

    def recall(self, past: Past) -> Kept:
        """Return the conversation it was started with, if anything was said in it."""
        known = past.conversation
        spoken = known is not None and is_spoken(past.files, known)
        return Kept(known) if spoken else Kept(why=f"{past.files} keeps none of it")

    def quote(self, transcript: Path, prompt: str, since: float) -> str:
        """Return what it said to the last prompt, from the history of the conversation."""
        return answer(transcript, prompt, since)

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_aider") / "rules.toml").read_text(encoding="utf-8")


def _browser(request: LaunchRequest) -> dict[str, str]:
    """Return a browser that opens nothing: who agrees to everything agrees to opening pages."""
    return {} if request.mode == "safe" else {"BROWSER": "true"}


def _name(env: Mapping[str, str]) -> dict[str, str]:
    """Return the author as settings of git's, for where it has none.

    Aider asks git's settings alone, and writes a name of its own into the repository's.
    """
    name, email = env.get("GIT_AUTHOR_NAME"), env.get("GIT_AUTHOR_EMAIL")
    if not (name and email) or "GIT_CONFIG_COUNT" in env:
        return {}
    return {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": name,
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": email,
    }


def _mode(request: LaunchRequest) -> tuple[str, ...]:
    if request.bypassed:
        return ("--yes-always",)
    return CONSTRAINED if request.constrained else ()


def _enforcement(request: LaunchRequest) -> Literal["prompt", "bypass", "unsupported"]:
    if request.bypassed:
        return "bypass"
    return "unsupported" if request.constrained else "prompt"

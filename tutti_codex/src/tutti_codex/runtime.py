"""How Codex is started: the exact command line for each mode and policy."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal

import attrs

from tutti_core import Capabilities, Kept, Launch, LaunchRequest, Past

from .commits import writable
from .policy import plain, setting, told
from .rollouts import codex_home, conversations, transcripts

TOLD_ONLY = (
    "Codex cannot be held to a list of commands: it is told the policy and asks nobody; its "
    "sandbox lets it write in its folder and in temporary ones, and keeps it off the network"
)

# Its title then says in words what it does; nothing else tells an answer that streams from none.
TITLE = 'tui.terminal_title=["activity","status","project"]'
# It would leave a server behind that outlives it, and ask for an update where nobody answers.
QUIET = ("features.daemon_auto_start=false", "check_for_update_on_startup=false")

CAN = Capabilities(
    prompt="argument",
    resume="learned",
    constrain="none",
    bypass=True,
    memory=True,
    # It takes a blank in front for a sign that words are meant, and leaves the blank out.
    commands=r"[/!]",
    disarm=" ",
    interrupt=("Escape",),
)


@attrs.frozen
class Codex:
    """OpenAI's Codex.

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command.
        capabilities: What it can do.
    """

    name: str = "codex"
    title: str = "Codex"
    program: str = "codex"
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it with approvals and sandbox always said: the user's own settings may differ."""
        taken_up = request.conversation if request.resume else None
        argv = [*request.command, *(["resume"] if taken_up else []), *_mode(request)]
        for folder in _committing(request):
            argv += ["--add-dir", str(folder)]
        for value in (TITLE, *QUIET, *_instructions(request)):
            argv += ["-c", value]
        # Behind the two dashes only positions count, and the conversation's is the first.
        argv += ["--"] if taken_up or request.prompt else []
        argv += [word for word in (taken_up, request.prompt) if word]
        return Launch(
            argv=tuple(argv),
            unset=("CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED", "CODEX_THREAD_ID"),
            conversation=taken_up,
            enforcement=_enforcement(request),
            warnings=(TOLD_ONLY,) if request.constrained else (),
        )

    def recall(self, past: Past) -> Kept:
        """Return the conversation begun in the agent's folder that was spoken in last."""
        home = codex_home(past.env)
        found = next(conversations(home, past), None)
        alone = "" if past.alone else ", or whose it is cannot be told: the folder is not its own"
        return Kept(found) if found else Kept(why=f"{home / 'sessions'} keeps none of it{alone}")

    def learn(self, past: Past) -> Mapping[str, str]:
        """Return the rollout, which is there once the first prompt was taken."""
        _, path = next(transcripts(codex_home(past.env), past), ("", None))
        return {"rollout": str(path.absolute())} if path else {}

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_codex") / "rules.toml").read_text(encoding="utf-8")


def _mode(request: LaunchRequest) -> list[str]:
    if request.bypassed:
        return ["--dangerously-bypass-approvals-and-sandbox"]
    asks = "never" if request.constrained else "on-request"
    return ["--ask-for-approval", asks, "--sandbox", "workspace-write"]


def _instructions(request: LaunchRequest) -> list[str]:
    parts = [request.memory, told(request.rules or ()) if request.constrained else None]
    text = "\n\n".join(part for part in parts if part)
    return [setting("developer_instructions", text)] if text else []


def _committing(request: LaunchRequest) -> list[Path]:
    """Return what it may write besides its folder: nobody can be asked when it commits."""
    wanted = any(plain(rule).split()[:1] == ["git"] for rule in request.rules or ())
    return writable(request.cwd) if request.constrained and wanted else []


def _enforcement(request: LaunchRequest) -> Literal["prompt", "bypass", "unsupported"]:
    if request.bypassed:
        return "bypass"
    return "unsupported" if request.constrained else "prompt"

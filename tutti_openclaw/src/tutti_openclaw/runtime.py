"""How OpenClaw is started: the exact command line, and the settings of each mode and policy."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Literal

import attrs

from tutti_core import Capabilities, Kept, Launch, LaunchRequest, Past

from .checks import require_node
from .places import CONFIG, ROOTS, STATE, roots, state, users_config
from .policy import held, told
from .sessions import database, spoken

TOLD_ONLY = (
    "OpenClaw cannot be held to a list of commands: it is told the policy and asks nobody; its "
    "file tools are kept in its folder, its shell is not"
)
ASKS_NOBODY = (
    "OpenClaw's terminal cannot ask before a command, so in safe mode every one is refused; its "
    "file tools are kept in its folder"
)
BARE = "there is no configuration of OpenClaw's at {path}: run `openclaw onboard` first"

CAN = Capabilities(
    prompt="argument",
    resume="chosen",
    constrain="none",
    bypass=True,
    commands=r"\s*[/!]",
    disarm="Prompt: ",
    interrupt=("Escape",),
)
# One name for the agent within OpenClaw, whose folder and tools are then said to be this one's.
AGENT = "main"


@attrs.frozen
class OpenClaw:
    """OpenClaw, in one process of its own without a gateway.

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command.
        capabilities: What it can do.
    """

    name: str = "openclaw"
    title: str = "OpenClaw"
    program: str = "openclaw"
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it on a configuration and a state folder of its own, which includes the user's."""
        require_node(request.command, request.env)
        config, own = users_config(request.env), state(request)
        written = request.files / "openclaw.json"
        argv = [*request.command, "chat", f"--session=agent:{AGENT}:{request.conversation}"]
        argv += ["--history-limit=200"] if request.resume else []
        argv += [f"--message={text}"] if (text := _first(request)) else []
        return Launch(
            argv=tuple(argv),
            env={
                CONFIG: str(written),
                STATE: str(own),
                ROOTS: roots(request.env, config),
                "OPENCLAW_DISABLE_BONJOUR": "1",
                "OPENCLAW_NO_AUTO_UPDATE": "1",
            },
            unset=("OPENCLAW_WORKSPACE_DIR", "OPENCLAW_AGENT_DIR", "OPENCLAW_SHELL"),
            files={written: json.dumps(_settings(request), indent=2) + "\n"},
            conversation=request.conversation,
            transcript=str(database(own, AGENT)),
            enforcement=_enforcement(request),
            warnings=_warnings(request),
        )

    def recall(self, past: Past) -> Kept:
        """Return the session spoken in last, where folder and state are the agent's alone."""
        path = database(state(past), AGENT)
        try:
            found = list(spoken(path, AGENT))
        except OSError as error:
            return Kept(why=str(error))
        if past.env.get(STATE) or not past.alone:
            found = [one for one in found if one == past.conversation]
        return Kept(found[0]) if found else Kept(why=f"{path.parent} keeps none of it")

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_openclaw") / "rules.toml").read_text(encoding="utf-8")


def _first(request: LaunchRequest) -> str | None:
    """Return the first message; the policy goes with it, for want of another way."""
    begins = bool(request.prompt) or not request.resume
    policy = told(request.rules or ()) if request.constrained and begins else None
    return "\n\n".join(part for part in (request.prompt, policy) if part) or None


def _settings(request: LaunchRequest) -> dict[str, Any]:
    """Return the configuration: the user's, and over it what this one agent is to have."""
    config, cwd = users_config(request.env), str(request.cwd)
    here = {"workspace": cwd, **({"tools": tools} if (tools := _tools(request)) else {})}
    return {
        **({"$include": str(config)} if config.is_file() else {}),
        "agents": {
            "defaults": {"workspace": cwd, "skipBootstrap": True},
            "entries": {AGENT: here},
        },
        "discovery": {"mdns": {"mode": "off"}},
        "logging": {"file": str(state(request) / "openclaw.log")},
        "update": {"checkOnStart": False},
    }


def _tools(request: LaunchRequest) -> dict[str, Any]:
    if request.bypassed:
        return {"exec": {"mode": "full"}}
    if request.constrained:
        return held(request.rules or ())
    return {"exec": {"mode": "ask"}, "fs": {"workspaceOnly": True}}


def _enforcement(request: LaunchRequest) -> Literal["prompt", "bypass", "unsupported"]:
    if request.bypassed:
        return "bypass"
    return "unsupported" if request.constrained else "prompt"


def _warnings(request: LaunchRequest) -> tuple[str, ...]:
    config = users_config(request.env)
    bare = () if config.is_file() else (BARE.format(path=config),)
    if request.bypassed:
        return bare
    return (*bare, TOLD_ONLY if request.constrained else ASKS_NOBODY)

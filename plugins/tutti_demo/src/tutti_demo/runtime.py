"""The scripted agent as a runtime: what tests and the demonstration start instead of a model."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import attrs

from tutti_core import Capabilities, Kept, Launch, LaunchRequest, Past, newest_first

AGENT = ("-I", "-m", "tutti_demo.agent")
"""Isolated, so that a folder of the project's cannot shadow a module of ours."""

CAN = Capabilities(
    prompt="argument",
    resume="chosen",
    constrain="hard",
    bypass=True,
    memory=True,
    commands=r"[/!]",
    interrupt=("Escape",),
    version=(*AGENT, "--version"),
)


@attrs.frozen
class Demo:
    """The scripted agent.

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: This Python, which carries the agent.
        capabilities: Those of the most able real CLIs.
    """

    name: str = "demo"
    title: str = "Tutti Demo"
    program: str = sys.executable
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start the agent in the mode asked for."""
        flag = "--resume" if request.resume else "--session-id"
        policy, settings = _policy(request)
        argv = [*_command(request), flag, str(request.conversation), *policy]
        argv += ["--name", request.agent.name]
        argv += ["--append-system", request.memory] if request.memory else []
        argv += ["--", request.prompt] if request.prompt else []
        home = _home(request.env)
        return Launch(
            argv=tuple(argv),
            files=settings,
            conversation=request.conversation,
            live_status=str(home / "sessions" / "{pid}.json"),
            enforcement="hard" if settings else "bypass" if request.bypassed else "prompt",
        )

    def recall(self, past: Past) -> Kept:
        """Return the conversation of the folder that was spoken in last."""
        slug = re.sub(r"[^A-Za-z0-9]", "-", str(past.cwd))
        folder = _home(past.env) / "projects" / slug[-200:]
        try:
            files = {path.stem: path for path in folder.glob("*.jsonl") if _is_spoken(path)}
        except OSError as error:
            return Kept(why=f"{folder} cannot be looked into: {error.strerror}")
        found = newest_first(files, past)
        return Kept(found[0]) if found else Kept(why=f"{folder} keeps none of it")

    def rules(self) -> str:
        """Return the rule file."""
        return (files("tutti_demo") / "rules.toml").read_text(encoding="utf-8")


def _command(request: LaunchRequest) -> tuple[str, ...]:
    own = request.command == (sys.executable,)
    return (*request.command, *AGENT) if own else request.command


def _policy(request: LaunchRequest) -> tuple[list[str], Mapping[Path, str]]:
    if request.bypassed:
        return ["--mode", "bypass"], {}
    if not request.constrained:
        return ["--mode", "default"], {}
    path = request.files / "demo-settings.json"
    settings = {"permissions": {"allow": [_rendered(rule) for rule in request.rules or ()]}}
    return ["--mode", "dontask", "--settings", str(path)], {path: json.dumps(settings, indent=2)}


def _rendered(rule: str) -> str:
    # The agent reads rules as Claude Code does: the first words of a command are not one of them.
    rule = " ".join(rule.split())
    own = re.fullmatch(r"[A-Z]\w*(\(.*\))?", rule) or rule.startswith("mcp__")
    return rule if own else f"Bash({rule.removesuffix('*').rstrip()}:*)"


def _is_spoken(path: Path) -> bool:
    # A folder in its place is for the agent to complain of, as of anything it cannot read.
    return not path.is_file() or b'"type": "user"' in path.read_bytes()


def _home(env: Mapping[str, str]) -> Path:
    chosen = env.get("TUTTI_DEMO_HOME") or os.environ.get("TUTTI_DEMO_HOME")
    home = env.get("HOME") or os.environ.get("HOME") or os.path.expanduser("~")
    return Path(chosen) if chosen else Path(home) / ".tutti-demo"

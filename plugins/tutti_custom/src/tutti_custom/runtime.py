"""A declaration at work: the exact command line of each start, and the rules to read it by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import attrs

from tutti_core import Capabilities, Launch, LaunchRequest

from .declaration import Declaration
from .rules import text_of
from .screens import rules_for
from .words import fill, places, split

OPTION = "option:"
Enforcement = Literal["prompt", "hard", "bypass", "unsupported"]


@attrs.frozen
class Declared:
    """A runtime that a file declares.

    Attributes:
        said: What the file says.
        file: Absolute path of the file.
    """

    said: Declaration
    file: Path

    @property
    def name(self) -> str:
        """The name used in `tutti.toml`."""
        return self.said.name

    @property
    def title(self) -> str:
        """The name people know it by."""
        return self.said.title or self.said.name

    @property
    def words(self) -> tuple[str, ...]:
        """The program, found from the file's folder if it has a slash, and its first words."""
        program, *rest = split(self.said.command)
        found = os.path.expanduser(program)
        return (str(self.file.parent / found) if "/" in found else found, *rest)

    @property
    def program(self) -> str:
        """Its command, looked up on PATH."""
        return self.words[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Absolute paths of the files its rules come from."""
        return (str(self.file.parent / self.said.rules_file),) if self.said.rules_file else ()

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, as far as the declaration says how."""
        said = self.said
        return Capabilities(
            prompt="paste" if said.prompt == "paste" else "argument",
            resume="chosen" if said.session and said.resume else "none",
            constrain="hard" if said.args_constrained else "none",
            bypass=bool(said.args_bypass),
            memory=bool(said.memory),
            commands=said.commands,
            disarm=said.disarm,
            providers=said.providers,
            version=split(said.version),
            interrupt=split(said.interrupt),
            longest_paste=said.longest_paste,
        )

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it with the declared words; each placeholder is filled inside its own word."""
        said, enforcement = self.said, self._enforcement(request)
        policy = request.files / "policy.txt"
        known = {
            "name": request.agent.name,
            "conversation": request.conversation,
            "memory": request.memory,
            "prompt": request.prompt,
            "policy_file": str(policy),
        }
        values = {name: value for name, value in known.items() if value}
        words = [*self._mode(enforcement), *self._conversation(request)]
        words += split(said.memory) if request.memory else ()
        words += [word for word in split(said.args) if request.prompt or not _asks(word)]
        rules = "".join(f"{' '.join(rule.split())}\n" for rule in request.rules or ())
        return Launch(
            argv=(*self._command(request), *fill(words, values), *self._prompt(request)),
            env=dict(said.env),
            unset=said.unset,
            files={policy: rules} if enforcement == "hard" else {},
            paste=request.prompt if said.prompt == "paste" else None,
            conversation=request.conversation,
            live_status=_live_status(said.live_status, request.env),
            enforcement=enforcement,
            warnings=self._warnings(request),
        )

    def rules(self) -> str:
        """Return the rule file.

        Raises:
            ConfigError: If it is a file that cannot be read.
        """
        return text_of(self.said, self.file.parent)

    def _command(self, request: LaunchRequest) -> tuple[str, ...]:
        # A profile's command stands for all of ours, its leading words included.
        return self.words if request.command == (self.program,) else request.command

    def _enforcement(self, request: LaunchRequest) -> Enforcement:
        if request.constrained:
            return "hard" if self.said.args_constrained else "unsupported"
        return "bypass" if request.bypassed and self.said.args_bypass else "prompt"

    def _mode(self, enforcement: Enforcement) -> tuple[str, ...]:
        said = self.said
        own = {"hard": said.args_constrained, "bypass": said.args_bypass}
        return split(own.get(enforcement, said.args_safe))

    def _conversation(self, request: LaunchRequest) -> tuple[str, ...]:
        if not request.conversation:
            return ()
        return split(self.said.resume if request.resume else self.said.session)

    def _prompt(self, request: LaunchRequest) -> tuple[str, ...]:
        style = self.said.prompt
        if not request.prompt or style == "paste" or any(map(_asks, split(self.said.args))):
            return ()
        if style.startswith(OPTION):
            return (f"{style.removeprefix(OPTION)}={request.prompt}",)
        return ("--", request.prompt)

    def _warnings(self, request: LaunchRequest) -> tuple[str, ...]:
        said = self.said
        found = {
            "it has no rules: its state is not known, and prompts are not pasted": not said.parts
            and not said.rules_file
            and not rules_for(said.name),
            "it has no words to run without asking (`args_bypass`), and asks": request.bypassed
            and not said.args_bypass,
        }
        return tuple(f"runtime {self.name}: {text}" for text, is_so in found.items() if is_so)


def _asks(word: str) -> bool:
    return "prompt" in places(word)


def _live_status(path: str, env: Mapping[str, str]) -> str | None:
    if not path.startswith("~/"):
        return path or None
    home = env.get("HOME") or os.path.expanduser("~")
    return os.path.join(home, path[2:])

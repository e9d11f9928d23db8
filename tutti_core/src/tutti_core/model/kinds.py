"""What a plugin can give of agents: their kinds, and what reads them."""

from __future__ import annotations

# ruff: noqa: D102 -- a protocol's attributes are documented in its class docstring
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from .launch import Capabilities, Kept, Launch, LaunchRequest, Past
from .reading import Evidence, Observation


@runtime_checkable
class Runtime(Protocol):
    """One kind of agent CLI: how to start it and how to read it.

    A complete one::

        class Echo:
            name = "echo"
            title = "Echo"
            program = "echo-agent"
            capabilities = Capabilities(prompt="paste")

            def launch(self, request: LaunchRequest) -> Launch:
                return Launch(
                    argv=request.command,
                    paste=request.prompt,
                    enforcement="unsupported" if request.constrained else "prompt",
                )

            def rules(self) -> str:
                return '''
                [[screen]]
                id = "prompt"
                state = "idle"
                region = "bottom:1"
                regex = "^>$"
                '''

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command, looked up on PATH unless a profile names another.
        capabilities: What it can do.

    A runtime whose rules come from files of the user's has `sources` too, their absolute paths:
    the rules are asked for again once one of them changes.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def program(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...

    def launch(self, request: LaunchRequest) -> Launch:
        """Say exactly which process to start; called once per attempt, must not have effects."""

    def rules(self) -> str:
        """Return the rule file, TOML text, by which its title, status file and screen are read."""


@runtime_checkable
class Recalls(Protocol):
    """A runtime that can say which conversation an earlier launch left.

    A runtime that can take up conversations has this too if it can look for them; without it the
    id that was chosen at the launch is tried.
    """

    def recall(self, past: Past) -> Kept:
        """Look for the conversation in the CLI's own files; must not change anything, nor raise.

        What cannot be looked up is not kept: the user is told why, and a new one is begun.
        """


@runtime_checkable
class Learns(Protocol):
    """A runtime that finds out later which files its agent writes.

    Whoever watches asks it until it answers, and records what it says beside the feeds of the
    launch.
    """

    def learn(self, past: Past) -> Mapping[str, str]:
        """Return absolute paths by the names of feeds; must not change anything, nor raise.

        What is not known yet is left out.
        """


@runtime_checkable
class Quotes(Protocol):
    """A runtime whose agent's words stand in its transcript, but in no feed.

    It is asked where its rules do not say in which feed the answers are.
    """

    def quote(self, transcript: Path, prompt: str, since: float) -> str:
        """Return what the agent said to a prompt; must not change anything, nor raise.

        The transcript is the one of its launch; what was written before `since`, in epoch seconds,
        is about other prompts. The words are whole, or they are not given: then it is empty.
        """


@runtime_checkable
class Detector(Protocol):
    """A pure function from what was seen to what it means.

    Attributes:
        name: Its name, shown as the evidence's source.
        runtime: The runtime whose agents it reads; empty for every runtime.
    """

    @property
    def name(self) -> str: ...
    @property
    def runtime(self) -> str: ...

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Return evidence, or nothing; must not raise, look at a clock or open a file."""

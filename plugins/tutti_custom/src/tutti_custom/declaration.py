"""`[[runtime]]`: what a file says of one CLI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import Table

Words = str | tuple[str, ...]


@attrs.frozen
class Declaration:
    """`[[runtime]]`: a CLI that is to become an agent.

    Attributes:
        name: Slug, by which agents name it; none that a plugin gives.
        command: The program and the words that always stand first. A program with a slash in it is
            relative to the file.
        title: The name people know it by; its name by default.
        prompt: How it takes its first prompt: `"paste"` once it is idle, `"argument"` behind `--`,
            or `"option:--flag"` as `--flag=PROMPT`.
        args: Words of every start, behind all the others, in front of the prompt; with
            `prompt = "argument"` one of them may hold `{prompt}`.
        args_safe: Words that make it ask a person.
        args_constrained: Words that make it refuse what `{policy_file}` does not list; without
            them it cannot be held to a policy.
        args_bypass: Words that make it ask nobody; without them it always asks.
        session: Words that begin the conversation `{conversation}`, an id that tt chooses.
        resume: Words that take up the conversation `{conversation}`; only with `session`.
        memory: Words that give it the standing instructions `{memory}`; without them these stand
            before its first prompt.
        env: Variables it gets.
        unset: Variables it does not get.
        live_status: Path of the JSON file in which the CLI says what it does, with `{pid}`; begins
            with `/` or `~/`.
        commands: Regular expression for the beginning of prompts that the CLI would run by itself.
        disarm: What is put in front of such a prompt.
        interrupt: Keys that stop what it does and leave it running, such as `"Escape"`.
        longest_paste: Bytes that it takes as one prompt; a longer one is given as a file to read.
            0 for any length.
        providers: Providers whose profiles are for it, whatever their command is called.
        version: Words with which the program prints its version and ends, such as `"--version"`;
            without them it is not asked.
        rules_file: A rule file, relative to the file and below its folder.
        screen: Rules that read its screen.
        pane_title: Rules that read the title of its pane.
        composer: Where prompts are typed.
        live: How `live_status` is read.
        marks: Where parts of the conversation begin.
    """

    name: str
    command: Words
    title: str = ""
    prompt: str = "paste"
    args: Words = ()
    args_safe: Words = ()
    args_constrained: Words = ()
    args_bypass: Words = ()
    session: Words = ()
    resume: Words = ()
    memory: Words = ()
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    unset: tuple[str, ...] = ()
    live_status: str = ""
    commands: str = ""
    disarm: str = " "
    interrupt: Words = ()
    longest_paste: int = 0
    providers: tuple[str, ...] = ()
    version: Words = ()
    rules_file: str = ""
    screen: tuple[Mapping[str, Any], ...] = ()
    pane_title: tuple[Mapping[str, Any], ...] = ()
    composer: Mapping[str, Any] = attrs.field(factory=dict)
    live: Mapping[str, Any] = attrs.field(factory=dict)
    marks: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def parts(self) -> dict[str, Any]:
        """The parts of a rule file that stand in the declaration itself."""
        said = {
            "screen": [dict(rule) for rule in self.screen],
            "title": [dict(rule) for rule in self.pane_title],
            "composer": dict(self.composer),
            "live": dict(self.live),
            "marks": dict(self.marks),
        }
        return {part: value for part, value in said.items() if value}


def table() -> Table:
    """Return the declaration of `[[runtime]]` itself."""
    from .checks import problems

    return Table("runtime", Declaration, scope="both", many=True, check=problems)

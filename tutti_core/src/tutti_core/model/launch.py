"""A launch: what is asked of a runtime, and the exact process it answers with.

Variables are left out of what is printed of a value: they may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import attrs

from .arrangement import Agent, Arrangement, Mode, Policy, Profile


@attrs.frozen
class Capabilities:
    r"""What a runtime can do; a missing ability is declared here and is never an exception.

    Attributes:
        prompt: `argument` if the first prompt goes on the command line, `paste` if it must wait
            until the composer is ready.
        resume: `chosen` if tutti chooses the conversation's id, `learned` if the runtime does and
            it can be found out later, `none` if a conversation cannot be taken up again.
        constrain: How a policy is held: `hard` by the runtime itself, `shim` by best effort,
            `none` not at all.
        bypass: Whether it can run without asking anything.
        memory: Whether standing instructions have a flag of their own; else they are put before
            the first prompt.
        commands: Regular expression for the beginning of prompts that the CLI takes for commands
            of its own, such as ``\s*[/!]``; empty if it has none.
        disarm: What is put in front of such a prompt, so that it is read as words.
        providers: Providers whose profiles are for it whatever their command is called, such as
            `anthropic`.
        interrupt: Keys that stop what it does and leave it running, such as `Escape`; empty if
            nothing does.
        longest_paste: Bytes that may be pasted as one prompt; a longer one is given as a file to
            read. 0 for any length.
        version: Arguments with which the program prints its version and ends; empty if it cannot be
            asked, because whatever it is called with it begins to work.
    """

    prompt: Literal["argument", "paste"] = "paste"
    resume: Literal["chosen", "learned", "none"] = "none"
    constrain: Literal["hard", "shim", "none"] = "none"
    bypass: bool = False
    memory: bool = False
    commands: str = ""
    disarm: str = " "
    providers: tuple[str, ...] = ()
    interrupt: tuple[str, ...] = ()
    longest_paste: int = 0
    version: tuple[str, ...] = ("--version",)


@attrs.frozen
class TreePlan:
    """How the worktree of an agent is made, if it is not there yet.

    Attributes:
        branch: Its branch; None for what the arrangement says.
        base: Branch, tag or commit that a new branch starts from; None for the workspace's own.
        folders: The folders to check out; none for the whole repository.
    """

    branch: str | None = None
    base: str | None = None
    folders: tuple[str, ...] = ()


@attrs.frozen
class LaunchRequest:
    """What tutti wants started.

    Attributes:
        agent: The agent as the arrangement has it.
        arrangement: The team it belongs to.
        cwd: Absolute path of the folder the agent works in.
        command: Program and leading arguments, from the profile or the runtime's default.
        mode: How much it may do without asking.
        policy: Whether a policy binds it.
        rules: The policy's allow rules; None until a plugin supplies a policy.
        prompt: The first prompt, or None.
        memory: Text of its standing instructions, or None.
        conversation: Id of the conversation to begin or to take up again; None if the runtime
            chooses.
        resume: Whether to take up `conversation` rather than begin it.
        version: Version the program reports, or None if it could not be asked.
        profile: The profile it runs on, or None.
        env: Variables it gets.
        files: Folder in which the runtime may have files written for this launch.
        tree: How its worktree is made, if it has to be.
        worktree: Absolute path of its worktree once that is there; None while it is not, or for an
            agent that works in the workspace itself.
        remarks: What the user should know of it.
        spool: Path of a file to which hooks of this launch may append JSON lines, the feed
            ``hooks``; it is begun anew, empty and private, before the process starts.
        by: Who wants it, if somebody is to know his launches again: kept in the agent's record.
    """

    agent: Agent
    arrangement: Arrangement
    cwd: Path
    command: tuple[str, ...]
    mode: Mode = "auto"
    policy: Policy = "constrained"
    rules: tuple[str, ...] | None = None
    prompt: str | None = None
    memory: str | None = None
    conversation: str | None = None
    resume: bool = False
    version: str | None = None
    profile: Profile | None = None
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    files: Path = Path()
    tree: TreePlan = attrs.field(factory=TreePlan)
    worktree: Path | None = None
    remarks: tuple[str, ...] = ()
    spool: Path = Path()
    by: str = ""

    @property
    def root(self) -> Path:
        """Absolute path of the workspace."""
        return self.arrangement.root

    @property
    def constrained(self) -> bool:
        """Whether the agent may do only what the policy's rules allow, without asking."""
        return self.mode != "safe" and self.policy == "constrained"

    @property
    def bypassed(self) -> bool:
        """Whether the agent may do anything without asking."""
        return self.mode == "unattended" and self.policy == "bypass"


@attrs.frozen
class Launch:
    """The process a runtime wants: every byte of it, and where to look while it runs.

    Attributes:
        argv: Program and arguments; never seen by a shell.
        env: Variables to add.
        unset: Variables to take out of the environment.
        files: Files to write before the start, private to the user.
        paste: A prompt to be given once the agent is ready, when it is not in `argv`.
        conversation: Id of the conversation, if it is known in advance.
        live_status: Path of the runtime's own live-status file, with `{pid}` for the process id.
        transcript: Path of its transcript, if it is known in advance.
        enforcement: Who holds the agent to its policy: `prompt` a person, `hard` the runtime,
            `hard_shim` shims by best effort, `bypass` nobody, `unsupported` nobody can.
        warnings: What the user should know about this launch.
        leaves: Ignore patterns for what the CLI keeps for itself in the repository it works in;
            they are kept out of the user's commits, and are no work of the agent's.
        feeds: Absolute paths of files that JSON lines are appended to while the agent runs, by the
            names its rules know them by: ``hooks``, ``transcript``. Those that are known now.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    unset: tuple[str, ...] = ()
    files: Mapping[Path, str] = attrs.field(factory=dict)
    paste: str | None = None
    conversation: str | None = None
    live_status: str | None = None
    transcript: str | None = None
    enforcement: Literal["prompt", "hard", "hard_shim", "bypass", "unsupported"] = "prompt"
    warnings: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    feeds: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Past:
    """A launch that is over, as a runtime needs it to find the conversation it left.

    Attributes:
        cwd: Absolute path of the folder the agent worked in, and will work in.
        env: Variables it will get beside this process's own.
        conversation: The conversation's id as far as it was known, or None.
        began: When the launch was, in seconds since 1970.
        alone: Whether the folder is that agent's alone, so that whatever was said in it since then
            was said to that agent.
        files: Folder in which the runtime had files written for it, and will have again.
    """

    cwd: Path
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    conversation: str | None = None
    began: float = 0.0
    alone: bool = False
    files: Path = Path()


class Kept(NamedTuple):
    """The conversation a launch left.

    Attributes:
        conversation: Its id, or None if there is none to take up.
        why: Why there is none, in one line.
    """

    conversation: str | None = None
    why: str = ""


@attrs.frozen
class Refusal:
    """A reason not to do what was asked.

    Attributes:
        reason: What stands in the way, in one line.
        remedy: What to do about it.
        by: Who refuses: a plugin's or a room's name.
    """

    reason: str
    remedy: str = ""
    by: str = ""

"""The errors tutti expects: each says what was found, what was wanted and what to do."""

from __future__ import annotations


class TuttiError(Exception):
    """An expected failure, shown to the user as one line and a hint.

    Attributes:
        category: ``routing``, ``runtime``, ``tool``, ``policy``, ``provider``, ``config`` or
            ``unknown``; stable for scripts.
        message: What was found and what was wanted, in one line.
        hint: What the user can do about it; empty when there is nothing to add.
        exit_code: The exit code of ``tt`` when this error ends a command.
    """

    category = "unknown"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(TuttiError):
    """A configuration file, a name in it, or a reference to it is wrong."""

    category = "config"


class RuntimeFailure(TuttiError):
    """An agent CLI, its session or the terminal underneath it cannot be used."""

    category = "runtime"


class PolicyError(TuttiError):
    """A policy or a guard refused what was asked."""

    category = "policy"


class GitError(TuttiError):
    """A repository or a worktree is not in the state that was needed."""

    category = "routing"


class StateError(TuttiError):
    """A file of tutti's own state cannot be read or written."""

    category = "tool"


class PluginError(TuttiError):
    """A plugin broke the contract: misspelt hook, duplicate name, failing import."""

    category = "tool"


class StepStopped(TuttiError):
    """A workflow step ended early, because its time was up or somebody wanted it to."""

    category = "tool"


class UsageError(TuttiError):
    """The command line does not make sense."""

    category = "config"
    exit_code = 2

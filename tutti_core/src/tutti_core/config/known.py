"""What tutti's own distributions give, so that a missing one can be named; data only."""

from __future__ import annotations

from collections.abc import Mapping

from ..version import VERSION

TABLES: Mapping[str, str] = {
    "budget": "tutti-usage",
    "handoff": "tutti-handoff",
    "hook": "tutti-workflow",
    "notify": "tutti-notify",
    "permissions": "tutti-permissions",
    "remote": "tutti-fleet",
    "runtime": "tutti-custom",
    "schedule": "tutti-workflow",
    "serve": "tutti-serve",
    "state": "tutti-workflow",
    "webhook": "tutti-serve",
    "workflow": "tutti-workflow",
    "worktree": "tutti-worktree",
}
"""Table to the distribution that owns it."""

KEYS: Mapping[tuple[str, str], str] = {
    ("agent", "base"): "tutti-worktree",
    ("agent", "branch_template"): "tutti-worktree",
    ("agent", "copy"): "tutti-worktree",
    ("agent", "link"): "tutti-worktree",
    ("agent", "setup"): "tutti-worktree",
    ("agent", "sparse"): "tutti-worktree",
    ("agent", "teardown"): "tutti-worktree",
}
"""Table and key to the distribution that adds the key to the core's table."""

RUNTIMES: Mapping[str, str] = {
    "aider": "tutti-aider",
    "claude-code": "tutti-claude",
    "codex": "tutti-codex",
    "demo": "tutti-demo",
    "gemini-cli": "tutti-gemini",
    "openclaw": "tutti-openclaw",
    "opencode": "tutti-opencode",
}
"""Runtime to the distribution that gives it."""

STEPS: Mapping[str, str] = {
    "command": "tutti-workflow",
    "ensure_running": "tutti-workflow",
    "land": "tutti-git",
    "prompt": "tutti-workflow",
    "review": "tutti-git",
    "workflow": "tutti-workflow",
}
"""Type of a workflow's step to the distribution that gives it."""

EFFECTS: Mapping[tuple[str, str], str] = {
    ("agent", "persistent"): "tutti-workflow",
    ("dashboard", "show_all_workspaces"): "tutti-serve",
    ("observe", ""): "tutti-serve",
    ("profile", "monthly_budget"): "tutti-usage",
    ("profile", "plan"): "tutti-usage",
    ("profile", "priority"): "tutti-resilience",
    ("profile", "reset_day"): "tutti-usage",
    ("profile", "weekly_hours"): "tutti-usage",
    ("resilience", ""): "tutti-resilience",
}
"""Table and key of the core's that does nothing without a distribution, to that one.

No key means that this holds of the whole table.
"""

COMMANDS: Mapping[str, str] = {
    "demo": "tutti-demo",
    "diff": "tutti-git",
    "gc": "tutti-worktree",
    "handoff": "tutti-handoff",
    "issue-claim": "tutti-claims",
    "land": "tutti-git",
    "permissions": "tutti-permissions",
    "profiles": "tutti-usage",
    "remote": "tutti-fleet",
    "review": "tutti-git",
    "run": "tutti-workflow",
    "runs": "tutti-workflow",
    "runtimes": "tutti-custom",
    "schedule": "tutti-workflow",
    "serve": "tutti-serve",
    "sessions": "tutti-worktree",
    "switch": "tutti-watch",
    "undo": "tutti-worktree",
    "usage": "tutti-usage",
    "verify": "tutti-workflow",
    "watch": "tutti-watch",
}
"""Command of `tt` to the distribution that gives it."""

LATER: frozenset[str] = frozenset(
    {
        "tutti-claims",
        "tutti-fleet",
        "tutti-gemini",
        "tutti-git",
        "tutti-handoff",
        "tutti-notify",
        "tutti-opencode",
        "tutti-resilience",
        "tutti-serve",
        "tutti-usage",
        "tutti-watch",
    }
)
"""Distributions that are named here and not made yet: nobody is told to install one.

Under such a name an index may have somebody else's work.
"""

STATE_FILES: frozenset[str] = frozenset(
    {
        "api-idempotency",
        "arrangement",
        "automation-runs",
        "branches",
        "events",
        "last-team",
        "policy-decisions",
        "readings",
        "scheduler-last-runs",
        "verify-last",
        "watcher",
        "webhook-events",
        "worktrees",
    }
)
"""Names that an agent cannot have: `.tutti/state/<name>.json` is a file of tutti's own."""

LOG_FILES: frozenset[str] = frozenset({"tt", "watcher"})
"""Names that an agent cannot have: `.tutti/logs/<name>.log` is a file of tutti's own."""


def why(distribution: str, absent: Mapping[str, str]) -> str:
    """Return why a distribution of ours gives nothing here, to be said after "which".

    Args:
        distribution: The distribution.
        absent: Distributions that are installed and give nothing, each with what is wrong.
    """
    if distribution in absent:
        return absent[distribution]
    if distribution in LATER:
        return f"tutti {VERSION} does not have yet"
    return "is not installed"


def remedy(distribution: str, absent: Mapping[str, str]) -> str:
    """Return what to do about a distribution of ours that gives nothing here.

    Args:
        distribution: The distribution.
        absent: As for `why`.
    """
    if distribution in absent:
        return f"`tt plugins` shows what is wrong with {distribution}"
    if distribution in LATER:
        return "do without it until a later tutti brings it"
    return f"run `tt plugins install {distribution.removeprefix('tutti-')}`"

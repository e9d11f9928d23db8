"""What tutti's own distributions give, so that a missing one can be named; data only."""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "budget": "tutti-usage",
    "handoff": "tutti-handoff",
    "hook": "tutti-workflow",
    "notify": "tutti-notify",
    "permissions": "tutti-permissions",
    "remote": "tutti-fleet",
    "runtime": "tutti-custom",
    "serve": "tutti-serve",
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
    "openclaw": "tutti-openclaw",
}
"""Runtime to the distribution that gives it."""

COMMANDS: Mapping[str, str] = {
    "demo": "tutti-demo",
    "diff": "tutti-git",
    "gc": "tutti-worktree",
    "handoff": "tutti-handoff",
    "issue-claim": "tutti-claims",
    "land": "tutti-git",
    "permissions": "tutti-permissions",
    "profiles": "tutti-usage",
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

LATER: frozenset[str] = frozenset({"tutti-fleet", "tutti-notify"})
"""Distributions that are named here and not made yet."""

STATE_FILES: frozenset[str] = frozenset(
    {
        "api-idempotency",
        "arrangement",
        "automation-runs",
        "events",
        "policy-decisions",
        "scheduler-last-runs",
        "verify-last",
        "watcher",
        "webhook-events",
    }
)
"""Names that an agent cannot have: `.tutti/state/<name>.json` is a file of tutti's own."""

LOG_FILES: frozenset[str] = frozenset({"tt"})
"""Names that an agent cannot have: `.tutti/logs/<name>.log` is a file of tutti's own."""


def remedy(distribution: str) -> str:
    """Return what to do about a distribution of ours that is not there."""
    if distribution in LATER:
        return f"{distribution} is not made yet: remove this"
    return f"run `tt plugins install {distribution.removeprefix('tutti-')}`"

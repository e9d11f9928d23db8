"""How an agent's worktree is made: on which branch, from what, and which part of it."""

from __future__ import annotations

import attrs

from tutti_core import LaunchRequest, Refusal, TreePlan

from .settings import Ready, problems, settings_of


def planned(launch: LaunchRequest) -> LaunchRequest | Refusal:
    """Return a launch with the plan of its worktree; has no effects.

    Args:
        launch: What is to be started.
    """
    settings = settings_of(launch.arrangement, launch.agent)
    wrong = next(iter(problems(settings)), None)
    if wrong:
        key, why = wrong
        return Refusal(f"{key} of agent {launch.agent.name!r} {why}", "mend it in tutti.toml")
    tree = TreePlan(
        branch=_branch(launch, settings),
        base=settings.base,
        folders=settings.folders(launch.agent),
    )
    return attrs.evolve(launch, tree=tree)


def _branch(launch: LaunchRequest, settings: Ready) -> str | None:
    if launch.agent.branch or not settings.branch_template:
        return launch.tree.branch
    names = {"agent": launch.agent.name, "workspace": launch.arrangement.workspace.name}
    return settings.branch_template.format(**names)

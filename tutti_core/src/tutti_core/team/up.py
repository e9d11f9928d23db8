"""`up`: the team is started in the order of its dependencies, each as soon as it may."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from ..errors import GitError
from ..model.arrangement import Agent, Mode, Policy
from . import plan
from .rise import Rise
from .trees import exclude

if TYPE_CHECKING:
    from .context import Context
    from .outcome import Outcome


@attrs.frozen
class UpRequest:
    """What `up` takes.

    Attributes:
        agents: The agents to start; all of them if empty.
        mode: Overrides the arrangement's mode.
        policy: Overrides the arrangement's policy.
        fresh_worktree: Whether worktrees start from the workspace's current commit.
        wait: Whether to wait until every agent is ready.
        without: Unowned tables to go on without.
        keep_trees: Whether worktrees are left as they are even where the arrangement wishes them
            fresh; for whoever starts agents again without being asked by a person.
    """

    agents: tuple[str, ...] = ()
    mode: Mode | None = None
    policy: Policy | None = None
    fresh_worktree: bool = False
    wait: bool = True
    without: tuple[str, ...] = ()
    keep_trees: bool = False


@attrs.frozen
class UpResponse:
    """What `up` answers.

    Attributes:
        workspace: The workspace's name.
        results: What became of each agent, in the order of the file.
        warnings: What the user should know about the whole.
    """

    workspace: str
    results: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every agent runs."""
        return all(one.ok for one in self.results)


Progress = Callable[["Outcome"], None]


def up(context: Context, request: UpRequest, progress: Progress | None = None) -> UpResponse:
    """Start the team, or some of it.

    Args:
        context: The workspace.
        request: What to start, and how.
        progress: Told of each agent as soon as its outcome is known.

    Returns:
        One outcome for each agent; one agent's failure does not hide the others.

    Raises:
        TuttiError: If nothing can be started at all.
    """
    context.begin_acting(request.without)
    agents = _chosen(context, request)
    mode, policy = plan.settle(context, request.mode, request.policy)
    _exclude(context, agents)
    rise = Rise(context, request, agents, mode, policy, progress or (lambda _: None))
    results = rise.run()
    ordered = tuple(results[agent.name] for agent in agents)
    return UpResponse(context.name, ordered, _warnings(context, request, agents))


def _chosen(context: Context, request: UpRequest) -> list[Agent]:
    names = list(dict.fromkeys(request.agents))
    return [context.agent(name) for name in names] or list(context.arrangement.agent)


def _exclude(context: Context, agents: list[Agent]) -> None:
    if any(context.arrangement.worktree_of(agent) for agent in agents):
        exclude(context)
        return
    # Who needs nothing of git is not kept from starting by it.
    with suppress(GitError):
        exclude(context)


def _warnings(context: Context, request: UpRequest, agents: list[Agent]) -> tuple[str, ...]:
    without = [
        f"[{table}] has no working owner, and you went on without it"
        for table in context.arrangement.unowned
        if table in request.without
    ]
    return (*without, *_needs(context, agents), *_other_accounts(context, agents))


def _needs(context: Context, agents: list[Agent]) -> list[str]:
    chosen = {agent.name for agent in agents}
    outside = {need for agent in agents for need in agent.depends_on} - chosen
    if not outside:
        return []
    voices = context.voices(outside)
    down = sorted(name for name in outside if voices[name].reading.state in ("stopped", "exited"))
    return [f"{name} is not running, and others depend on it" for name in down]


def _other_accounts(context: Context, agents: list[Agent]) -> list[str]:
    """Return who does not run on the workspace's profile, though it has one."""
    name = context.arrangement.workspace.auth.default_profile
    profile = context.arrangement.settings.named_profile(name) if name else None
    known = [agent for agent in agents if context.arrangement.runtime_of(agent) in context.runtimes]
    other = [one.name for one in known if profile and not plan.fits(profile, context.runtime(one))]
    if profile is None or not other:
        return []
    command = profile.command
    return [
        f"profile {name!r} runs {command!r}, so {', '.join(other)} run on their CLI's own login"
    ]

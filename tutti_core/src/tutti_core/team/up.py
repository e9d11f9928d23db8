"""`up`: the team is started in the order of its dependencies, each as soon as it may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from ..errors import GitError, UsageError
from ..model.arrangement import Agent, Mode, Policy
from ..model.order import natural
from . import plan
from .restoring import last_team
from .rise import Rise
from .rousing import ensure
from .sharing import shared
from .trees import exclude

if TYPE_CHECKING:
    from .context import Context
    from .outcome import Outcome


@attrs.frozen
class UpRequest:
    """What `up` takes.

    Attributes:
        agents: The agents to start; all of them if empty and not to be restored.
        mode: Overrides the arrangement's mode.
        policy: Overrides the arrangement's policy.
        fresh_worktree: Whether worktrees start from the workspace's current commit.
        new: Whether they begin new conversations, where they could go on with their last ones.
        conversation: The conversation that the one agent named goes on with; empty for its last.
        restore: Whether to start exactly those who ran last, each as it may work then.
        wait: Whether to wait until every agent is ready.
        without: Unowned tables to go on without.
        keep_trees: Whether worktrees are left as they are even where the arrangement wishes them
            fresh; for whoever starts agents again without being asked by a person.
        by: Who wants it, such as the token of an attempt: on record before there is a session, and
            given by `launched_by`.
    """

    agents: tuple[str, ...] = ()
    mode: Mode | None = None
    policy: Policy | None = None
    fresh_worktree: bool = False
    new: bool = False
    conversation: str = ""
    restore: bool = False
    wait: bool = True
    without: tuple[str, ...] = ()
    keep_trees: bool = False
    by: str = ""

    @property
    def wish(self) -> plan.Wish:
        """What is wished of each start; whoever ran last goes on where it was."""
        keep = self.keep_trees or self.restore
        return plan.Wish(self.fresh_worktree, keep, self.new, self.conversation, self.by)


@attrs.frozen
class UpResponse:
    """What `up` answers.

    Attributes:
        workspace: The workspace's name.
        results: What became of each agent, in the order of the file.
        warnings: What the user should know about the whole.
        interrupted: Whether it was ended by Ctrl+C before everybody was up.
    """

    workspace: str
    results: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """Whether every agent runs, and was waited for."""
        return not self.interrupted and all(one.ok for one in self.results)


class Interrupted(KeyboardInterrupt):
    """Ctrl+C was pressed while a team came up.

    Attributes:
        response: What had become of each agent by then.
    """

    def __init__(self, response: UpResponse) -> None:
        super().__init__()
        self.response = response


Progress = Callable[["Outcome"], None]
Seen = Callable[[Mapping[str, str]], None]


def up(
    context: Context,
    request: UpRequest,
    progress: Progress | None = None,
    seen: Seen | None = None,
) -> UpResponse:
    """Start the team, or some of it.

    Args:
        context: The workspace.
        request: What to start, and how.
        progress: Told of each agent as soon as its outcome is known.
        seen: Told again and again of the states of those it waits for, by their names.

    Returns:
        One outcome for each agent; one agent's failure does not hide the others.

    Raises:
        TuttiError: If nothing can be started at all.
        Interrupted: At Ctrl+C, with what had become of each agent.
    """
    context.begin_acting(request.without)
    ways = _ways(context, request)
    agents = [context.agent(name) for name in ways]
    gone = _gone(context) if request.restore else []
    _exclude(context, agents)
    told, looked = progress or (lambda _: None), seen or (lambda _: None)
    rise = Rise(context, request, agents, ways, told, looked)
    ensure(context)
    results = rise.run()
    if any(one.ok for one in results.values()):
        # The one begun before may have ended by now, as nobody was there yet.
        ensure(context)
    ordered = tuple(results[agent.name] for agent in agents)
    warnings = (*gone, *_warnings(context, request, agents))
    done = UpResponse(context.name, ordered, warnings, rise.interrupted)
    if done.interrupted:
        raise Interrupted(done)
    return done


def asked_for(context: Context, request: UpRequest) -> list[str]:
    """Return the names of the agents that a request is about, each once.

    Raises:
        TuttiError: If one of them is not configured, or nobody is known to have run.
    """
    everybody = [one.name for one in context.arrangement.agent]
    if request.restore:
        ran = last_team(context)
        return [name for name in everybody if name in ran]
    return list(dict.fromkeys(context.agent(name).name for name in request.agents)) or everybody


def _ways(context: Context, request: UpRequest) -> dict[str, plan.Way]:
    """Return who is to be started, and how each may work."""
    if request.conversation and len(request.agents) != 1:
        raise UsageError("a conversation is one agent's", hint="name that agent alone")
    way = plan.settle(context, request.mode, request.policy)
    own = request.restore and request.mode is None and request.policy is None
    ran = last_team(context) if own else {}
    return {name: ran.get(name) or way for name in asked_for(context, request)}


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
    sharing = shared(context.arrangement, [one.name for one in agents])
    return (*without, *sharing, *_needs(context, agents), *_other_accounts(context, agents))


def _gone(context: Context) -> list[str]:
    """Return who ran last and cannot be brought back; to be asked before anybody is started."""
    known = {one.name for one in context.arrangement.agent}
    gone = sorted(set(last_team(context)) - known, key=natural)
    return [f"{name} ran last, and is no longer in tutti.toml" for name in gone]


def _needs(context: Context, agents: list[Agent]) -> list[str]:
    chosen = {agent.name for agent in agents}
    outside = {need for agent in agents for need in agent.depends_on} - chosen
    if not outside:
        return []
    voices = context.voices(outside)
    down = [name for name in outside if voices[name].reading.state in ("stopped", "exited")]
    return [f"{name} is not running, and others depend on it" for name in sorted(down, key=natural)]


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

"""The arrangement: what `tutti.toml` and the global file say, checked and frozen.

Fields are named as their TOML keys are, so that an error's path reads like the file. Variables are
left out of what is printed of a value: they may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import attrs

T = TypeVar("T")

Mode = Literal["safe", "auto", "unattended"]
Policy = Literal["constrained", "bypass"]


@attrs.frozen
class Auth:
    """`[workspace.auth]`: whose subscription the team runs on.

    Attributes:
        default_profile: Name of a `[[profile]]` in the global file.
    """

    default_profile: str | None = None


@attrs.frozen
class Workspace:
    """`[workspace]`: the project this team works on.

    Attributes:
        name: Slug; part of every session's name.
        description: For people.
        env: Variables for every agent; `git_name` and `git_email` become git's identity.
        auth: The profile to run on.
    """

    name: str
    description: str | None = None
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    auth: Auth = attrs.field(factory=Auth)


@attrs.frozen
class Defaults:
    """`[defaults]`: what an agent gets when it does not say otherwise.

    Attributes:
        worktree: Whether agents work in worktrees of their own.
        runtime: Name of the runtime.
    """

    worktree: bool = True
    runtime: str | None = None


@attrs.frozen
class LaunchSettings:
    """`[launch]`: how much the agents may do without asking.

    Attributes:
        mode: `safe` asks a person, `auto` follows the policy, `unattended` allows `bypass`.
        policy: `constrained` allows only what the policy lists, `bypass` everything.
        ready_secs: How long `tt up` waits for an agent to be ready, in seconds.
        trust: Whether `tt up` answers for you that an agent's folder can be trusted, when its CLI
            asks that as it starts.
        stalled_after_secs: After how many seconds of work without any sign of progress an agent
            counts as stalled; 0 for never.
    """

    mode: Mode = "auto"
    policy: Policy = "constrained"
    ready_secs: float = 60.0
    trust: bool = False
    stalled_after_secs: float = 600.0


@attrs.frozen
class Agent:
    """`[[agent]]`: one voice of the team.

    Attributes:
        name: Slug, unique in the team.
        runtime: Name of the runtime; else the role's, else the default.
        role: A key of `[roles]`.
        scope: The part of the repository it owns, a glob.
        prompt: Its first prompt.
        depends_on: Agents that must be ready before it starts.
        worktree: Whether it has a worktree of its own; else the default.
        fresh_worktree: Whether `tt up` brings its worktree forward to the current commit.
        branch: Its branch; else `tutti/<name>`.
        persistent: Whether it stays up when a workflow that started it ends.
        memory: Path of a file, relative to the workspace, that it gets as standing instructions.
        trust: Whether its folder can be trusted, as under `[launch]`; else what stands there.
        env: Variables for this agent, stronger than the workspace's.
        extras: What plugins added to the table, by the class that describes it.
    """

    name: str
    runtime: str | None = None
    role: str | None = None
    scope: str | None = None
    prompt: str | None = None
    depends_on: tuple[str, ...] = ()
    worktree: bool | None = None
    fresh_worktree: bool | None = None
    branch: str | None = None
    persistent: bool = False
    memory: str | None = None
    trust: bool | None = None
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    extras: Mapping[type, Any] = attrs.field(factory=dict)

    def extra(self, kind: type[T]) -> T:
        """Return what a plugin added to this agent's table.

        Args:
            kind: The attrs class the plugin declared with `Keys`.
        """
        found = self.extras.get(kind)
        return found if isinstance(found, kind) else kind()


@attrs.frozen
class ToolPack:
    """`[[tool_pack]]`: what must be there before the team can work.

    Attributes:
        name: Name, unique.
        description: For people.
        required_commands: Programs that must be on PATH.
        required_env: Variables that must be set.
    """

    name: str
    description: str | None = None
    required_commands: tuple[str, ...] = ()
    required_env: tuple[str, ...] = ()


@attrs.frozen
class Observe:
    """`[observe]`: what is shown, and where.

    Attributes:
        dashboard: Whether `tt serve` offers the web dashboard.
        port: Port of `tt serve` for this workspace.
        track_cost: Whether costs are estimated.
    """

    dashboard: bool = False
    port: int = 4040
    track_cost: bool = False


@attrs.frozen
class Resilience:
    """`[resilience]`: what happens when a provider or a login fails.

    Attributes:
        provider_down_strategy: Such as `rotate_profile` or `pause`.
        rate_limit_strategy: Such as `rotate_profile` or `pause`.
        save_state_on_failure: Whether a failing agent's state is saved for a handoff.
        retry_max_attempts: Attempts in all.
        retry_initial_backoff_ms: First wait between attempts, in milliseconds.
        retry_max_backoff_ms: Longest wait, in milliseconds.
    """

    provider_down_strategy: str | None = None
    rate_limit_strategy: str | None = None
    save_state_on_failure: bool = False
    retry_max_attempts: int = 1
    retry_initial_backoff_ms: int = 500
    retry_max_backoff_ms: int = 5000


@attrs.frozen
class Profile:
    """Global `[[profile]]`: one subscription or account of the user's.

    Attributes:
        name: Slug, unique.
        provider: Such as `anthropic` or `openai`.
        command: The command line that starts the CLI; split into words, never run by a shell.
        env: Variables that make this account differ from another of the same CLI.
        max_concurrent: Agents that may run on it at once, over all workspaces.
        monthly_budget: For reports, in US dollars.
        priority: Order of fallbacks, lowest first.
        plan: Such as `free`, `pro`, `max`, `team`, `api`.
        reset_day: Weekday on which the plan's window starts anew.
        weekly_hours: What the plan gives, in hours a week.
    """

    name: str
    provider: str
    command: str
    env: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    max_concurrent: int | None = None
    monthly_budget: float | None = None
    priority: int | None = None
    plan: str | None = None
    reset_day: str | None = None
    weekly_hours: float | None = None


@attrs.frozen
class User:
    """Global `[user]`: the person.

    Attributes:
        name: What to call the person.
    """

    name: str | None = None


@attrs.frozen
class Dashboard:
    """Global `[dashboard]`: where the dashboard is served.

    Attributes:
        port: Port of `tt serve`.
        show_all_workspaces: Whether it shows every registered workspace.
    """

    port: int = 4040
    show_all_workspaces: bool = False


@attrs.frozen
class RegisteredWorkspace:
    """Global `[[registered_workspace]]`: a workspace that `-w` and `workspace/agent` can reach.

    Attributes:
        name: Its name.
        path: Absolute path of its root.
    """

    name: str
    path: str


@attrs.frozen
class GlobalSettings:
    """The user's own file, `~/.config/tutti/config.toml`.

    Attributes:
        user: The person.
        profile: The accounts agents can run on.
        dashboard: Where the dashboard is served.
        registered_workspace: The workspaces that names can reach.
        resilience: What happens on failure where a workspace does not say.
        tables: Tables that plugins own, by the class that describes them.
        source: The tables of the file as they were read.
    """

    user: User = attrs.field(factory=User)
    profile: tuple[Profile, ...] = ()
    dashboard: Dashboard = attrs.field(factory=Dashboard)
    registered_workspace: tuple[RegisteredWorkspace, ...] = ()
    resilience: Resilience = attrs.field(factory=Resilience)
    tables: Mapping[type, Any] = attrs.field(factory=dict)
    source: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def named_profile(self, name: str) -> Profile | None:
        """Return the profile of that name, or None."""
        return next((one for one in self.profile if one.name == name), None)


@attrs.frozen
class Arrangement:
    """A team: everything one workspace's `tutti.toml` says, with the global file beside it.

    Attributes:
        root: Absolute path of the workspace.
        workspace: The project.
        defaults: What agents get by default.
        launch: How they are started.
        roles: Role to runtime.
        agent: The voices, in the order of the file.
        tool_pack: Prerequisites.
        observe: What is shown.
        resilience: What happens on failure; the workspace's own table, or the global one.
        settings: The global file.
        tables: Tables that plugins own, by the class that describes them.
        unowned: Names of tables that no working plugin owns, with what to do about each.
        source: The tables of `tutti.toml` as they were read.
    """

    root: Path
    workspace: Workspace
    defaults: Defaults = attrs.field(factory=Defaults)
    launch: LaunchSettings = attrs.field(factory=LaunchSettings)
    roles: Mapping[str, str] = attrs.field(factory=dict)
    agent: tuple[Agent, ...] = ()
    tool_pack: tuple[ToolPack, ...] = ()
    observe: Observe = attrs.field(factory=Observe)
    resilience: Resilience = attrs.field(factory=Resilience)
    settings: GlobalSettings = attrs.field(factory=GlobalSettings)
    tables: Mapping[type, Any] = attrs.field(factory=dict)
    unowned: Mapping[str, str] = attrs.field(factory=dict)
    source: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def table(self, kind: type[T]) -> T | None:
        """Return a plugin's table, from the workspace or else from the global file.

        Args:
            kind: The attrs class the plugin declared with `Table`.
        """
        found = self.tables.get(kind, self.settings.tables.get(kind))
        return found if isinstance(found, kind) else None

    def many(self, kind: type[T]) -> tuple[T, ...]:
        """Return a plugin's array of tables, from the workspace or else from the global file.

        Args:
            kind: The attrs class the plugin declared with `Table(many=True)`.
        """
        found = self.tables.get(kind, self.settings.tables.get(kind, ()))
        return tuple(one for one in found if isinstance(one, kind))

    def named(self, name: str) -> Agent | None:
        """Return the agent of that name, or None."""
        return next((one for one in self.agent if one.name == name), None)

    def runtime_of(self, agent: Agent) -> str | None:
        """Return the name of an agent's runtime: its own, its role's, or the default."""
        return agent.runtime or self.roles.get(agent.role or "") or self.defaults.runtime

    def worktree_of(self, agent: Agent) -> bool:
        """Return whether an agent works in a worktree of its own."""
        return self.defaults.worktree if agent.worktree is None else agent.worktree

    def trust_of(self, agent: Agent) -> bool:
        """Return whether an agent's folder is to be trusted without asking a person."""
        return self.launch.trust if agent.trust is None else agent.trust

    def branch_of(self, agent: Agent) -> str:
        """Return the branch an agent starts on."""
        return agent.branch or f"tutti/{agent.name}"

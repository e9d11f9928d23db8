"""Starts one agent: its tree, its launch, its session, its record."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import attrs

from ..errors import PolicyError, RuntimeFailure
from ..model.happening import Action
from ..model.session import Session, SessionSpec
from . import plan
from .names import session_name
from .profiles import seat
from .record import write_record
from .versions import found

if TYPE_CHECKING:
    from ..model.arrangement import Agent, Mode, Policy
    from ..model.launch import Launch, LaunchRequest
    from .context import Context


class Tree(NamedTuple):
    """Where an agent works.

    Attributes:
        cwd: Absolute path.
        worktree: The same, or None when it works in the workspace itself.
        branch: The branch it is on, or None.
    """

    cwd: Path
    worktree: str | None
    branch: str | None


class Started(NamedTuple):
    """A start that has happened.

    Attributes:
        session: The new session.
        tree: Where the agent works.
        request: What was asked of the runtime, as amended.
        launch: What the runtime answered.
        warnings: What the user should know.
    """

    session: Session
    tree: Tree
    request: LaunchRequest
    launch: Launch
    warnings: tuple[str, ...]


def start(context: Context, agent: Agent, mode: Mode, policy: Policy, *, fresh: bool) -> Started:
    """Start an agent that is not running.

    Args:
        context: The workspace.
        agent: The agent.
        mode: How much it may do without asking.
        policy: Whether a policy binds it.
        fresh: Whether its worktree starts from the workspace's current commit.

    Raises:
        TuttiError: If anything stands in the way; nothing is running then that was not before.
    """
    runtime = context.runtime(agent)
    raw = plan.request(context, agent, runtime, mode=mode, policy=policy)
    wanted = plan.prepared(context, raw)
    require_program(wanted)
    tree = place(context, agent, fresh=fresh)
    return launch(context, attrs.evolve(wanted, cwd=tree.cwd), tree)


def launch(context: Context, wanted: LaunchRequest, tree: Tree) -> Started:
    """Make the session for a prepared request.

    Args:
        context: The workspace.
        wanted: The request as the plugins have amended it.
        tree: Where the agent works.

    Raises:
        TuttiError: If a guard, the profile's limit or the host refuses.
    """
    agent = wanted.agent
    warnings = _allowed(context, agent, wanted)
    short, held = plan.short_prompt(wanted)
    answer = context.runtime(agent).launch(short)
    answer = attrs.evolve(answer, paste=held) if held else answer
    with seat(context, wanted.profile):
        session = _session(context, agent, wanted, answer)
    _record(context, agent, session, tree, wanted, answer)
    context.log.note("started", agent=agent.name, pane=session.pane, pid=session.pid)
    return Started(session, tree, wanted, answer, (*warnings, *answer.warnings))


def place(context: Context, agent: Agent, *, fresh: bool) -> Tree:
    """Return where an agent works, making its worktree if it has one.

    Raises:
        GitError: If the worktree cannot be had; the user's own tree is never used instead.
    """
    if not context.arrangement.worktree_of(agent):
        return Tree(context.root, None, None)
    from ..git.freshening import freshen
    from ..git.worktrees import Worktrees

    trees = Worktrees(context.root, context.places.worktrees)
    tree = trees.ensure(agent.name, context.arrangement.branch_of(agent))
    if fresh or agent.fresh_worktree:
        tree = freshen(trees, agent.name)
    return Tree(Path(tree.path), str(tree.path), tree.branch)


def exclude(context: Context) -> None:
    """Keep tutti's own folder out of the user's commits, without touching a file of theirs."""
    from ..git.repo import Git, main_root

    top = main_root(context.root)
    if top is not None:
        place = context.places.home.relative_to(top.resolve())
        Git(top).exclude(f"/{place.as_posix()}/")


def require_program(wanted: LaunchRequest) -> None:
    """Refuse to start a program that is not there.

    Raises:
        RuntimeFailure: Naming the program.
    """
    if found(wanted.command, wanted.env) is None:
        raise RuntimeFailure(
            f"{wanted.command[0]} is not on PATH",
            hint="install it, or set the command of the profile this workspace runs on",
        )


def _allowed(context: Context, agent: Agent, wanted: LaunchRequest) -> tuple[str, ...]:
    data = {"mode": wanted.mode, "policy": wanted.policy, "command": list(wanted.command)}
    verdicts = context.guard(Action("launch", context.name, agent.name, data))
    if verdicts and verdicts[0].decision == "refuse":
        raise PolicyError(f"{verdicts[0].by}: {verdicts[0].reason}", hint=verdicts[0].remedy)
    return tuple(one.reason for one in verdicts if one.decision == "warn")


def _session(context: Context, agent: Agent, wanted: LaunchRequest, launch: Launch) -> Session:
    from ..state.files import write_atomic

    for path, text in launch.files.items():
        write_atomic(path, text.encode())
    runtime = context.arrangement.runtime_of(agent) or ""
    spec = SessionSpec(
        name=session_name(context, agent.name),
        root=str(context.root),
        agent=agent.name,
        workspace=context.name,
        cwd=str(wanted.cwd),
        argv=launch.argv,
        env={**wanted.env, **launch.env},
        unset=launch.unset,
        options={"runtime": runtime, "profile": wanted.profile.name if wanted.profile else ""},
    )
    return context.host.create(spec)


def _record(
    context: Context,
    agent: Agent,
    session: Session,
    tree: Tree,
    wanted: LaunchRequest,
    launch: Launch,
) -> None:
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    runtime = context.arrangement.runtime_of(agent)
    write_record(
        context.root,
        agent.name,
        {
            "name": agent.name,
            "runtime": runtime,
            "session_name": session.name,
            "worktree_path": tree.worktree,
            "branch": tree.branch,
            "status": "Working",
            "started_at": now,
            "stopped_at": None,
            "pane": session.pane,
            "pid": session.pid,
            "mode": wanted.mode,
            "policy": wanted.policy,
            "enforcement": launch.enforcement,
            "profile": wanted.profile.name if wanted.profile else None,
            "version": wanted.version,
            "conversation": launch.conversation,
            "live_status": launch.live_status,
            "transcript": launch.transcript,
        },
    )
    _decision(context, agent, runtime, wanted, launch)
    data = {"runtime": runtime, "session_name": session.name, "enforcement": launch.enforcement}
    correlation = f"launch-{time.time_ns() // 1_000_000}-{agent.name}"
    context.emit("agent.started", agent.name, data, correlation)


def _decision(
    context: Context, agent: Agent, runtime: str | None, wanted: LaunchRequest, launch: Launch
) -> None:
    """Record what the launch was allowed to do; the prompt itself is nobody else's business."""
    from ..state.journal import Journal

    said = wanted.prompt
    shown = ["…" if said and word.endswith(said) else word for word in launch.argv]
    line = {
        "workspace": context.name,
        "agent": agent.name,
        "runtime": runtime,
        "action": "launch",
        "mode": wanted.mode,
        "policy": "interactive" if wanted.mode == "safe" else wanted.policy,
        "enforcement": launch.enforcement,
        "decision": "allow",
        "reason": None,
        "data": {"policy_rules": len(wanted.rules or ()), "runtime": runtime, "argv": shown},
    }
    Journal(context.places.policy_decisions).append(line, durable=True)

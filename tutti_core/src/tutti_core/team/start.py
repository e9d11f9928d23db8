"""Starts one agent: its tree, its launch, its session, its record."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from ..errors import RuntimeFailure
from ..model.happening import Action
from ..model.launch import Refusal
from ..model.session import Session, SessionSpec
from . import plan
from .conversations import take_up
from .ending import make_way
from .entry import complete, planned
from .names import session_name
from .profiles import seat
from .queue import Queue
from .trees import Tree, pass_over, place
from .versions import found

if TYPE_CHECKING:
    from ..model.arrangement import Agent
    from ..model.contract import Runtime
    from ..model.launch import Launch, LaunchRequest
    from .context import Context

HELD_BY = {
    "prompt": "a person is asked",
    "hard": "held by the runtime itself",
    "hard_shim": "held by shims, by best effort",
    "bypass": "held by nobody",
    "unsupported": "the runtime cannot be held",
}


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


def start(context: Context, agent: Agent, way: plan.Way, wish: plan.Wish) -> Started:
    """Start an agent that is not running.

    Args:
        context: The workspace.
        agent: The agent.
        way: How it may work.
        wish: What is wished of this start.

    Raises:
        TuttiError: If anything stands in the way; nothing is running then that was not before.
    """
    runtime = context.runtime(agent)
    raw = attrs.evolve(plan.request(context, agent, runtime, way), by=wish.by)
    wanted = plan.prepared(context, raw)
    require_program(wanted)
    tree = place(context, wanted, fresh=wish.fresh, keep=wish.keep)
    placed = _ready(context, wanted, tree)
    if context.is_withdrawn(agent.name) and not context.stop.is_set():
        raise RuntimeFailure("was taken down while it started", hint=f"tt up {agent.name}")
    fresh = wish.fresh or (bool(agent.fresh_worktree) and not wish.keep)
    going = take_up(context, placed, tree, wish._replace(anew=wish.anew or fresh))
    return launch(context, going.request, tree.saying(going.remark))


def launch(
    context: Context, wanted: LaunchRequest, tree: Tree, replaced: Session | None = None
) -> Started:
    """Make the session for a prepared request.

    Args:
        context: The workspace.
        wanted: The request as the plugins have amended it.
        tree: Where the agent works.
        replaced: The session whose place it takes, if one is still there.

    Raises:
        TuttiError: If a guard, the profile's limit or the host refuses.
    """
    agent = wanted.agent
    warnings = (*_allowed(context, agent, wanted), *tree.warnings)
    short, held = plan.short_prompt(wanted)
    runtime = context.runtime(agent)
    answer = runtime.launch(short)
    answer = attrs.evolve(answer, paste=held) if held else answer
    warnings += pass_over(context, answer.leaves)
    make_way(context, agent.name, replaced)
    with seat(context, wanted.profile):
        name = session_name(context, agent.name)
        with planned(context, agent.name, _known(name, tree, wanted, answer)):
            _decide(context, wanted, answer)
            session = _session(context, name, wanted, answer)
    complete(context, agent.name, session)
    context.log.note("started", agent=agent.name, pane=session.pane, pid=session.pid)
    remarks = (*warnings, *wanted.remarks, *answer.warnings, *_unheld(runtime, wanted, answer))
    remarks += _queued(context, agent.name)
    return Started(session, tree, wanted, answer, remarks)


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


def _ready(context: Context, wanted: LaunchRequest, tree: Tree) -> LaunchRequest:
    """Return the request once its place is there and ready to work in."""
    placed = attrs.evolve(wanted, cwd=tree.cwd)
    if tree.worktree is None:
        return placed
    placed = attrs.evolve(placed, worktree=Path(tree.worktree))
    answer = context.plugins.ready(context, placed)
    if isinstance(answer, Refusal):
        raise RuntimeFailure(f"{answer.by}: {answer.reason}", hint=answer.remedy)
    return answer


def _allowed(context: Context, agent: Agent, wanted: LaunchRequest) -> tuple[str, ...]:
    data = {"mode": wanted.mode, "policy": wanted.policy, "command": list(wanted.command)}
    return context.permit(Action("launch", context.name, agent.name, data))


def _unheld(runtime: Runtime, wanted: LaunchRequest, answer: Launch) -> tuple[str, ...]:
    """Return what to know of who holds an agent to its policy, where it is not the runtime."""
    if answer.enforcement == "hard_shim":
        return (f"{runtime.title} is held to the policy by shims, which is best effort",)
    if answer.enforcement == "bypass":
        return ("may do anything without asking",)
    if wanted.constrained and answer.enforcement != "hard":
        return (f"{runtime.title} cannot be held to the policy",)
    if wanted.bypassed:
        return (f"{runtime.title} cannot run without asking",)
    return ()


def _queued(context: Context, name: str) -> tuple[str, ...]:
    """Return what there is to say of prompts that waited for an agent to be there."""
    count = len(Queue(context.places).waiting(name))
    if not count:
        return ()
    return (f"{count} queued prompt{'s' * (count > 1)} will be delivered to it; see tt queue",)


def _session(context: Context, name: str, wanted: LaunchRequest, launch: Launch) -> Session:
    from ..state.disk import explained, make_private
    from ..state.files import write_atomic

    for path, text in launch.files.items():
        write_atomic(path, text.encode())
    if str(wanted.spool) in launch.feeds.values():
        # Another file: what hooks of the last launch still have to say is not about this one.
        write_atomic(wanted.spool, b"")
    with explained("make", context.places.logs):
        make_private(context.places.logs)
    agent = wanted.agent
    spec = SessionSpec(
        name=name,
        root=str(context.root),
        agent=agent.name,
        workspace=context.name,
        cwd=str(wanted.cwd),
        argv=launch.argv,
        env={**wanted.env, **launch.env},
        unset=launch.unset,
        options={
            "runtime": context.arrangement.runtime_of(agent) or "",
            "profile": wanted.profile.name if wanted.profile else "",
        },
        ring=str(context.places.ring(agent.name)),
        deaths=str(context.places.deaths),
    )
    return _create(context, spec)


def _create(context: Context, spec: SessionSpec) -> Session:
    try:
        return context.host.create(spec)
    except RuntimeFailure:
        # Another root may have taken the name since it was chosen.
        name = session_name(context, spec.agent)
        if name == spec.name:
            raise
        return context.host.create(spec._replace(name=name))


def _known(name: str, tree: Tree, wanted: LaunchRequest, launch: Launch) -> dict[str, Any]:
    """Return what the record says of a launch before there is a session."""
    return {
        "runtime": wanted.arrangement.runtime_of(wanted.agent),
        "session_name": name,
        "worktree_path": tree.worktree,
        "branch": tree.branch,
        "cwd": str(tree.cwd),
        "mode": wanted.mode,
        "policy": wanted.policy,
        "enforcement": launch.enforcement,
        "profile": wanted.profile.name if wanted.profile else None,
        "version": wanted.version,
        "conversation": launch.conversation,
        "resumed": wanted.resume,
        "by": wanted.by or None,
        "live_status": launch.live_status,
        "transcript": launch.transcript,
        "feeds": dict(launch.feeds),
    }


def _decide(context: Context, wanted: LaunchRequest, launch: Launch) -> None:
    """Record what the launch is allowed to do, before it does it."""
    from ..state.journal import Journal

    runtime = context.arrangement.runtime_of(wanted.agent)
    argv = [_shown(word, wanted) for word in launch.argv]
    rules = len(wanted.rules or ())
    line = {
        "workspace": context.name,
        "agent": wanted.agent.name,
        "runtime": runtime,
        "action": "launch",
        "mode": wanted.mode,
        "policy": "interactive" if wanted.mode == "safe" else wanted.policy,
        "enforcement": launch.enforcement,
        "decision": "allow",
        "reason": HELD_BY[launch.enforcement],
        "data": {"policy_rules": rules, "runtime": runtime, "command": shlex.join(argv)},
    }
    Journal(context.places.policy_decisions).append(line, durable=True)


def _shown(word: str, wanted: LaunchRequest) -> str:
    """Return a word of a command line; what an agent is told is nobody else's business."""
    told = [text for text in (wanted.prompt, wanted.memory) if text]
    return "…" if any(word == text or word.endswith(f"={text}") for text in told) else word

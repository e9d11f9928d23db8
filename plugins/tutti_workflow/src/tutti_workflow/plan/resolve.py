"""From a workflow's name to a plan that can be run: each step with its type and its keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from tutti_core import ConfigError, Context, PluginError, StepType, convert

from ..model import Common, FailMode, OnResume, Retry, Workflow
from .order import needs_of, waves, with_needs
from .split import COMES_WITH, common_of, own_of, trait


@attrs.frozen
class Node:
    """One step of a plan.

    Attributes:
        index: Its number in the workflow, from 1.
        key: Its id, or else its number: what it is called on disk.
        type: The word in the file.
        kind: What that stands for.
        common: The keys that every step has.
        step: The keys of its type, templates not yet replaced.
        needs: Keys of the steps it waits for.
        fail_mode: What its failure means.
        timeout: Seconds one attempt may take; None without a limit.
        on_resume: What becomes of it if nobody can say whether it was done.
        retry: When a failed attempt is followed by another.
        movement: The part of the work that it belongs to.
        agent: The agent it has to do with.
        holds: The agent that no other step may have to do with meanwhile.
        digest: Changes if its definition does.
    """

    index: int
    key: str
    type: str
    kind: StepType
    common: Common
    step: Any
    needs: frozenset[str]
    fail_mode: FailMode
    timeout: float | None
    on_resume: OnResume
    retry: Retry | None
    movement: str | None
    agent: str | None
    holds: str | None
    digest: str


@attrs.frozen
class Plan:
    """A workflow, ready to be run.

    Attributes:
        workflow: What the file says.
        nodes: The steps to be done, in the order of the file.
        agent: The agent that takes the place of each step's own.
        strict: Whether every failure ends the run.
        movement: The movement to which the run is restricted.
    """

    workflow: Workflow
    nodes: tuple[Node, ...]
    agent: str | None = None
    strict: bool = False
    movement: str | None = None

    def waves(self) -> list[list[Node]]:
        """Return the steps in waves: each could begin together if all took the same time."""
        places = {node.key: place for place, node in enumerate(self.nodes)}
        needs = [frozenset(places[key] for key in node.needs) for node in self.nodes]
        return [[self.nodes[place] for place in wave] for wave in waves(needs)]

    def digests(self) -> dict[str, str]:
        """Return the digests of the steps by key."""
        return {node.key: node.digest for node in self.nodes}


def find(context: Context, name: str) -> Workflow:
    """Return a workflow by its name.

    Args:
        context: The workspace.
        name: The name.

    Raises:
        ConfigError: If there is none of that name.
    """
    flows = context.arrangement.many(Workflow)
    for flow in flows:
        if flow.name == name:
            return flow
    known = ", ".join(one.name for one in flows)
    hint = f"workflows here: {known}" if known else "add a [[workflow]] to tutti.toml"
    raise ConfigError(f"there is no workflow {name!r}", hint=hint)


def resolve(
    context: Context,
    workflow: Workflow,
    *,
    agent: str | None = None,
    strict: bool = False,
    movement: str | None = None,
) -> Plan:
    """Make the plan of a workflow.

    Args:
        context: The workspace.
        workflow: What the file says.
        agent: The agent that takes the place of each step's own.
        strict: Whether every failure ends the run.
        movement: Only the steps of this movement, and what they wait for.

    Raises:
        ConfigError: If the agent or the movement is not there, or a step makes no sense.
        PluginError: If a step is of a type that nobody gives here.
    """
    if agent is not None:
        context.agent(agent)
    commons = [common_of(raw)[0] for raw in workflow.step]
    needs = needs_of(commons)
    wanted = _wanted(workflow, commons, needs, movement)
    keys = [one.id or str(place + 1) for place, one in enumerate(commons)]
    types = context.plugins.steps()
    settings = context.arrangement.resilience
    nodes = []
    for place in sorted(wanted):
        raw = dict(workflow.step[place])
        kind = _kind(str(raw.get("type")), types, workflow, place)
        if agent is not None and "agent" in attrs.fields_dict(kind.schema):
            raw["agent"] = agent
        nodes.append(
            Node(
                index=place + 1,
                key=keys[place],
                type=kind.name,
                kind=kind,
                common=commons[place],
                step=_step(raw, kind, workflow, place),
                needs=frozenset(keys[one] for one in needs[place]),
                fail_mode=_fail_mode(commons[place], kind, strict),
                timeout=commons[place].timeout_secs or trait(kind, "timeout_secs", None),
                on_resume=commons[place].on_resume or trait(kind, "on_resume", "ask"),
                retry=_retry(commons[place], kind, settings),
                movement=commons[place].movement or workflow.movement,
                agent=raw.get("agent") if isinstance(raw.get("agent"), str) else None,
                holds=raw.get("agent") if trait(kind, "holds_agent", False) else None,
                digest=digest_of(workflow.step[place], needs[place], keys),
            )
        )
    return Plan(workflow, tuple(nodes), agent, strict, movement)


def digest_of(raw: Mapping[str, Any], needs: frozenset[int], keys: Sequence[str]) -> str:
    """Return what changes exactly if the definition of a step does.

    Args:
        raw: The step's table.
        needs: Places of the steps it waits for.
        keys: Keys of all steps.
    """
    text = json.dumps(
        [raw, sorted(keys[one] for one in needs)], sort_keys=True, default=str, ensure_ascii=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _wanted(
    workflow: Workflow,
    commons: Sequence[Common],
    needs: Sequence[frozenset[int]],
    movement: str | None,
) -> set[int]:
    every = set(range(len(commons)))
    if movement is None:
        return every
    of = {place for place in every if (commons[place].movement or workflow.movement) == movement}
    if not of:
        known = sorted({one.movement or workflow.movement or "" for one in commons} - {""})
        raise ConfigError(
            f"workflow {workflow.name!r} has no step of the movement {movement!r}",
            hint=f"movements there: {', '.join(known) or 'none'}",
        )
    return with_needs(needs, of)


def _kind(name: str, types: Mapping[str, StepType], workflow: Workflow, place: int) -> StepType:
    if name in types:
        return types[name]
    where = f"step {place + 1} of workflow {workflow.name!r} is of the type {name!r}"
    if name in COMES_WITH:
        raise PluginError(
            f"{where}, which comes with {COMES_WITH[name]}, and that is not at work here",
            hint="tt plugins lists what is installed, and what is wrong with it",
        )
    raise PluginError(f"{where}, which no plugin gives", hint="tt plugins lists what is installed")


def _step(raw: Mapping[str, Any], kind: StepType, workflow: Workflow, place: int) -> Any:
    step, faults = convert(own_of(raw), kind.schema)
    if faults:
        key = ".".join(map(str, faults[0].path))
        where = f"step {place + 1} of workflow {workflow.name!r}"
        raise ConfigError(f"{where}: {key}: {faults[0].message}", hint=faults[0].remedy)
    return step


def _fail_mode(common: Common, kind: StepType, strict: bool) -> FailMode:
    if strict:
        return "closed"
    found: FailMode = common.fail_mode or trait(kind, "fail_mode", "closed")
    return found


def _retry(common: Common, kind: StepType, settings: Any) -> Retry | None:
    if common.retry is not None:
        return common.retry
    if not trait(kind, "retries", False) or settings.retry_max_attempts <= 1:
        return None
    first = max(1, settings.retry_initial_backoff_ms)
    longest = max(first, settings.retry_max_backoff_ms)
    return Retry(settings.retry_max_attempts, first, longest)

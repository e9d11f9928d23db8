"""What a resumed run will do, said in advance and without doing any of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from tutti_core import Context, StateError

from ..model import GOES_ON, OnResume
from ..plan.order import with_dependents
from ..plan.resolve import Node, Plan
from ..plan.split import trait
from ..record.state import RunState, StepState

Verdict = Literal["done", "redo", "continue", "unknown"]
Does = Literal["keep", "run", "rerun", "continue", "skip", "done", "ask"]

WORDS: Mapping[str, str] = {
    "keep": "is done, and is kept",
    "run": "runs",
    "rerun": "runs again",
    "continue": "goes on where it was interrupted",
    "skip": "is left out",
    "done": "was done, as it turns out, and is kept",
    "ask": "waits for your decision",
}


@attrs.frozen
class Decision:
    """What becomes of one step of a resumed run.

    Attributes:
        index: Its number, from 1.
        key: Its id, or else its number.
        type: Its type.
        status: How it was left.
        verdict: What was found out about an interrupted attempt; None if there is none.
        does: What becomes of it.
        why: Why, in one line.
        record: What is on record of the interrupted attempt, or of the failed one that is gone on
            with.
    """

    index: int
    key: str
    type: str
    status: str
    verdict: Verdict | None
    does: Does
    why: str
    record: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


def changed_steps(plan: Plan, run: RunState) -> tuple[list[str], list[str]]:
    """Return what is different between a workflow as it is now and as it was when it was run.

    Args:
        plan: The workflow as it is now.
        run: How the run is.

    Returns:
        Keys of steps that are new or have another definition, and of those that are gone.
    """
    old, new = run.header.get("digests") or {}, plan.digests()
    other = [key for key, digest in new.items() if old.get(key) != digest]
    return other, [key for key in old if key not in new]


def refuse_changed(plan: Plan, run: RunState) -> None:
    """Refuse to go on with a run of a workflow that is another one now.

    Args:
        plan: The workflow as it is now.
        run: How the run is.

    Raises:
        StateError: Naming the steps, if it was changed.
    """
    other, gone = changed_steps(plan, run)
    if not (other or gone):
        return
    known = run.header.get("digests") or {}
    words = [f"{key} is new" if key not in known else f"{key} is different" for key in other]
    words += [f"{key} is gone" for key in gone]
    raise StateError(
        f"workflow {run.workflow!r} was changed since run {run.run_id} began: {', '.join(words)}",
        hint="--force goes on with it as it is now: what is different, and what depends on it, "
        "runs again; tt run begins anew",
    )


def to_redo(plan: Plan, run: RunState) -> set[str]:
    """Return the keys of done steps that a changed definition makes to be done again.

    Args:
        plan: The workflow as it is now.
        run: How the run is.
    """
    places = {node.key: place for place, node in enumerate(plan.nodes)}
    needs = [frozenset(places[key] for key in node.needs) for node in plan.nodes]
    changed = {places[key] for key in changed_steps(plan, run)[0]}
    return {plan.nodes[place].key for place in with_dependents(needs, changed)}


def decisions(
    context: Context,
    plan: Plan,
    run: RunState,
    render: Callable[[Node], Any],
    *,
    retry_warnings: bool = False,
    answer: OnResume | None = None,
) -> list[Decision]:
    """Look at what was left of each step, and say what becomes of it.

    Args:
        context: The workspace.
        plan: The workflow as it is now.
        run: How the run was left.
        render: Gives a step with its templates replaced.
        retry_warnings: Whether steps that ended with a warning are done again.
        answer: What becomes of a step that says `ask`.
    """
    again = to_redo(plan, run)
    found = []
    for node in plan.nodes:
        step = run.steps.get(node.key)
        if step is None or (node.key in again and not step.is_open):
            found.append(_plain(node, step, "run", "its definition, or one it waits for, changed"))
        elif step.is_open:
            found.append(_of_open(context, node, step, render, answer))
        elif step.status in GOES_ON and not (retry_warnings and step.status == "warning"):
            found.append(_plain(node, step, "keep", f"it ended with {step.status}"))
        else:
            left = "it was not begun" if not step.attempts else f"it {_LEFT.get(step.status)}"
            found.append(attrs.evolve(_plain(node, step, "run", left), record=_left(node, step)))
    return found


def _left(node: Node, step: StepState) -> Mapping[str, Any]:
    """Return the record of a failed attempt, for a type that goes on with what failed."""
    goes_on = step.attempts and trait(node.kind, "goes_on", False)
    return step.attempts[-1].record() if goes_on else {}


_LEFT: Mapping[str, str] = {
    "failed": "failed",
    "timed_out": "took too long",
    "warning": "ended with a warning",
    "pending": "waited for its next attempt",
    "cancelled": "was cancelled",
}


def _plain(node: Node, step: StepState | None, does: Does, why: str) -> Decision:
    status = step.status if step else "pending"
    return Decision(node.index, node.key, node.type, status, None, does, why)


def _of_open(
    context: Context,
    node: Node,
    step: StepState,
    render: Callable[[Node], Any],
    answer: OnResume | None,
) -> Decision:
    record = step.attempts[-1].record()
    verdict, why = _verdict(context, node, record, render)
    does: Does
    if verdict == "unknown":
        policy = answer if node.on_resume == "ask" and answer else node.on_resume
        does = policy
        said = f"on_resume is {policy}" if node.on_resume == policy else f"you said {policy}"
        why = f"{why}; {said}"
    else:
        words: dict[str, Does] = {"done": "done", "redo": "rerun", "continue": "continue"}
        does = words[verdict]
    return Decision(node.index, node.key, node.type, "interrupted", verdict, does, why, record)


def _verdict(
    context: Context, node: Node, record: Mapping[str, Any], render: Callable[[Node], Any]
) -> tuple[Verdict, str]:
    told: Mapping[str, str] = {
        "done": "its effect is there",
        "redo": "nothing of it was done, or it may safely be done again",
        "continue": "it is under way, or only has to be collected",
        "unknown": "nobody can say whether it was done",
    }
    try:
        found = node.kind.recover(context, render(node), record)
    except Exception as error:  # noqa: BLE001 -- who cannot say does not know
        return "unknown", f"nobody can say whether it was done: {error}"
    if found not in told:
        return "unknown", f"its type answered {found!r}"
    return found, told[found]

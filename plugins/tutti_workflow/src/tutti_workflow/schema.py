"""`[[workflow]]` as a table of `tutti.toml`, and what must be true of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tutti_core import Arrangement, Plugins, StepType, Table

from .model import LEDGER, Common, Retry, Workflow
from .named import problems_of_names, variables
from .plan.nesting import cycles
from .plan.order import Tangle, needs_of
from .plan.split import common_of, own_of, typed
from .schedule.cron import fault

ID = re.compile(r"[A-Za-z0-9_-]+")
RETRIED = (
    "failure",
    "timeout",
    "routing",
    "runtime",
    "tool",
    "policy",
    "provider",
    "config",
    "unknown",
)
"""What `retry.on` can name beside exit codes: ways to fail, and the categories of errors."""
STEPS_MOST = 4000
"""Steps that a workflow may have: the first line of a run's journal names them all."""
STARTER = """\
[[workflow]]
name = "verify"

[[workflow.step]]
type = "command"
run = "make test"
"""

Problem = tuple[str, str]


def workflow_table() -> Table:
    """Return the declaration of `[[workflow]]`."""
    return Table("workflow", Workflow, many=True, check=problems, across=problems_across)


def problems(found: Iterable[Workflow]) -> Iterator[Problem]:
    """Yield what is wrong with the workflows taken by themselves.

    Args:
        found: All of them.

    Yields:
        Paths below `workflow`, such as ``[0].step[1].id``, and messages.
    """
    flows = tuple(found)
    yield from _names(flows)
    for place, flow in enumerate(flows):
        for path, message in _of_one(flow):
            yield f"[{place}]{path}", message


def problems_nested(flows: Iterable[Workflow]) -> Iterator[Problem]:
    """Yield the steps with which a workflow would run itself, or one that is not there.

    Args:
        flows: All workflows.

    Yields:
        Paths below `workflow`, and messages.
    """
    for place, step, message in cycles(tuple(flows)):
        yield f"[{place}].step[{step}].workflow", message


def problems_across(arrangement: Arrangement, plugins: Plugins) -> Iterator[Problem]:
    """Yield what is wrong with steps as their types and the team see them.

    A step of a type that is not there is no problem as long as some distribution may have it: then
    only a run of that workflow is.

    Args:
        arrangement: The team.
        plugins: Who gives the types.
    """
    flows = arrangement.many(Workflow)
    types = plugins.steps() if flows else {}
    for path, message in problems_nested(flows):
        yield f"workflow{path}", message
    for place, flow in enumerate(flows):
        for number, raw in enumerate(flow.step):
            at = f"workflow[{place}].step[{number}]"
            for path, message in typed(raw, types, arrangement, plugins):
                yield f"{at}{path}", message
    for place, flow in enumerate(flows):
        for path, message in _templates(flow, types, flows):
            yield f"workflow[{place}]{path}", message


def _templates(
    flow: Workflow, types: Mapping[str, StepType], flows: tuple[Workflow, ...]
) -> Iterator[Problem]:
    yield from problems_of_names(flow, types, needs_of([common_of(raw)[0] for raw in flow.step]))
    if flow.schedule is not None:
        for name, where in variables(flow, types, {one.name: one for one in flows}).items():
            said = f"{{{{var.{name}}}}} in {where} has no value in a run that begins by itself"
            yield ".schedule", f"{said}: nobody gives --var there"


def _names(flows: tuple[Workflow, ...]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for place, flow in enumerate(flows):
        if not flow.name.strip():
            yield f"[{place}].name", "is blank: give it a name"
        elif seen.setdefault(flow.name, place) != place:
            yield f"[{place}].name", f"workflow[{seen[flow.name]}] is named {flow.name!r} too"


def _of_one(flow: Workflow) -> Iterator[Problem]:
    if not flow.step:
        yield "", f"{flow.name!r} has no step: add a [[workflow.step]] below it"
    if len(flow.step) > STEPS_MOST:
        yield "", f"{flow.name!r} has {len(flow.step)} steps: {STEPS_MOST} are possible"
    yield from _own_keys(flow)
    commons: list[Common] = []
    sound = True
    for number, raw in enumerate(flow.step):
        common, wrong = common_of(raw)
        for path, message in wrong:
            sound = False
            yield f".step[{number}]{path}", message
        commons.append(common)
        for path, message in _of_step(raw, common):
            yield f".step[{number}]{path}", message
    yield from _ids(commons)
    if sound:
        yield from _order(commons)


def _own_keys(flow: Workflow) -> Iterator[Problem]:
    for key in ("max_parallel", "max_runs"):
        if not 1 <= getattr(flow, key) <= 256:
            yield f".{key}", f"must be from 1 to 256, is {getattr(flow, key)}"
    for key in ("movement", "group"):
        yield from _word(f".{key}", getattr(flow, key))
    if flow.schedule is not None and (why := fault(flow.schedule)):
        yield ".schedule", why


def _of_step(raw: Any, common: Common) -> Iterator[Problem]:
    kind = raw.get("type")
    if not isinstance(kind, str) or not kind.strip():
        yield ".type", 'is missing: say what the step does, such as type = "command"'
    yield from _word(".movement", common.movement)
    if common.timeout_secs is not None and not 0 < common.timeout_secs <= 30 * 86_400:
        yield ".timeout_secs", "must be more than 0 and at most thirty days (2592000)"
    if common.retry is not None:
        yield from _retry(common.retry)
    state = common.on_success.ledger if common.on_success else None
    if state is not None and state not in LEDGER:
        yield ".on_success.ledger", f"must be one of {', '.join(LEDGER)}"
    if own_of(raw).keys() & {"index", "key"}:
        yield "", "`index` and `key` are given by tutti: remove them"


def _retry(retry: Retry) -> Iterator[Problem]:
    if not 1 <= retry.attempts <= 100:
        yield ".retry.attempts", f"must be from 1 to 100, is {retry.attempts}"
    for key in ("backoff_ms", "max_backoff_ms"):
        if not 0 <= getattr(retry, key) <= 86_400_000:
            yield f".retry.{key}", "must be from 0 to a day (86400000)"
    if not 0 <= retry.jitter <= 1:
        yield ".retry.jitter", f"must be from 0 to 1, is {retry.jitter}"
    for place, one in enumerate(retry.on):
        if isinstance(one, str) and one not in RETRIED:
            yield f".retry.on[{place}]", f"{one!r} never happens; known are {', '.join(RETRIED)}"
        elif isinstance(one, int) and not 1 <= one <= 255:
            yield f".retry.on[{place}]", f"no program fails with {one}: from 1 to 255 is possible"


def _word(path: str, word: str | None) -> Iterator[Problem]:
    if word is not None and not ID.fullmatch(word):
        yield path, 'must be of letters, digits, "-" and "_"'


def _ids(commons: list[Common]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, common in enumerate(commons):
        if common.id is None:
            continue
        at = f".step[{number}].id"
        # An output is a variable of the environment too, and those know neither case nor "-".
        folded = common.id.upper().replace("-", "_")
        if not ID.fullmatch(common.id):
            yield at, f'{common.id!r} must be of letters, digits, "-" and "_"'
        elif common.id.isdigit():
            yield at, f"{common.id!r} would be taken for the number of a step: add a letter"
        elif seen.setdefault(folded, number) != number:
            yield at, f"step {seen[folded] + 1} has the id {commons[seen[folded]].id!r} already"


def _order(commons: list[Common]) -> Iterator[Problem]:
    try:
        needs_of(commons)
    except Tangle as tangle:
        for number, message in tangle.faults:
            yield f".step[{number}].depends_on", message

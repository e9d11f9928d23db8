"""What the templates of a workflow name, looked at before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tutti_core import ConfigError, StepType, convert

from .model import Common, Workflow
from .plan.nesting import NESTS
from .plan.order import with_needs
from .plan.split import common_of, own_of, trait
from .templated import faults, texts
from .templates import TemplateError, Token, tokens

Problem = tuple[str, str]
Types = Mapping[str, StepType]


def problems_of_names(
    flow: Workflow, types: Types, needs: Sequence[frozenset[int]]
) -> Iterator[Problem]:
    """Yield the templates of a workflow that no run of it could replace.

    Args:
        flow: The workflow.
        types: The types of steps there are.
        needs: For each step the places of those it waits for.

    Yields:
        Paths below the workflow, such as ``.step[1].run``, and messages.
    """
    leaves = [_leaves(raw, types) for raw in flow.step]
    for place, raw in enumerate(flow.step):
        step = _converted(raw, types)
        if step is None:
            continue
        for path, message in faults(step):
            yield f".step[{place}].{path}", message
        for path, token in _tokens(step):
            if token.head == "output":
                why = _unknown(token.parts[0], place, leaves, needs)
                if why:
                    yield f".step[{place}].{path}", f"{token.text} {why}"


def variables(
    flow: Workflow,
    types: Types,
    flows: Mapping[str, Workflow],
    known: dict[str, dict[str, str]] | None = None,
) -> dict[str, str]:
    """Return the variables that a workflow has to be given, each with the place that names it.

    Args:
        flow: The workflow.
        types: The types of steps there are.
        flows: All workflows by name: those that it runs have to be given theirs too.
        known: What is known of others already.
    """
    known = {} if known is None else known
    found = known[flow.name] = {}
    for place, raw in enumerate(flow.step):
        for name, where in _wanted(raw, types, flows, known).items():
            found.setdefault(name, f"step {common_of(raw)[0].id or place + 1!r}, {where}")
    return found


def refuse_ungiven(wanted: Mapping[str, str], given: Mapping[str, str], workflow: str) -> None:
    """Hold that a run is given every variable that its templates name.

    Args:
        wanted: The variables, each with the place that names it.
        given: Those that are given.
        workflow: Name of the workflow.

    Raises:
        ConfigError: If one is not given.
    """
    missing = [name for name in wanted if name not in given]
    if not missing:
        return
    places = "; ".join(f"{{{{var.{name}}}}} stands in {wanted[name]}" for name in missing)
    raise ConfigError(
        f"workflow {workflow!r} has to be given {', '.join(missing)}: {places}",
        hint=f"tt run {workflow} {' '.join(f'--var {name}=VALUE' for name in missing)}",
    )


def _wanted(
    raw: Mapping[str, Any],
    types: Types,
    flows: Mapping[str, Workflow],
    known: dict[str, dict[str, str]],
) -> dict[str, str]:
    """Return the variables that a step wants, each with the key that names it."""
    step = _converted(raw, types)
    found: dict[str, str] = {}
    for path, token in _tokens(step) if step is not None else ():
        if token.head == "var":
            found.setdefault(token.parts[0], path)
    inner = flows.get(str(raw.get(NESTS))) if raw.get("type") == NESTS else None
    if inner is not None:
        own = raw.get("vars")
        if inner.name not in known:
            variables(inner, types, flows, known)
        for name, where in known[inner.name].items():
            if not (isinstance(own, Mapping) and name in own):
                found.setdefault(name, f"workflow {inner.name!r}, {where}")
    return found


def _converted(raw: Mapping[str, Any], types: Types) -> Any:
    """Return the keys of a step as its type has them; None if there is no template in them."""
    kind = types.get(str(raw.get("type")))
    if kind is None or not ("{{" in str(raw) or raw.get("type") == NESTS):
        return None
    return convert(own_of(raw), kind.schema)[0]


def _tokens(step: Any) -> Iterator[tuple[str, Token]]:
    for path, text, _ in texts(step):
        try:
            found = tokens(text)
        except TemplateError:
            continue  # it is among the faults
        yield from ((path, one) for one in found)


def _leaves(raw: Mapping[str, Any], types: Types) -> tuple[str, ...] | None:
    """Return the names of what a step leaves; None if its type does not say."""
    kind = types.get(str(raw.get("type")))
    said = trait(kind, "leaves", None) if kind is not None else None
    if kind is None or said is None:
        return None
    step = convert(own_of(raw), kind.schema)[0]
    common: Common = common_of(raw)[0]
    return None if step is None else tuple(said(step, common))


def _unknown(
    name: str,
    place: int,
    leaves: Sequence[tuple[str, ...] | None],
    needs: Sequence[frozenset[int]],
) -> str:
    """Return why nobody will have left an output when a step begins; empty if somebody may have."""
    before = sorted(with_needs(needs, {place}) - {place})
    known = [one for other in before for one in leaves[other] or ()]
    if name in known or any(leaves[other] is None for other in before):
        return ""
    later = [n for n, own in enumerate(leaves) if own and name in own]
    if later:
        return f"is left by step {later[0] + 1}, for which this one does not wait: see depends_on"
    return (
        f"names what no step before it leaves (outputs before it: {', '.join(known) or 'none'}); "
        "one comes from `output_json` or `artifact_name`"
    )

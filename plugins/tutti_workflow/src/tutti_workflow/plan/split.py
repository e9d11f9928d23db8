"""A step's table: which of its keys every step has, and which are its type's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from tutti_core import Arrangement, Plugins, StepType, convert

from ..model import Common

KEYS = tuple(field.name for field in attrs.fields(Common))
"""Keys that belong to the engine; a type of steps can have none of them."""
COMES_WITH: Mapping[str, str] = {"land": "tutti-git", "review": "tutti-git"}
"""Types of steps that other distributions of tutti have."""

Problem = tuple[str, str]


def common_of(raw: Mapping[str, Any]) -> tuple[Common, list[Problem]]:
    """Return the keys of a step that every step has, and what is wrong with them.

    Args:
        raw: The step's table.
    """
    found, faults = convert({key: raw[key] for key in KEYS if key in raw}, Common)
    wrong = [(shown(one.path), said(one)) for one in faults]
    return (found if found is not None else Common()), wrong


def own_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a step that belong to its type.

    Args:
        raw: The step's table.
    """
    return {key: value for key, value in raw.items() if key != "type" and key not in KEYS}


def trait(kind: StepType, name: str, otherwise: Any) -> Any:
    """Return what a type of steps says of itself beyond what it must.

    Args:
        kind: The type.
        name: ``fail_mode``, ``on_resume``, ``timeout_secs``, ``holds_agent``, ``retries``,
            ``goes_on``, ``untrusted``, ``leaves``, ``intent`` or ``check``.
        otherwise: What counts if it does not say.
    """
    return getattr(kind, name, otherwise)


def typed(
    raw: Mapping[str, Any],
    types: Mapping[str, StepType],
    arrangement: Arrangement,
    plugins: Plugins,
) -> Iterator[Problem]:
    """Yield what is wrong with a step as its type and the team see it.

    Args:
        raw: The step's table.
        types: The types of steps there are.
        arrangement: The team.
        plugins: Who gives the types.
    """
    name = str(raw.get("type"))
    kind = types.get(name)
    if kind is None:
        if name not in COMES_WITH and not plugins.absent():
            yield ".type", f"no step has the type {name!r} (types here: {', '.join(sorted(types))})"
        return
    step, faults = convert(own_of(raw), kind.schema)
    for one in faults:
        yield shown(one.path), said(one)
    if faults:
        return
    yield from _agent(raw, kind, arrangement)
    check = trait(kind, "check", None)
    if check is not None:
        yield from check(step, common_of(raw)[0], arrangement)


def _agent(raw: Mapping[str, Any], kind: StepType, arrangement: Arrangement) -> Iterator[Problem]:
    name = raw.get("agent")
    if "agent" not in attrs.fields_dict(kind.schema) or not isinstance(name, str) or "{{" in name:
        return
    if arrangement.named(name) is None:
        known = ", ".join(one.name for one in arrangement.agent) or "there is none"
        yield ".agent", f"no agent is named {name!r} (agents here: {known})"


def shown(path: tuple[str | int, ...]) -> str:
    """Return a path as it follows that of a step, such as `.retry.on[0]`."""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)


def said(fault: Any) -> str:
    """Return a fault as one line, with what to do about it."""
    return f"{fault.message}: {fault.remedy}" if fault.remedy else str(fault.message)

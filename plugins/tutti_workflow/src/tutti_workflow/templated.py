"""Templates of whole steps: replaced in all of their texts, checked, and looked through."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import attrs

from .templates import Scope, TemplateError, Unread, render, tokens


def render_step(step: Any, scope: Scope, where: str = "", how: Any = None) -> Any:
    """Return a step with the templates of all its texts replaced, whatever they are nested in.

    A field whose metadata has ``render`` is rendered by that function of text, scope and place.

    Args:
        step: The step's keys, an attrs value.
        scope: What templates can name.
        where: The step, for errors.
        how: Renders every text in its stead.

    Raises:
        TemplateError: If a template names what is not there, or stands where none may.
    """
    changes = {
        field.alias or field.name: _rendered(
            value, scope, place, how or field.metadata.get("render")
        )
        for field, value, place in _fields(step, where)
    }
    return attrs.evolve(step, **changes)


def faults(step: Any, names: Collection[str], given: Collection[str]) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with a step's templates before anything runs.

    Args:
        step: The step's keys, an attrs value.
        names: The outputs that earlier steps will have left.
        given: The variables that are given.

    Returns:
        Pairs of a key and a message.
    """
    everything = _Everything(
        dict.fromkeys(names, Unread("/output", None)), dict.fromkeys(given, "var")
    )
    for field, value, _ in _fields(step, ""):
        try:
            _rendered(value, everything, field.name, field.metadata.get("render"))
        except TemplateError as error:
            yield field.name, error.message


@attrs.frozen
class _Everything(Scope):
    """A scope before the run."""

    workspace: str = "workspace"
    root: str = "/workspace"
    run: str = "run"
    workflow: str = "workflow"
    agent: str = "agent"


def _fields(step: Any, where: str) -> Iterator[tuple[Any, Any, str]]:
    for field in attrs.fields(type(step)):
        if field.init:
            place = f"{where}, {field.name}" if where else field.name
            yield field, getattr(step, field.name), place


def _rendered(value: Any, scope: Scope, where: str, how: Any = None) -> Any:
    if isinstance(value, str):
        return (how or render)(value, scope, where)
    if isinstance(value, Mapping):
        return {key: _rendered(one, scope, f"{where}.{key}", how) for key, one in value.items()}
    if attrs.has(type(value)):
        return render_step(value, scope, where, how)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        found = [_rendered(one, scope, f"{where}[{n}]", how) for n, one in enumerate(value)]
        return type(value)(found) if isinstance(value, (list, tuple)) else found
    return value


def named_in(step: Any) -> set[str]:
    """Return the names of the outputs that a step's templates name, whatever they are nested in.

    Args:
        step: The step's keys, an attrs value; with its templates still in it.
    """
    found: set[str] = set()

    def look(text: str, _: Scope, where: str) -> str:
        found.update(one.parts[0] for one in tokens(text, where) if one.head == "output")
        return text

    for _, value, _ in _fields(step, ""):
        _rendered(value, Scope(), "", look)
    return found

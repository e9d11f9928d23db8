"""Templates of whole steps: replaced in all of their texts, checked, and looked through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from .templates import Scope, TemplateError, Unread, render, tokens


def render_step(step: Any, scope: Scope, where: str = "") -> Any:
    """Return a step with the templates of all its texts replaced, whatever they are nested in.

    A field whose metadata has ``render`` is rendered by that function of text, scope and place.

    Args:
        step: The step's keys, an attrs value.
        scope: What templates can name.
        where: The step, for errors.

    Raises:
        TemplateError: If a template names what is not there, or stands where none may.
    """
    changes = {
        field.alias or field.name: _rendered(value, scope, place, field.metadata.get("render"))
        for field, value, place in _fields(step, where)
    }
    return attrs.evolve(step, **changes)


def texts(step: Any) -> Iterator[tuple[str, str, Any]]:
    """Return the texts of a step, whatever they are nested in.

    Args:
        step: The step's keys, an attrs value.

    Returns:
        For each its path, such as ``inject_files[0].src``, itself, and what renders it.
    """
    for field, value, place in _fields(step, ""):
        yield from _texts(value, place, field.metadata.get("render"))


def _texts(value: Any, where: str, how: Any) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, str):
        yield where, value, how
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, f"{where}.{key}", how)
    elif attrs.has(type(value)):
        for path, text, own in texts(value):
            yield f"{where}.{path}", text, own
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        for n, one in enumerate(value):
            yield from _texts(one, f"{where}[{n}]", how)


def faults(step: Any) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with how a step's templates are written, and with where they stand.

    Args:
        step: The step's keys, an attrs value.

    Returns:
        Pairs of a path below the step and a message.
    """
    for path, text, how in texts(step):
        try:
            (how or render)(text, _EVERYTHING, "")
        except TemplateError as error:
            yield path, f"{error.message}: {error.hint}"


class _All(Mapping[str, Any]):
    """Has a value under every name."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getitem__(self, _: str) -> Any:
        return self._value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_EVERYTHING = Scope(
    outputs=_All(Unread("/output", None)),
    vars=_All("var"),
    workspace="workspace",
    root="/workspace",
    run="run",
    workflow="workflow",
    agent="agent",
)
"""A scope before the run, in which everything is there."""


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
        return render_step(value, scope, where)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        found = [_rendered(one, scope, f"{where}[{n}]", how) for n, one in enumerate(value)]
        return type(value)(found) if isinstance(value, (list, tuple)) else found
    return value


def named_in(step: Any) -> set[str]:
    """Return the names of the outputs that a step's templates name.

    Args:
        step: The step's keys, an attrs value; with its templates still in it.
    """
    found = [one for path, text, _ in texts(step) for one in tokens(text, path)]
    return {one.parts[0] for one in found if one.head == "output"}

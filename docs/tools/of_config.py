"""The tables of `tutti.toml` and of the global file, from the classes they become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
from docstrings import plain, read
from places import table

from tutti_core import Arrangement, Plugins
from tutti_core.config.schema import EXTRAS, Schema, Section

WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    tuple[str, ...]: "array of text",
    Mapping[str, str]: "table of text",
    Mapping[str, Any]: "table",
    str | tuple[str, ...]: "text or array of text",
    bool | tuple[str, ...]: "true or false, or array of text",
    tuple[Mapping[str, Any], ...]: "array of tables",
}


def section(name: str) -> str:
    """Return one table, with the tables inside it and the keys that plugins add to it.

    Args:
        name: The table's name.
    """
    found = next(one for one in schema().sections if one.name == name)
    head = f"### `[[{name}]]`" if found.many else f"### `[{name}]`"
    owner = [] if found.owner == "tutti-core" else [f"Given by {found.owner}."]
    if not attrs.has(found.kind):
        meaning = read(Arrangement.__doc__).items("Attributes")[name]
        return "\n\n".join([head, *owner, f"{meaning} Every key is yours; the values are text."])
    return "\n\n".join([head, *owner, *_class(found.kind, name), *_added(found)])


def keys(module: str, name: str) -> str:
    """Return the keys of a class that is no table of its own, such as a kind of steps.

    Args:
        module: Its module.
        name: Its name.
    """
    return "\n\n".join(_class(getattr(import_module(module), name), name)[-1:])


def schema() -> Schema:
    """Return the schema of the plugins that are installed here."""
    return Schema(Plugins.installed().tables())


def _class(kind: type, name: str) -> list[str]:
    about = read(kind.__doc__)
    # A docstring that says more than the table's name says it after a colon.
    says = about.summary.partition(": ")[2]
    told = [says[:1].upper() + says[1:]] if says else []
    rows, inner = [], []
    hints = get_type_hints(kind)
    for field in attrs.fields(kind):
        if field.name == EXTRAS:
            continue
        hint = _without_none(hints[field.name])
        if attrs.has(hint):
            inner += [f"### `[{name}.{field.name}]`", *_class(hint, f"{name}.{field.name}")]
        else:
            meaning = about.items("Attributes")[field.name]
            rows.append([f"`{field.name}`", type_words(hint), default_words(field), meaning])
    return [*told, table(["key", "type", "default", "meaning"], rows), *inner]


def _added(found: Section) -> list[str]:
    return [
        part
        for owner, kind in found.keys
        for part in (f"Keys that {owner} adds:", *_class(kind, found.name))
    ]


def _without_none(hint: Any) -> Any:
    members = [one for one in get_args(hint) if one is not NoneType]
    return reduce(or_, members) if NoneType in get_args(hint) else hint


def type_words(hint: Any) -> str:
    """Return a type in words."""
    if get_origin(hint) is Literal:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in get_args(hint))
    if get_origin(hint) is tuple and hint not in WORDS:
        return "array of text and tables"
    return WORDS[hint]


def default_words(field: attrs.Attribute[Any]) -> str:
    """Return a default as TOML writes it, `required`, or a dash for nothing."""
    default = field.default
    if default is attrs.NOTHING:
        return "required"
    made = getattr(default, "factory", lambda: default)()
    if made is None:
        return "—"
    shown = list(made) if isinstance(made, tuple) else made
    return plain(f"`{json.dumps(shown)}`")

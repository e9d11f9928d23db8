"""Takes one file's tables apart: the core's, the plugins', those whose owner is not at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tutti_core.errors import PluginError

from . import known, shapes
from .convert import convert_table
from .document import Document
from .faults import MISSING
from .find import global_path, shown
from .problems import Fault, KeyPath, parsed, suggestion
from .schema import CORE, Schema, Scope, Section


class Taken(NamedTuple):
    """What one file gave.

    Attributes:
        values: The core's tables, by name.
        tables: The plugins' tables and keys, by the classes that describe them.
        unowned: Tables and keys whose owner is not at work, with what to do about each.
        faults: What is wrong.
    """

    values: dict[str, Any]
    tables: dict[type, Any]
    unowned: dict[str, str]
    faults: list[Fault]


def take(document: Document, schema: Schema, scope: Scope) -> Taken:
    """Convert every table of a file.

    Args:
        document: The file.
        schema: The tables that may be used.
        scope: Which of the two files it is.
    """
    taken = Taken({}, {}, {}, [])
    for name, value in document.data.items():
        section = schema.find(name, scope)
        if section:
            _take_section(taken, section, value, schema)
        else:
            _take_stray(taken, document, schema, scope, name)
    if scope == "workspace" and "workspace" not in document.data:
        taken.faults.append(
            Fault(("workspace",), MISSING, "begin with [workspace] and `name = ...`")
        )
    return taken


def _take_section(taken: Taken, section: Section, value: Any, schema: Schema) -> None:
    before = len(taken.faults)
    if section.many:
        found: Any = _take_many(taken, section, value, schema)
    else:
        found, extras = _take_one(taken, section, value, (section.name,), schema)
        taken.tables.update(extras)
    if len(taken.faults) > before:
        return
    taken.faults.extend(_own_check(section, found))
    if section.owner == CORE:
        taken.values[section.name] = found
    else:
        taken.tables[section.kind] = found


def _take_many(taken: Taken, section: Section, value: Any, schema: Schema) -> tuple[Any, ...]:
    name = section.name
    if not isinstance(value, list):
        message = f"must be an array of tables, is {'one table' if _is_table(value) else 'a value'}"
        taken.faults.append(Fault((name,), message, f"begin each with [[{name}]]"))
        return ()
    places = ((name, index) for index in range(len(value)))
    return tuple(
        _take_one(taken, section, one, place, schema)[0]
        for one, place in zip(value, places, strict=True)
    )


def _take_one(
    taken: Taken, section: Section, value: Any, path: KeyPath, schema: Schema
) -> tuple[Any, dict[type, Any]]:
    if _is_table(value):
        value = _own_keys(taken, section, value, schema)
    found, faults = convert_table(value, section, path)
    taken.faults.extend(faults)
    return found or (None, {})


def _own_keys(
    taken: Taken, section: Section, value: dict[str, Any], schema: Schema
) -> dict[str, Any]:
    """Leave out the keys of ours whose plugin is not at work, and note them as unowned."""
    kept = {}
    for key, one in value.items():
        owner = known.KEYS.get((section.name, key))
        if owner and key not in section.names:
            taken.unowned[f"{section.name}.{key}"] = _whose(owner, schema)
        else:
            kept[key] = one
    return kept


def _own_check(section: Section, value: Any) -> list[Fault]:
    if section.check is None:
        return []
    try:
        found = [(parsed(path), message) for path, message in section.check(value)]
    except Exception as error:
        raise PluginError(
            f"{section.owner} failed to check [{section.name}]: {type(error).__name__}: {error}",
            hint=f"report it to whoever makes {section.owner}",
        ) from error
    return [Fault((section.name, *path), message) for path, message in found]


def _take_stray(taken: Taken, document: Document, schema: Schema, scope: Scope, name: str) -> None:
    value = document.data[name]
    where = "" if scope == "workspace" else f" (in {document.file})"
    foreign = schema.absent.keys() - set(known.TABLES.values())
    if schema.elsewhere(name):
        other = "tutti.toml" if scope == "global" else shown(global_path())
        taken.faults.append(Fault((name,), "does not belong in this file", f"move it to {other}"))
    elif name in known.TABLES:
        steps = _steps(document.data) if name == "workflow" else ""
        taken.unowned[name] = _whose(known.TABLES[name], schema) + steps + where
    elif foreign:
        owners = " or ".join(f"{one}, which {schema.absent[one]}" for one in sorted(foreign))
        taken.unowned[name] = f"it may belong to {owners}{where}"
    else:
        names = {one.name for one in schema.sections if one.stands_in(scope)} | {*known.TABLES}
        kind = "table" if isinstance(value, (dict, list)) else "key"
        taken.faults.append(Fault((name,), f"unknown {kind}", suggestion(name, names)))


def _whose(owner: str, schema: Schema) -> str:
    belongs = f"it belongs to {owner}, which {known.why(owner, schema.absent)}"
    if owner in schema.absent:
        return belongs
    return f"{belongs}: {known.remedy(owner, schema.absent)}"


def _steps(data: Mapping[str, Any]) -> str:
    """Return which steps of the workflows come with yet another distribution."""
    flows = [one for _, one in shapes.tables(data, "workflow")]
    steps = [step for one in flows for _, step in shapes.tables(one, "step")]
    kinds = {shapes.text(step, "type") or "" for step in steps} & known.STEPS.keys()
    others = {kind for kind in kinds if known.STEPS[kind] != known.TABLES["workflow"]}
    return "".join(f"; its step {kind!r} comes with {known.STEPS[kind]}" for kind in sorted(others))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)

"""A runtime's rules with what people put over them: changed by id, added, or switched off.

A change that makes no sense is left out, and said with its file and line: nobody's team is to stand
still for a typing error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from ..config.positions import lines_of
from ..errors import ConfigError
from .rulefile import compile_parts, parse

Path = tuple[str, ...]
Named = tuple[Path, str]
RULES = ("title", "screen", "piece", "feed")
"""The parts that are lists of rules with ids. Of the others, keys take the place of keys."""
BAD = (ConfigError, TypeError, ValueError, AttributeError, LookupError)


class Layer(NamedTuple):
    """A file with changes.

    Attributes:
        origin: What to call it in messages.
        text: Its content: a rule file, of which every part is optional.
    """

    origin: str
    text: str


class Layered(NamedTuple):
    """Rules with the changes that could be made.

    Attributes:
        rules: As `compile_rules` returns them. A rule that a layer changed or added says so under
            ``from``.
        left_out: What could not be used, each with file and line.
    """

    rules: dict[str, Any]
    left_out: tuple[str, ...] = ()


class Change(NamedTuple):
    """One thing that a layer says.

    Attributes:
        place: The part, and for a feed its name.
        values: The rule, or what the part holds.
        line: Where it stands.
        rule: Whether it is a rule of a list, which an id tells from the others.
    """

    place: Path
    values: Any
    line: int
    rule: bool


def layered(text: str, source: str, layers: Sequence[Layer]) -> Layered:
    """Return rules with layers over them, the last one on top.

    Args:
        text: The runtime's own rule file.
        source: What to call it in messages.
        layers: What is put over it.

    Raises:
        ConfigError: If the runtime's own rules make no sense.
    """
    data = parse(text, source)
    rules = compile_parts(data, source)
    left_out: list[str] = []
    origins: dict[Named, str] = {}
    for layer in layers:
        data, failed = _over(data, layer, source, origins)
        left_out += failed
    if layers:
        rules = compile_parts(data, source)
    for (place, name), origin in origins.items():
        for rule in _at(rules, place):
            rule.update({"from": origin} if rule["id"] == name else {})
    return Layered(rules, tuple(left_out))


def _at(rules: Mapping[str, Any], place: Path) -> list[dict[str, Any]]:
    for name in place:
        rules = rules.get(name, {})
    return list(rules)  # type: ignore[arg-type]  # the last one is a list


def _over(
    data: dict[str, Any], layer: Layer, source: str, origins: dict[Named, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the data with the changes of a layer that make sense, and why the others make none."""
    try:
        changes = list(_changes(parse(layer.text, layer.origin), layer.text))
    except ConfigError as error:
        return data, [error.message]
    failed = []
    added = 0
    for change in changes:
        trial = deepcopy(data)
        try:
            fresh = _change(trial, change, added)
            compile_parts(trial, source)
        except BAD as error:
            said = error.message if isinstance(error, ConfigError) else str(error)
            failed.append(f"{layer.origin}:{change.line}: {said}")
            continue
        data, added = trial, added + fresh
        if change.rule:
            origins[change.place, change.values["id"]] = layer.origin
    return data, failed


def _changes(data: Mapping[str, Any], text: str) -> Iterator[Change]:
    lines = lines_of(text)
    for part, value in data.items():
        if part == "feed" and isinstance(value, dict):
            for name, rules in value.items():
                yield from _listed((part, name), rules, lines)
        else:
            yield from _listed((part,), value, lines)


def _listed(place: Path, value: Any, lines: Mapping[Any, int]) -> Iterator[Change]:
    if place[0] in RULES and isinstance(value, list):
        for number, rule in enumerate(value):
            yield Change(place, rule, lines.get((*place, number), 1), rule=True)
    else:
        yield Change(place, value, lines.get(place, 1), rule=False)


def _change(data: dict[str, Any], change: Change, added: int) -> int:
    """Make a change; return how many rules it adds. New ones speak before those that are there."""
    *above, last = change.place
    holder = data
    for name in above:
        holder = holder.setdefault(name, {})
    if not change.rule:
        table = isinstance(change.values, dict)
        holder[last] = {**holder.get(last, {}), **change.values} if table else change.values
        return 0
    return _rule(holder.setdefault(last, []), dict(change.values), added)


def _rule(rules: list[dict[str, Any]], said: dict[str, Any], added: int) -> int:
    name, off = said.get("id"), said.pop("disabled", False)
    if not isinstance(off, bool):
        raise ConfigError(f"rule {name!r}: disabled is true or false, not {off!r}")
    there = next((number for number, one in enumerate(rules) if one.get("id") == name), None)
    if off and there is None:
        raise ConfigError(f"there is no rule {name!r} to switch off")
    if there is None:
        rules.insert(added, said)
        return 1
    if off:
        del rules[there]
    else:
        rules[there] = {**rules[there], **said}
    return 0

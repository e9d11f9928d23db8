"""Checks the parts of a rule file that are about feeds and what they count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..errors import ConfigError
from ..model.reading import KINDS, STATES
from .checking import compiles, cuts, known

FEED_PARTS = ("feed", "follow", "turn", "context")
GATES = ("where", "not", "regex", "at")
FEED_KEYS = frozenset((*GATES, "id", "state", "kind", "detail", "confidence", "priority", "fades"))
TURN_PARTS = ("begin", "end", "answer")
TURN_KEYS = frozenset((*GATES, "feed", "text"))
COUNTED_KEYS = frozenset((*GATES, "feed", "used", "window", "model", "windows"))
PRINTED_KEYS = frozenset(("source", "region", "regex"))


def compile_feeds(data: Mapping[str, Any], source: str, marks: Collection[str]) -> dict[str, Any]:
    """Check what a rule file says of feeds, and return it as plain values.

    Args:
        data: The whole file.
        source: What to call it in messages.
        marks: The marks there are.

    Returns:
        ``{"feed": {…}, "follow": {…}, "turn": {…} | None, "context": […]}``.

    Raises:
        ConfigError: If a rule makes no sense.
    """
    context = data.get("context", [])
    return {
        "feed": {
            feed: [
                _rule(rule, f"{source}, feed {feed}") for rule in _list(rules, f"{source}: {feed}")
            ]
            for feed, rules in _table(data.get("feed", {}), f"{source}: [feed]").items()
        },
        "follow": _follow(data.get("follow", {}), f"rules of {source}: [follow]"),
        "turn": _turn(data["turn"], f"rules of {source}: [turn]") if "turn" in data else None,
        "context": [
            _context(part, f"rules of {source}: [[context]]", marks)
            for part in (context if isinstance(context, list) else [context])
        ],
    }


def _rule(rule: Mapping[str, Any], where: str) -> dict[str, Any]:
    name = f"rule {_table(rule, where).get('id', '?')!r} of {where}"
    _keys(rule, FEED_KEYS, name, ("id", "state"))
    known(rule["state"], STATES, name)
    if rule.get("kind"):
        known(rule["kind"], KINDS, name)
    for key in ("fades", "confidence", "priority"):
        _number(rule.get(key, 0), f"{name}: {key}")
    _text(rule.get("detail", ""), f"{name}: detail")
    return _gate(rule, name)


def _turn(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    _keys(part, frozenset(TURN_PARTS), where, ())
    return {
        name: [_mark(gate, f"{where}: {name}") for gate in _list(part.get(name, []), where)]
        for name in TURN_PARTS
    }


def _mark(gate: Mapping[str, Any], where: str) -> dict[str, Any]:
    needs = ("feed", "text") if where.endswith("answer") else ("feed",)
    _keys(gate, TURN_KEYS, where, needs)
    for key in ("feed", "text"):
        _text(gate.get(key, ""), f"{where}: {key}")
    return _gate(gate, where)


def _follow(part: Mapping[str, Any], where: str) -> dict[str, str]:
    for feed, path in _table(part, where).items():
        _text(path, f"{where}: {feed}")
        other, _, inner = path.partition(":")
        if not inner or other == feed:
            raise ConfigError(f"{where}: {feed}: {path!r} is not 'FEED:PATH' of another feed")
    return dict(part)


def _context(part: Mapping[str, Any], where: str, marks: Collection[str]) -> dict[str, Any]:
    if "feed" in _table(part, where):
        return _counted(part, where)
    _keys(part, PRINTED_KEYS, where, ("source", "regex"))
    known(part["source"], ("title", "screen"), where)
    cuts(part.get("region", "screen"), marks, where)
    compiles(part["regex"], where)
    if not any(f"(?P<{group}>" in part["regex"] for group in ("used", "left")):
        raise ConfigError(f"{where}: regex needs a group (?P<used>…) or (?P<left>…), in percent")
    return dict(part)


def _counted(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    _keys(part, COUNTED_KEYS, where, ("used",))
    paths = {key: _texts(part.get(key, []), where) for key in ("used", "model")}
    if "window" in part and not isinstance(part["window"], str):
        _number(part["window"], f"{where}: window")
    for regex, size in _table(part.get("windows", {}), where).items():
        compiles(regex, where)
        _number(size, f"{where}: windows")
    return _gate({**part, **paths}, where)


def _gate(gate: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not gate.get("where") and not gate.get("regex"):
        raise ConfigError(f"{where}: needs at least one of where, regex")
    for key in ("where", "not", "regex"):
        _table(gate.get(key, {}), f"{where}: {key}")
    for regex in gate.get("regex", {}).values():
        compiles(regex, where)
    _text(gate.get("at", ""), f"{where}: at")
    return dict(gate)


def _keys(found: Any, can: Collection[str], where: str, needs: Collection[str]) -> None:
    unknown = sorted(set(_table(found, where)) - set(can))
    missing = [key for key in needs if key not in found]
    if unknown or missing:
        said = f"does not know {unknown[0]!r}" if unknown else f"needs {missing[0]}"
        raise ConfigError(f"{where} {said}")


def _table(found: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise ConfigError(f"{where} is a table, not {found!r}")
    return found


def _list(found: Any, where: str) -> list[Any]:
    if not isinstance(found, list):
        raise ConfigError(f"{where}: a list is wanted, not {found!r}")
    return found


def _texts(found: Any, where: str) -> list[str]:
    listed = [found] if isinstance(found, str) else _list(found, where)
    for one in listed:
        _text(one, where)
    return listed


def _text(found: Any, where: str) -> None:
    if not isinstance(found, str):
        raise ConfigError(f"{where} is a text, not {found!r}")


def _number(found: Any, where: str) -> None:
    if not isinstance(found, (int, float)) or isinstance(found, bool):
        raise ConfigError(f"{where} is a number, not {found!r}")

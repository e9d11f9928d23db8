"""Turns TOML values into attrs values, strictly, and says everything that stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import attrs

from tutti_core.errors import TuttiError

from . import values
from .faults import UNKNOWN, faults_of, impossible
from .problems import Fault, KeyPath, suggestion
from .schema import EXTRAS, Section, names_of

if TYPE_CHECKING:
    from cattrs import Converter

Hook = Callable[[Any, Any], Any]

_BY_VALIDATORS = (ValueError, TypeError, LookupError)


def convert(value: Any, kind: Any, path: KeyPath = ()) -> tuple[Any, list[Fault]]:
    """Turn one TOML value into a value of a type.

    Nothing is coerced: a text is not a number and a number not a truth, but a whole number is a
    number. Keys that the type does not have are refused.

    Args:
        value: What the parser gave.
        kind: An attrs class, or any type that a field of one may have.
        path: Where the value stands.

    Returns:
        The value, or None, and what is wrong with it.

    Raises:
        PluginError: If the type is one that TOML cannot give.
    """
    from cattrs.errors import StructureHandlerNotFoundError

    try:
        hook = _converter().get_structure_hook(kind)
    except StructureHandlerNotFoundError as error:
        raise impossible(error) from error
    found, failure = _tried(hook, value, kind)
    return found, list(faults_of(failure, path)) if failure else []


def convert_table(value: Any, section: Section, path: KeyPath) -> tuple[Any, list[Fault]]:
    """Turn one table of a file, with the keys that plugins add to it, into its class.

    Args:
        value: What the parser gave.
        section: What the schema says of the table.
        path: Where the table stands.

    Returns:
        The value and the plugins' own by their classes, as a pair, or None; and what is wrong.
    """
    if not isinstance(value, Mapping):
        wrong = values.wanted("a table", value, f"begin it with [{section.name}]")
        return None, [Fault(path, wrong.message, wrong.remedy)]
    added = {name for _, kind in section.keys for name in names_of(kind)}
    main, faults = convert(_without(value, added), section.kind, path)
    extras = {}
    for _, kind in section.keys:
        names = names_of(kind)
        extras[kind], more = convert({k: v for k, v in value.items() if k in names}, kind, path)
        faults += more
    if faults:
        return None, [_widened(one, path, section.names) for one in faults]
    if section.many and section.keys:
        main = attrs.evolve(main, extras=extras)
    return (main, extras), []


def _without(value: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key not in names}


def _widened(fault: Fault, path: KeyPath, names: Sequence[str]) -> Fault:
    """Let the suggestion for an unknown key of the table include the keys of plugins."""
    if fault.message != UNKNOWN or fault.path[:-1] != path:
        return fault
    return fault._replace(remedy=suggestion(str(fault.path[-1]), names))


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    for kind, take in ((str, values.text), (int, values.whole), (float, values.number)):
        converter.register_structure_hook(kind, lambda value, _, take=take: take(value))
    converter.register_structure_hook(bool, lambda value, _: values.truth(value))
    for moment in (datetime, date, time):
        converter.register_structure_hook(moment, _moment)
    converter.register_structure_hook_factory(attrs.has, _table_hook)
    converter.register_structure_hook_factory(_is_literal, _literal_hook)
    converter.register_structure_hook_factory(_is_array, _array_hook)
    converter.register_structure_hook_factory(_is_mapping, _mapping_hook)
    converter.register_structure_hook_factory(_is_union, _union_hook)
    return converter


# How each kind of type is taken.


def _table_hook(kind: type, converter: Converter) -> Hook:
    from cattrs.gen import make_dict_structure_fn, override

    left_out: dict[str, Any] = {}
    if EXTRAS in attrs.fields_dict(kind):
        left_out[EXTRAS] = override(omit=True)
    build: Hook = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_use_alias=True, **left_out
    )
    return lambda value, _: build(values.table(value), kind)


def _literal_hook(kind: Any, _: Converter) -> Hook:
    choices = get_args(kind)
    return lambda value, _: values.choice(value, choices)


def _array_hook(kind: Any, converter: Converter) -> Hook:
    item = get_args(kind)[0] if get_args(kind) else Any
    inner = converter.get_structure_hook(item)
    make = tuple if _origin(kind) in (tuple, Sequence) else _origin(kind)

    def take(value: Any, _: Any) -> Any:
        return make(one for _, one in _each(enumerate(values.array(value)), inner, item, kind))

    return take


def _mapping_hook(kind: Any, converter: Converter) -> Hook:
    item = get_args(kind)[1] if get_args(kind) else Any
    inner = converter.get_structure_hook(item)
    return lambda value, _: dict(_each(values.table(value).items(), inner, item, kind))


def _each(
    items: Iterable[tuple[Any, Any]], hook: Hook, item: Any, kind: Any
) -> list[tuple[Any, Any]]:
    """Take every item, or raise what is wrong with all that cannot be taken."""
    from cattrs.errors import IterableValidationError, IterableValidationNote

    taken, errors = [], []
    for place, value in items:
        found, error = _tried(hook, value, item)
        taken.append((place, found))
        if error:
            note = IterableValidationNote("", place, item)
            vars(error).setdefault("__notes__", []).append(note)
            errors.append(error)
    if errors:
        raise IterableValidationError("", errors, kind)
    return taken


def _union_hook(kind: Any, converter: Converter) -> Hook:
    members = [one for one in get_args(kind) if one is not NoneType]
    hooks = [(converter.get_structure_hook(one), one) for one in members]

    def take(value: Any, _: Any) -> Any:
        tries = [_tried(hook, value, member) for hook, member in hooks]
        errors = [error for _, error in tries if error]
        if len(errors) == len(tries):
            raise _nearest(errors)
        return next(found for found, error in tries if not error)

    return take


def _tried(hook: Hook, value: Any, kind: Any) -> tuple[Any, Exception | None]:
    from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

    ours = (BaseValidationError, ForbiddenExtraKeysError, values.MismatchError, TuttiError)
    try:
        return hook(value, kind), None
    except (*ours, *_BY_VALIDATORS) as error:
        return None, error


def _nearest(errors: list[Exception]) -> Exception:
    """Return the error of the member that the value was meant for, or all of them in one."""
    from cattrs.errors import BaseValidationError

    deep = [one for one in errors if isinstance(one, BaseValidationError)]
    if deep or len(errors) == 1:
        return (deep or errors)[0]
    return values.MismatchError("; ".join(str(one) for one in errors))


def _moment(value: Any, kind: Any) -> Any:
    if type(value) is not kind:
        raise values.wanted(f"a {kind.__name__}", value)
    return value


def _origin(kind: Any) -> Any:
    return get_origin(kind) or kind


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _is_array(kind: Any) -> bool:
    uniform = get_origin(kind) is not tuple or get_args(kind)[1:] in ((), (...,))
    return _origin(kind) in (tuple, list, frozenset, Sequence) and uniform


def _is_mapping(kind: Any) -> bool:
    return _origin(kind) in (dict, Mapping)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)

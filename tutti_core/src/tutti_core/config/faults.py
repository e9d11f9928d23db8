"""What went wrong in a conversion, and where: cattrs' errors as faults with paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from tutti_core.errors import PluginError

from . import values
from .problems import Fault, KeyPath, suggestion
from .schema import names_of

if TYPE_CHECKING:
    from cattrs.errors import StructureHandlerNotFoundError

UNKNOWN = "unknown key"
MISSING = "is missing"


def faults_of(error: Exception, path: KeyPath) -> Iterator[Fault]:
    """Yield everything that a failed conversion has to say.

    Args:
        error: What the conversion raised.
        path: Where the converted value stands.

    Raises:
        PluginError: If the type is one that TOML cannot give.
    """
    from cattrs.errors import (
        ClassValidationError,
        ForbiddenExtraKeysError,
        IterableValidationError,
        StructureHandlerNotFoundError,
    )

    if isinstance(error, ClassValidationError):
        yield from _class_faults(error, path)
    elif isinstance(error, IterableValidationError):
        for inner, place in error.group_exceptions()[0]:
            yield from faults_of(inner, (*path, place.index))
    elif isinstance(error, ForbiddenExtraKeysError):
        for name in sorted(error.extra_fields):
            yield Fault((*path, name), UNKNOWN, suggestion(name, names_of(error.cl)))
    elif isinstance(error, values.MismatchError):
        yield Fault(path, error.message, error.remedy)
    elif isinstance(error, StructureHandlerNotFoundError):
        # Some versions of cattrs look for the hook of a field only when they need it.
        raise impossible(error)
    else:
        yield Fault(path, _said(error))


def impossible(error: StructureHandlerNotFoundError) -> PluginError:
    """Return the error for a type that nothing in TOML can become."""
    return PluginError(f"a TOML table cannot give a {error.type_!r}")


def _class_faults(error: Any, path: KeyPath) -> Iterator[Fault]:
    noted, whole = error.group_exceptions()
    fields = attrs.fields_dict(error.cl)
    for inner, note in noted:
        key = fields[note.name].alias or note.name
        if isinstance(inner, KeyError) and inner.args == (key,):
            yield Fault((*path, key), MISSING, f"add `{key} = ...`")
        else:
            yield from faults_of(inner, (*path, key))
    for inner in whole:
        # What a validator of attrs says begins with the name of the field.
        named = [one for one in fields if _said(inner).startswith(f"'{one}' ")]
        yield from faults_of(inner, (*path, *(fields[one].alias or one for one in named)))


def _said(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__

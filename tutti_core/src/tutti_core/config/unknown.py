"""What to say of a runtime that nobody gives: whose it is, how to get it, how to declare it."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import ConfigError
from . import known
from .problems import quoted, suggestion
from .schema import Schema

TABLE = "runtime"
"""The table in which a file declares runtimes of its own."""


def runtime(name: str, runtimes: Collection[str], schema: Schema) -> tuple[str, str]:
    """Return what is wrong with the name of a runtime that nobody gives, and what to do.

    Args:
        name: The name.
        runtimes: The names of those there are.
        schema: The tables that may be used.
    """
    owner = known.RUNTIMES.get(name)
    if owner is None:
        near = suggestion(name, [*runtimes, *known.RUNTIMES])
        meant = f"{near} Or " if near.startswith("did") else ""
        advice = f"{meant}install a plugin that gives it, or {_declare(schema)}"
        return f"no plugin gives a runtime {quoted(name)}", advice
    message = f"runtime {quoted(name)} comes with {owner}, which {known.why(owner, schema.absent)}"
    advice = known.remedy(owner, schema.absent)
    return message, f"{advice}, or {_declare(schema)}" if owner in known.LATER else advice


def no_runtime(name: str, runtimes: Collection[str], schema: Schema) -> ConfigError:
    """Return the error that asking for a runtime is which nobody gives.

    Args:
        name: The name.
        runtimes: The names of those there are.
        schema: The tables that may be used.
    """
    message, hint = runtime(name, runtimes, schema)
    there = ", ".join(sorted(runtimes)) or "none"
    return ConfigError(f"{message} (there are: {there})", hint=hint)


def declared(name: str, _: Collection[str], schema: Schema) -> tuple[str, str]:
    """Return the same of a runtime that the file itself declares, and nobody reads that.

    Args:
        name: The name.
        schema: The tables that may be used.
    """
    owner = known.TABLES[TABLE]
    if schema.find(TABLE, "workspace"):
        return f"the [[{TABLE}]] {quoted(name)} gives no runtime", "`tt runtimes` lists what does"
    message = f"[[{TABLE}]] {quoted(name)} takes {owner}, which {known.why(owner, schema.absent)}"
    return message, known.remedy(owner, schema.absent)


def any_of_ours() -> str:
    """Return what to do where there is no runtime at all."""
    owners = dict.fromkeys(one for one in known.RUNTIMES.values() if one not in known.LATER)
    return ", or ".join(known.remedy(owner, {}) for owner in owners)


def _declare(schema: Schema) -> str:
    owner = known.TABLES[TABLE]
    how = f"declare it in a [[{TABLE}]] table"
    if schema.find(TABLE, "workspace"):
        return how
    state, advice = known.why(owner, schema.absent), known.remedy(owner, schema.absent)
    return f"{how}; that takes {owner}, which {state}: {advice}"

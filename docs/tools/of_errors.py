"""The errors, from their classes."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from docstrings import read
from places import table

import tutti_core
from tutti_core import errors as declared
from tutti_core.errors import TuttiError


def errors(which: str) -> str:
    """Return a table of error classes.

    Args:
        which: `kinds` for those of `tutti_core.errors`, `precise` for those of other modules.
    """
    _import_everything()
    rows = [
        [f"`{_name(one)}`", f"`{one.category}`", str(one.exit_code), read(one.__doc__).summary]
        for one in sorted(_all(TuttiError), key=_name)
        if (one.__module__ == declared.__name__) == (which == "kinds")
    ]
    return table(["class", "category", "exit code", "meaning"], rows)


def _name(kind: type[TuttiError]) -> str:
    module = kind.__module__.removeprefix("tutti_core.")
    return kind.__name__ if kind.__module__ == declared.__name__ else f"{module}.{kind.__name__}"


def _all(kind: type[TuttiError]) -> Iterator[type[TuttiError]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("tutti_core."):
            yield one
        yield from _all(one)


def _import_everything() -> None:
    for module in pkgutil.walk_packages(tutti_core.__path__, "tutti_core."):
        if not module.name.endswith("__main__"):
            import_module(module.name)

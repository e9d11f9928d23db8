"""The plugin author's kit: a workspace to test in, conformance suites, a scripted model.

Names are brought in when they are first used: the model server needs none of the suites.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conformance import RuntimeConformance as RuntimeConformance
    from .conformance import SinkConformance as SinkConformance
    from .conformance import failures as failures
    from .stage import Result as Result
    from .stage import Stage as Stage
    from .stage import wait_for as wait_for

_WHERE = {
    "RuntimeConformance": "conformance",
    "SinkConformance": "conformance",
    "failures": "conformance",
    "Result": "stage",
    "Stage": "stage",
    "wait_for": "stage",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605 -- derived, so that no name is listed twice


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)

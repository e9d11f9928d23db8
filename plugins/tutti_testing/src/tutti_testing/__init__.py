"""The plugin author's kit: a workspace to test in, conformance suites, a scripted model.

Names are brought in when they are first used: the model server needs none of the suites.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conformance.detector import DetectorConformance as DetectorConformance
    from .conformance.detector import seen as seen
    from .conformance.host import HostConformance as HostConformance
    from .conformance.running import failures as failures
    from .conformance.runtime import RuntimeConformance as RuntimeConformance
    from .conformance.service import ServiceConformance as ServiceConformance
    from .conformance.sink import SinkConformance as SinkConformance
    from .conformance.step import StepConformance as StepConformance
    from .conformance.verb import VerbConformance as VerbConformance
    from .drills import prompts_of_every_kind as prompts_of_every_kind
    from .homes import aider_home as aider_home
    from .homes import claude_home as claude_home
    from .homes import codex_home as codex_home
    from .homes import gated as gated
    from .homes import installed as installed
    from .stage import Result as Result
    from .stage import Stage as Stage
    from .stage import wait_for as wait_for

_HOMES = {
    "conformance.detector": "DetectorConformance seen",
    "conformance.host": "HostConformance",
    "conformance.running": "failures",
    "conformance.runtime": "RuntimeConformance",
    "conformance.service": "ServiceConformance",
    "conformance.sink": "SinkConformance",
    "conformance.step": "StepConformance",
    "conformance.verb": "VerbConformance",
    "drills": "prompts_of_every_kind",
    "homes": "aider_home claude_home codex_home gated installed",
    "stage": "Result Stage wait_for",
}
_WHERE = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_WHERE)  # noqa: PLE0605 -- derived, so that no name is listed twice


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)

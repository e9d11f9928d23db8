"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import LaunchRequest, Refusal, Table


@hookimpl
def tutti_tables() -> Iterable[Table]:
    """Own `[permissions]` of the global file."""
    from .policy import table

    return [table()]


@hookimpl
def tutti_prepare_launch(launch: LaunchRequest) -> LaunchRequest | Refusal | None:
    """Hold a constrained launch to the policy, or refuse it if there is none."""
    from .policy import bind

    return bind(launch)

"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Check, LaunchRequest, Refusal, Runtime


@hookimpl
def tutti_runtimes() -> Iterable[Runtime]:
    """Give OpenClaw."""
    from .runtime import OpenClaw

    return [OpenClaw()]


@hookimpl
def tutti_prepare_launch(launch: LaunchRequest) -> Refusal | None:
    """Refuse to start OpenClaw where the Node.js that would run it is not one it can run on."""
    from .checks import refused

    return refused(launch)


@hookimpl
def tutti_checks() -> Iterable[Check]:
    """Look at the Node.js of each agent that is OpenClaw."""
    from tutti_core import Check

    from .checks import examined

    return [Check("openclaw", examined)]
